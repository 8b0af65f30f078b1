import { readList, readPairs } from '../../src/log/redis/replies.js'
import { until } from './latch.js'
import type { RedisServer } from './redis-server.js'
import { areInSync, inSync } from './replication.js'
import type { ServerClients } from './server-clients.js'

/** What the sentinels call the primary. */
export const primaryName = 'mymaster'

/** A primary and its replicas, as the sentinels that watch them see them. */
export class SentinelView {
  readonly clients: ServerClients
  readonly servers: readonly RedisServer[]
  readonly sentinels: readonly RedisServer[]

  constructor(clients: ServerClients, servers: readonly RedisServer[], sentinels: readonly RedisServer[]) {
    this.clients = clients
    this.servers = servers
    this.sentinels = sentinels
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

  /** Resolves when every sentinel that is up names another primary than the old one, and that one says so itself. */
  async newPrimary(old: RedisServer, timeoutMs = 20_000): Promise<RedisServer> {
    await until(() => this.isReplaced(old), timeoutMs, 'a new primary')
    return this.primary()
  }

  /** Resolves when this server is a replica, in sync. */
  async follows(server: RedisServer, timeoutMs = 20_000): Promise<void> {
    const isReplica = async (): Promise<boolean> =>
      (await this.clients.info(server, 'replication', 'master_link_status').catch(() => undefined)) === 'up'
    await until(isReplica, timeoutMs, `the server on port ${server.port} a replica`)
    await inSync(this.clients, await this.primary(), [server])
  }

  /** Whether every sentinel that is up names the same primary, which is another than the old one and says so itself. */
  protected async isReplaced(old: RedisServer): Promise<boolean> {
    const ports = await Promise.allSettled(this.sentinels.map((each) => this.#primaryPort(each)))
    const named = new Set(ports.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])))
    const [port] = named
    if (named.size !== 1 || port === undefined || port === old.port) return false
    return (await this.clients.info(this.#serverOn(port), 'replication', 'role')) === 'master'
  }

  /** Whether all sentinels see the same primary, and all others its replicas, as they are; and these are in sync. */
  protected async isWhole(): Promise<boolean> {
    const [primary, replicas] = await Promise.all([this.primary(), this.replicas()])
    const seen = await Promise.all(this.sentinels.map((each) => this.#seesRoles(each, primary)))
    const isPrimary = (await this.clients.info(primary, 'replication', 'role')) === 'master'
    return isPrimary && seen.every((each) => each) && areInSync(this.clients, primary, replicas)
  }

  /** What a sentinel tells of the primary. */
  protected async sightOf(sentinel: RedisServer): Promise<ReadonlyMap<string, string>> {
    return new Map(readPairs(await this.clients.of(sentinel).call('SENTINEL', 'MASTER', primaryName)))
  }

  /**
   * A primary that came back as a replica must have been seen as one: a sentinel that missed that finds it a primary for
   * long when it is promoted again, and makes it a replica at once.
   */
  async #seesRoles(sentinel: RedisServer, primary: RedisServer): Promise<boolean> {
    const sight = await this.sightOf(sentinel)
    const reply = await this.clients.of(sentinel).call('SENTINEL', 'REPLICAS', primaryName)
    const replicas = readList(reply).map((each) => new Map(readPairs(each)))
    const isPrimary = sight.get('port') === String(primary.port) && sight.get('flags') === 'master'
    if (!isPrimary || replicas.length !== this.servers.length - 1) return false
    return replicas.every((each) => each.get('flags') === 'slave' && each.get('role-reported') === 'slave')
  }

  async #primaryPort(sentinel: RedisServer): Promise<number> {
    const reply = await this.clients.of(sentinel).call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', primaryName)
    return Number(Array.isArray(reply) ? reply[1] : undefined)
  }

  #serverOn(port: number): RedisServer {
    const found = this.servers.find((server) => server.port === port)
    if (!found) throw new Error(`The sentinels name port ${port}, where none of these servers is`)
    return found
  }
}
