import type { RedisServer } from './redis-server.js'
import { type Fault, TcpProxy } from './tcp-proxy.js'

/** A proxy in front of each server of a stage, and the map by which clients go through them. */
export class ServerProxies {
  readonly #proxies: ReadonlyMap<RedisServer, TcpProxy>

  static async start(servers: readonly RedisServer[]): Promise<ServerProxies> {
    const start = async (server: RedisServer) => [server, await TcpProxy.start(server.port)] as const
    return new ServerProxies(new Map(await Promise.all(servers.map(start))))
  }

  private constructor(proxies: ReadonlyMap<RedisServer, TcpProxy>) {
    this.#proxies = proxies
  }

  /** As ioredis takes it. */
  get natMap(): Record<string, { host: string; port: number }> {
    const map: Record<string, { host: string; port: number }> = {}
    for (const [server, { port }] of this.#proxies) map[`127.0.0.1:${server.port}`] = { host: '127.0.0.1', port }
    return map
  }

  of(server: RedisServer): TcpProxy {
    const proxy = this.#proxies.get(server)
    if (!proxy) throw new Error(`There is no proxy in front of the server on port ${server.port}`)
    return proxy
  }

  inflict(fault: Fault): void {
    for (const proxy of this.#proxies.values()) proxy.inflict(fault)
  }

  heal(): void {
    for (const proxy of this.#proxies.values()) proxy.heal()
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#proxies.values()].map((proxy) => proxy.stop()))
  }
}
