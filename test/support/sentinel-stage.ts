import type { Redis, RedisOptions } from 'ioredis'
import { until } from './latch.js'
import { type RedisServer, revive, startRedisServer } from './redis-server.js'
import { promptSync, whileHeldBack } from './replication.js'
import { primaryName, SentinelView } from './sentinel-view.js'
import { ServerClients } from './server-clients.js'
import { ServerProxies } from './server-proxies.js'
import type { TcpProxy } from './tcp-proxy.js'

/** How soon sentinels look, in ms: failover and discovery take a second in place of ten. Redis 7 and later. */
const briskPeriods = ['info-period', '500', 'ping-period', '400', 'publish-period', '200', 'ask-period', '100']

export interface SentinelStageOptions {
  /** Default 2. */
  readonly replicas?: number
  /** Default 3. A majority of them decides. */
  readonly sentinels?: number
  /** Puts a proxy in front of the primary and each replica. Default: false. */
  readonly proxied?: boolean
}

type SentinelOptions = Pick<RedisOptions, 'sentinels' | 'name' | 'natMap'>

/** A primary, its replicas, and the sentinels that watch them: processes of our own, on loopback. */
export class SentinelStage extends SentinelView {
  /** What the sentinels call the primary. */
  readonly name = primaryName
  readonly #proxies: ServerProxies | undefined

  /** Starts one; resolves when every sentinel knows all others and every replica, which are in sync. */
  static async start(options: SentinelStageOptions = {}): Promise<SentinelStage> {
    const { replicas = 2, sentinels = 3, proxied = false } = options
    const clients = new ServerClients()
    const startServer = (): Promise<RedisServer> => startRedisServer({ args: promptSync })
    const servers = await Promise.all(Array.from({ length: 1 + replicas }, startServer))
    const [primary, ...followers] = servers
    if (!primary) throw new Error('Expected a primary')
    const watch = sentinelDirectives(primary.port, Math.floor(sentinels / 2) + 1)
    const follow = followers.map((each) => clients.of(each).call('REPLICAOF', '127.0.0.1', String(primary.port)))
    const startSentinel = (): Promise<RedisServer> => startRedisServer({ sentinel: watch })
    const [watchers] = await Promise.all([
      Promise.all(Array.from({ length: sentinels }, startSentinel)),
      Promise.all(follow),
    ])
    const proxies = proxied ? await ServerProxies.start(servers) : undefined
    const stage = new SentinelStage(clients, servers, watchers, proxies)
    await stage.#complete()
    return stage
  }

  private constructor(
    clients: ServerClients,
    servers: readonly RedisServer[],
    sentinels: readonly RedisServer[],
    proxies: ServerProxies | undefined,
  ) {
    super(clients, servers, sentinels)
    this.#proxies = proxies
  }

  get url(): string {
    return `redis+sentinel://${this.sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${primaryName}`
  }

  /** Options of ioredis, which lead through the proxies where there are any. */
  options(): SentinelOptions {
    const natMap = this.#proxies?.natMap
    const sentinels = this.sentinels.map(({ port }) => ({ host: '127.0.0.1', port }))
    return { sentinels, name: primaryName, ...(natMap && { natMap }) }
  }

