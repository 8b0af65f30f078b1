import type { Random } from '../../../examples/demo/services/random.js'
import { until } from '../../support/latch.js'
import { type RedisServer, startRedisServer } from '../../support/redis-server.js'
import { ServerClients } from '../../support/server-clients.js'
import { TcpProxy } from '../../support/tcp-proxy.js'
import type { ServerFaultKind } from '../faults/kinds.js'
import { commonFaults, inflictCommonFault } from './common-faults.js'
import type { Stage, Undo, Way } from './stage.js'

/** With every append on disk before it is acknowledged, so that what was acknowledged outlives a kill. */
const durable = { persistence: 'aof', args: ['--appendfsync', 'always'] } as const

/** One server. */
export class Standalone implements Stage {
  readonly description = 'one Redis, appendfsync always'
  readonly servers: ReadonlyMap<string, RedisServer>
  readonly faults: readonly ServerFaultKind[] = [
    ...commonFaults,
    { name: 'redis paused', minMs: 300, maxMs: 2_500 },
    { name: 'redis killed', minMs: 100, maxMs: 1_500 },
    { name: 'redis read-only', minMs: 300, maxMs: 2_000 },
  ]
  readonly #server: RedisServer
  readonly #clients = new ServerClients()

  static async start(): Promise<Standalone> {
    return new Standalone(await startRedisServer(durable))
  }

  private constructor(server: RedisServer) {
    this.#server = server
    this.servers = new Map([['redis', server]])
  }

  async openWay(): Promise<Way> {
    const proxy = await TcpProxy.start(this.#server.port)
    return { access: { kind: 'url', url: proxy.url }, proxies: [proxy] }
  }

  async inflict(fault: string, random: Random): Promise<Undo> {
    const server = this.#server
    const redis = this.#clients.of(server)
    switch (fault) {
      case 'redis paused':
        server.pause()
        return () => {
          server.resume()
          return this.#answers()
        }
      case 'redis killed':
        await server.kill()
        return async () => {
          await server.restart()
          await this.#answers()
        }
      case 'redis read-only':
        // A replica of nobody: it keeps what it has, and takes nothing.
        await redis.call('REPLICAOF', '127.0.0.1', '1')
        return async () => {
          await redis.call('REPLICAOF', 'NO', 'ONE')
        }
      default:
        return inflictCommonFault(fault, redis, random)
    }
  }

  async stop(): Promise<void> {
    this.#clients.close()
    await this.#server.stop()
  }

  async #answers(): Promise<void> {
    const redis = this.#clients.of(this.#server)
    const isAnswered = (): Promise<boolean> =>
      redis.ping().then(
        () => true,
        () => false,
      )
    await until(isAnswered, 20_000, 'an answer of Redis')
  }
}
