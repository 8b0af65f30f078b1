import type { Redis } from 'ioredis'
import { logKeys } from '../../src/log/model/keys.js'
import { until } from './latch.js'
import type { RedisServer } from './redis-server.js'
import type { ServerClients } from './server-clients.js'
import { type SlotRange, slotTable } from './slot-table.js'

/** A cluster as its nodes see it. */
export class ClusterView {
  readonly clients: ServerClients
  /** Primaries as it was started, then their replicas. */
  readonly nodes: readonly RedisServer[]

  constructor(clients: ServerClients, nodes: readonly RedisServer[]) {
    this.clients = clients
    this.nodes = nodes
  }

  /** The slot of this channel's log. */
  async slotOf(channel: string): Promise<number> {
    return Number(await this.#anyOf((redis) => redis.call('CLUSTER', 'KEYSLOT', logKeys(channel).stream)))
  }

  /** The primary of the slot of this channel's log, dead or alive, as the first node knows it that does. */
  async ownerOf(channel: string): Promise<RedisServer> {
    const slot = await this.slotOf(channel)
    return this.#anyOf(async (redis) => {
      const owner = this.#ownerIn(await slotTable(redis), slot)
      if (!owner) throw new Error(`No node of this cluster owns slot ${slot}`)
      return owner
    })
  }

  /** A primary that does not own this channel's slot. */
  async stranger(channel: string): Promise<RedisServer> {
    const [owner, primaries] = await Promise.all([this.ownerOf(channel), this.primaries()])
    const other = primaries.find((node) => node !== owner)
    if (!other) throw new Error('Expected more than one primary')
    return other
  }

  async primaries(): Promise<RedisServer[]> {
    const table = await this.#anyTable()
    return this.nodes.filter(({ port }) => table.some(({ primary }) => primary === port))
  }

  async replicasOf(primary: RedisServer): Promise<RedisServer[]> {
    const table = await this.#anyTable()
    const ports = new Set(table.flatMap((range) => (range.primary === primary.port ? range.replicas : [])))
    return this.nodes.filter(({ port }) => ports.has(port))
  }

  /** The first replica of this primary. */
  async replicaOf(primary: RedisServer): Promise<RedisServer> {
    const [first] = await this.replicasOf(primary)
    if (!first) throw new Error(`The node on port ${primary.port} has no replica`)
    return first
  }

  /** Whether this node follows a primary, and every node that answers counts it among the replicas. */
  async isReplica(node: RedisServer): Promise<boolean> {
    const status = await this.clients.info(node, 'replication', 'master_link_status').catch(() => undefined)
    const tables = await Promise.allSettled(this.nodes.map((each) => slotTable(this.clients.of(each))))
    const counts = (table: SlotRange[]): boolean => table.some(({ replicas }) => replicas.includes(node.port))
    return status === 'up' && tables.every((each) => each.status === 'rejected' || counts(each.value))
  }

  /** Resolves when this node is a replica, in sync with its primary. */
  async follows(node: RedisServer, timeoutMs = 20_000): Promise<void> {
    await until(() => this.isReplica(node), timeoutMs, `the node on port ${node.port} a replica`)
  }

  /** Resolves when all nodes that answer, itself included, name another owner of the slot than the old one. */
  async newOwner(channel: string, old: RedisServer, timeoutMs = 20_000): Promise<RedisServer> {
    const slot = await this.slotOf(channel)
    const others = this.nodes.filter((node) => node !== old)
    let found = old
    const isAgreed = async (): Promise<boolean> => {
      const tables = await Promise.allSettled(others.map((node) => slotTable(this.clients.of(node))))
      const owners = tables.map((each) => (each.status === 'fulfilled' ? this.#ownerIn(each.value, slot) : undefined))
      const named = new Set(owners.filter((owner) => owner !== undefined))
      const [owner] = named
      if (named.size !== 1 || owner === undefined || owner === old) return false
      found = owner
      return owners[others.indexOf(owner)] === owner
    }
    await until(isAgreed, timeoutMs, `a new owner of slot ${slot}`)
    return found
  }

  /** Whether every node names the same owners. */
  protected async isAgreed(): Promise<boolean> {
    const tables = await Promise.all(this.nodes.map((node) => slotTable(this.clients.of(node))))
    const ownersOf = (table: SlotRange[]): string =>
      JSON.stringify(table.map(({ first, primary }) => [first, primary]).toSorted())
    return new Set(tables.map(ownersOf)).size === 1
  }

  #ownerIn(table: readonly SlotRange[], slot: number): RedisServer | undefined {
    const range = table.find(({ first, last }) => first <= slot && slot <= last)
    return this.nodes.find(({ port }) => port === range?.primary)
  }

  /** A node that was removed, and stands alone, has nothing to tell. */
  #anyTable(): Promise<readonly SlotRange[]> {
    return this.#anyOf(async (redis) => {
      const table = await slotTable(redis)
      if (table.length === 0) throw new Error('Expected a node that knows who serves which slots')
      return table
    })
  }

  #anyOf<T>(ask: (redis: Redis) => Promise<T>): Promise<T> {
    return Promise.any(this.nodes.map((node) => ask(this.clients.of(node))))
  }
}