  proxyOf(server: RedisServer): TcpProxy {
    if (!this.#proxies) throw new Error('Expected a stage that was started with `proxied`')
    return this.#proxies.of(server)
  }

  /** `kill -9`; returns the one that was killed. */
  async killPrimary(): Promise<RedisServer> {
    const primary = await this.primary()
    await primary.kill()
    return primary
  }

  /**
   * Sentinels promote a replica although all is well: what the primary has not replicated is lost with it. Returns the new
   * primary; both stay up.
   */
  async failOver(): Promise<RedisServer> {
    const [first] = this.sentinels
    if (!first) throw new Error('Expected a stage with a sentinel')
    const old = await this.primary()
    const isReplaced = async (): Promise<boolean> => {
      if (await this.isReplaced(old)) return true
      await this.#askForFailover(first, old)
      return false
    }
    await until(isReplaced, 20_000, 'a failover')
    return this.primary()
  }

  /** Sentinels send their servers the second command where they would have sent the first. */
  async renameCommand(from: string, to: string): Promise<void> {
    const rename = ['SENTINEL', 'SET', primaryName, 'rename-command', from, to] as const
    await Promise.all(this.sentinels.map((each) => this.clients.of(each).call(...rename)))
  }

  /**
   * Loses what `publish` appends: the primary acknowledges it and no replica gets it. With `failover` sentinels promote a
   * replica while the primary stays up; else it is killed, and a new one comes by itself. Returns the old primary.
   */
  async loseTail(publish: () => Promise<unknown>, by: 'kill' | 'failover' = 'kill'): Promise<RedisServer> {
    const [old, replicas] = await Promise.all([this.primary(), this.replicas()])
    await whileHeldBack(this.clients, old, replicas, async () => {
      await publish()
      if (by === 'kill') await old.kill()
      else await this.failOver()
    })
    return old
  }

  /** Brings back all that is down or paused; resolves when the sentinels see one primary, and all others follow it. */
  async recover(): Promise<void> {
    await Promise.all([this.reviveSentinels(), revive(this.servers)])
    await this.#whole(60_000)
  }

  async reviveSentinels(): Promise<void> {
    await revive(this.sentinels)
    await Promise.all(this.sentinels.map((each) => makeBrisk(this.clients.of(each))))
  }

  async stop(): Promise<void> {
    this.clients.close()
    await this.#proxies?.stop()
    await Promise.all([...this.sentinels, ...this.servers].map((each) => each.stop()))
  }

  /** Sentinels give up an attempt that takes them too long: asked again each time, this begins one where none goes on. */
  async #askForFailover(sentinel: RedisServer, old: RedisServer): Promise<void> {
    // Of one reply: a failover that ended between two would be followed by another.
    const sight = await this.sightOf(sentinel)
    const isUnderWay = sight.get('flags')?.includes('failover_in_progress') ?? false
    if (isUnderWay || sight.get('port') !== String(old.port)) return
    try {
      await this.clients.of(sentinel).call('SENTINEL', 'FAILOVER', primaryName)
    } catch (error) {
      // For a moment after a start no replica has been looked at yet; and it may have begun one of its own accord.
      if (!(error instanceof Error && /^(NOGOODSLAVE|INPROG)/.test(error.message))) throw error
    }
  }

  /** Looked at anew each time: a failover that ends meanwhile changes who is to follow whom. */
  #whole(timeoutMs: number): Promise<void> {
    const what = 'sentinels that see one primary, and its replicas in sync'
    return until(() => this.isWhole().catch(() => false), timeoutMs, what)
  }

  async #complete(): Promise<void> {
    await Promise.all(this.sentinels.map((each) => makeBrisk(this.clients.of(each))))
    const knowsAll = async (sentinel: RedisServer): Promise<boolean> => {
      const info = (field: string): Promise<string | undefined> => this.clients.info(sentinel, 'sentinel', field)
      const known = (await info('master0')) ?? ''
      return known.endsWith(`slaves=${this.servers.length - 1},sentinels=${this.sentinels.length}`)
    }
    for (const each of this.sentinels) {
      await until(() => knowsAll(each), 20_000, `the sentinel on port ${each.port} knows all others`)
    }
    await this.#whole(20_000)
  }
}

function sentinelDirectives(port: number, quorum: number): string {
  return `sentinel monitor ${primaryName} 127.0.0.1 ${port} ${quorum}
sentinel down-after-milliseconds ${primaryName} 700
sentinel failover-timeout ${primaryName} 2000
sentinel parallel-syncs ${primaryName} 2
`
}

/** A server before Redis 7 does not know how: all comes in time there too. */
async function makeBrisk(sentinel: Redis): Promise<void> {
  await sentinel.call('SENTINEL', 'DEBUG', ...briskPeriods).catch(() => undefined)
}
