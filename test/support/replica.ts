import { Redis } from 'ioredis'
import { until } from './latch.js'
import { type RedisServer, startRedisServer } from './redis-server.js'
import { TcpProxy } from './tcp-proxy.js'

/** Else a primary waits some seconds for more replicas before it sends its data. */
const promptSync = ['--repl-diskless-sync-delay', '0']

/** A server that follows another, over a link that can be cut: then it lacks what comes after. */
export class Replica {
  readonly server: RedisServer
  /** A plain client, to look at it. */
  readonly redis: Redis
  readonly #primary: Redis
  readonly #link: TcpProxy

  /** Starts one; resolves when it has what the primary has. */
  static async of(primary: RedisServer): Promise<Replica> {
    const [server, link] = await Promise.all([startRedisServer({ args: promptSync }), TcpProxy.start(primary.port)])
    const replica = new Replica(server, link, primary.port)
    await replica.#follow()
    return replica
  }

  private constructor(server: RedisServer, link: TcpProxy, primaryPort: number) {
    this.server = server
    this.redis = quietClient(server.port)
    this.#primary = quietClient(primaryPort)
    this.#link = link
  }

  /** Resolves when everything that the primary has written so far has come here. */
  async inSync(): Promise<void> {
    const target = Number(await replicationField(this.#primary, 'master_repl_offset'))
    const hasCome = async (): Promise<boolean> =>
      Number(await replicationField(this.redis, 'slave_repl_offset')) >= target
    await until(hasCome, 10_000, 'the replica in sync')
  }

  /** From now on it gets nothing more: what the primary acknowledges is lost with it. */
  cutOff(): void {
    this.#link.cut()
  }

  /** From now on nothing passes between it and its primary, although the link looks open. */
  stall(): void {
    this.#link.inflict({ kind: 'stall' })
  }

  resume(): void {
    this.#link.heal()
  }

  /** Makes it a primary, as it is. */
  async promote(): Promise<void> {
    await this.redis.call('REPLICAOF', 'NO', 'ONE')
  }

  async stop(): Promise<void> {
    this.redis.disconnect()
    this.#primary.disconnect()
    await this.#link.stop()
    await this.server.stop()
  }

  async #follow(): Promise<void> {
    await this.#primary.config('SET', 'repl-diskless-sync-delay', '0')
    await this.redis.call('REPLICAOF', '127.0.0.1', String(this.#link.port))
    const isUp = async (): Promise<boolean> => (await replicationField(this.redis, 'master_link_status')) === 'up'
    await until(isUp, 15_000, 'the replica up')
  }
}

async function replicationField(redis: Redis, name: string): Promise<string | undefined> {
  const info = await redis.info('replication')
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
}

function quietClient(port: number): Redis {
  const redis = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: null, retryStrategy: () => 50 })
  // A server that is away is no news to a test that took it away.
  redis.on('error', () => undefined)
  return redis
}
