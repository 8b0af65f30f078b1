import type { Redis, RedisOptions } from 'ioredis'
import { until } from './latch.js'
import { revive, startRedisServer, type RedisServer } from './redis-server.js'
import { areInSync, holdBack, inSync, letFollow, promptSync } from './replication.js'
import { ServerClients } from './server-clients.js'
import { ServerProxies } from './server-proxies.js'
import type { TcpProxy } from './tcp-proxy.js'

/** How soon sentinels look, in ms: failover and discovery take a second in place of ten. Redis 7 and later. */
const briskPeriods = ['info-period', '500', 'ping-period', '400', 'publish-period', '200', 'ask-period', '100']

const name = 'mymaster'

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
export class SentinelStage {
  /** What the sentinels call the primary. */
  readonly name = name
  readonly clients: ServerClients
  readonly servers: readonly RedisServer[]
  readonly sentinels: readonly RedisServer[]
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
    await stage.#complete(primary, followers)
    return stage
  }

  private constructor(
    clients: ServerClients,
    servers: readonly RedisServer[],
    sentinels: readonly RedisServer[],
    proxies: ServerProxies | undefined,
  ) {
    this.clients = clients
    this.servers = servers
    this.sentinels = sentinels
    this.#proxies = proxies
  }

  get url(): string {
    return `redis+sentinel://${this.sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${name}`
  }

  /** Options of ioredis, which lead through the proxies where there are any. */
  options(): SentinelOptions {
    const natMap = this.#proxies?.natMap
    const sentinels = this.sentinels.map(({ port }) => ({ host: '127.0.0.1', port }))
    return { sentinels, name, ...(natMap && { natMap }) }
  }

  proxyOf(server: RedisServer): TcpProxy {
    if (!this.#proxies) throw new Error('Expected a stage that was started with `proxied`')
    return this.#proxies.of(server)
  }

  /** The one that the sentinels name now, dead or alive. */
  async primary(): Promise<RedisServer> {
    const port = await Promise.any(this.sentinels.map((each) => this.#primaryPort(each)))
    return this.#serverOn(port)
  }

  async replicas(): Promise<RedisServer[]> {
    const primary = await this.primary()
    return this.servers.filter((server) => server !== primary)
  }

  /** `kill -9`; returns the one that was killed. */
  async killPrimary(): Promise<RedisServer> {
    const primary = await this.primary()
    await primary.kill()
    return primary
  }

  /** Resolves when every sentinel that is up names another primary than the old one, and that one says so itself. */
  async newPrimary(old: RedisServer, timeoutMs = 20_000): Promise<RedisServer> {
    let found = old
    const isNamed = async (): Promise<boolean> => {
      const ports = await Promise.allSettled(this.sentinels.map((each) => this.#primaryPort(each)))
      const named = new Set(ports.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])))
      const [port] = named
      if (named.size !== 1 || port === undefined || port === old.port) return false
      found = this.#serverOn(port)
      return (await this.clients.info(found, 'replication', 'role')) === 'master'
    }
    await until(isNamed, timeoutMs, 'a new primary')
    return found
  }

  /** Sentinels promote a replica although all is well: what the primary has not replicated is lost with it. */
  async failOver(): Promise<void> {
    const [first] = this.sentinels
    if (!first) throw new Error('Expected a stage with a sentinel')
    const begun = async (): Promise<boolean> => {
      try {
        await this.clients.of(first).call('SENTINEL', 'FAILOVER', name)
        return true
      } catch (error) {
        // For a moment after a start no replica has been looked at yet.
        if (error instanceof Error && error.message.startsWith('NOGOODSLAVE')) return false
        throw error
      }
    }
    await until(begun, 20_000, 'a replica that the sentinel finds fit')
  }

  /** Sentinels send their servers the second command where they would have sent the first. */
  async renameCommand(from: string, to: string): Promise<void> {
    const rename = ['SENTINEL', 'SET', name, 'rename-command', from, to] as const
    await Promise.all(this.sentinels.map((each) => this.clients.of(each).call(...rename)))
  }

  /** Resolves when this server is a replica, in sync. */
  async follows(server: RedisServer, timeoutMs = 20_000): Promise<void> {
    const isReplica = async (): Promise<boolean> =>
      (await this.clients.info(server, 'replication', 'master_link_status').catch(() => undefined)) === 'up'
    await until(isReplica, timeoutMs, `the server on port ${server.port} a replica`)
    await inSync(this.clients, await this.primary(), [server])
  }

  /**
   * Loses what `publish` appends: the primary acknowledges it, no replica gets it, and then the primary is killed.
   * Returns that one; a new primary comes by itself.
   */
  async loseTail(publish: () => Promise<unknown>): Promise<RedisServer> {
    const [old, replicas] = await Promise.all([this.primary(), this.replicas()])
    await holdBack(this.clients, old, replicas)
    await publish()
    await old.kill()
    await letFollow(this.clients, replicas)
    return old
  }

  /** Brings back all that is down or paused; resolves when the sentinels agree on a primary and all others follow it. */
  async recover(): Promise<void> {
    await Promise.all([this.reviveSentinels(), revive(this.servers)])
    // Looked at anew each time: a failover that ends meanwhile changes who is to follow whom.
    const isWhole = async (): Promise<boolean> => {
      const ports = await Promise.all(this.sentinels.map((each) => this.#primaryPort(each)))
      const primary = await this.primary()
      const isPrimary = (await this.clients.info(primary, 'replication', 'role')) === 'master'
      if (new Set(ports).size !== 1 || !isPrimary) return false
      return areInSync(this.clients, primary, await this.replicas())
    }
    await until(
      () => isWhole().catch(() => false),
      60_000,
      'sentinels that agree on a primary, and its replicas in sync',
    )
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

  async #primaryPort(sentinel: RedisServer): Promise<number> {
    const reply = await this.clients.of(sentinel).call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name)
    return Number(Array.isArray(reply) ? reply[1] : undefined)
  }

  #serverOn(port: number): RedisServer {
    const found = this.servers.find((server) => server.port === port)
    if (!found) throw new Error(`The sentinels name port ${port}, where none of these servers is`)
    return found
  }

  async #complete(primary: RedisServer, replicas: readonly RedisServer[]): Promise<void> {
    await Promise.all(this.sentinels.map((each) => makeBrisk(this.clients.of(each))))
    const knowsAll = async (sentinel: RedisServer): Promise<boolean> => {
      const info = (field: string): Promise<string | undefined> => this.clients.info(sentinel, 'sentinel', field)
      const known = (await info('master0')) ?? ''
      return known.endsWith(`slaves=${replicas.length},sentinels=${this.sentinels.length}`)
    }
    for (const each of this.sentinels) {
      await until(() => knowsAll(each), 20_000, `the sentinel on port ${each.port} knows all others`)
    }
    await inSync(this.clients, primary, replicas)
  }
}

function sentinelDirectives(port: number, quorum: number): string {
  return `sentinel monitor ${name} 127.0.0.1 ${port} ${quorum}
sentinel down-after-milliseconds ${name} 700
sentinel failover-timeout ${name} 2000
sentinel parallel-syncs ${name} 2
`
}

/** A server before Redis 7 does not know how: all comes in time there too. */
async function makeBrisk(sentinel: Redis): Promise<void> {
  await sentinel.call('SENTINEL', 'DEBUG', ...briskPeriods).catch(() => undefined)
}
