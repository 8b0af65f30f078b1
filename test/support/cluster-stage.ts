import type { Redis } from 'ioredis'
import { logKeys } from '../../src/log/keys.js'
import { until } from './latch.js'
import { startRedisServer, type RedisServer } from './redis-server.js'
import { holdBack, inSync, letFollow, promptSync } from './replication.js'
import { ServerClients } from './server-clients.js'
import { SlotMigration } from './slot-migration.js'

const slots = 16_384

const nodeArgs = [
  ...promptSync,
  // A replica counts as available once it has received something; the first ping would come after ten seconds.
  ...['--repl-ping-replica-period', '1'],
  ...['--cluster-node-timeout', '1000', '--cluster-replica-validity-factor', '0'],
  ...['--cluster-require-full-coverage', 'no', '--cluster-allow-replica-migration', 'no'],
]

export interface ClusterStageOptions {
  /** Default 3. They share the slots equally. */
  readonly primaries?: number
  /** How many replicas each primary has. Default 1. */
  readonly replicasEach?: number
}

/** How a replica takes the place of its primary: with its help, without it, or without anybody's vote. */
export type ClusterFailover = 'graceful' | 'force' | 'takeover'

/** A cluster: processes of our own, on loopback. */
export class ClusterStage {
  readonly clients: ServerClients
  /** Primaries as it was started, then their replicas. */
  readonly nodes: readonly RedisServer[]
  /** The name that each node has in the cluster. */
  readonly #ids: ReadonlyMap<RedisServer, string>

  /** Starts one; resolves when every node finds the cluster in order, and replicas are in sync. */
  static async start({ primaries = 3, replicasEach = 1 }: ClusterStageOptions = {}): Promise<ClusterStage> {
    const clients = new ServerClients()
    const count = primaries * (1 + replicasEach)
    const startNode = (): Promise<RedisServer> => startRedisServer({ cluster: true, args: nodeArgs })
    const nodes = await Promise.all(Array.from({ length: count }, startNode))
    const ids = await Promise.all(nodes.map(async (node) => String(await clients.of(node).call('CLUSTER', 'MYID'))))
    const stage = new ClusterStage(clients, nodes, new Map(nodes.map((node, index) => [node, ids[index] ?? ''])))
    await stage.#join(primaries)
    return stage
  }

  private constructor(
    clients: ServerClients,
    nodes: readonly RedisServer[],
    idsOfNodes: ReadonlyMap<RedisServer, string>,
  ) {
    this.clients = clients
    this.nodes = nodes
    this.#ids = idsOfNodes
  }

  get url(): string {
    return `redis+cluster://${this.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`
  }

  /** Startup nodes for `new Cluster()`. */
  get seeds(): { host: string; port: number }[] {
    return this.nodes.map(({ port }) => ({ host: '127.0.0.1', port }))
  }

  /** The slot of this channel's log. */
  async slotOf(channel: string): Promise<number> {
    return Number(await this.#anyOf((redis) => redis.call('CLUSTER', 'KEYSLOT', logKeys(channel).stream)))
  }

  /** The primary of the slot of this channel's log, dead or alive, as the first node that answers knows it. */
  async ownerOf(channel: string): Promise<RedisServer> {
    const slot = await this.slotOf(channel)
    return this.#ownerBy(await this.#anyOf(slotTable), slot)
  }

  /** The primaries now, as the first node that answers knows them. */
  async primaries(): Promise<RedisServer[]> {
    const table = await this.#anyOf(slotTable)
    return this.nodes.filter(({ port }) => table.some(({ primary }) => primary === port))
  }

  /** The first replica of this primary. */
  async replicaOf(primary: RedisServer): Promise<RedisServer> {
    const [first] = await this.replicasOf(primary)
    if (!first) throw new Error(`The node on port ${primary.port} has no replica`)
    return first
  }

  async replicasOf(primary: RedisServer): Promise<RedisServer[]> {
    const table = await this.#anyOf(slotTable)
    const ports = new Set(table.flatMap((range) => (range.primary === primary.port ? range.replicas : [])))
    return this.nodes.filter(({ port }) => ports.has(port))
  }

  /** `kill -9`; returns the one that was killed. */
  async killOwner(channel: string): Promise<RedisServer> {
    const owner = await this.ownerOf(channel)
    await owner.kill()
    return owner
  }

  /** Resolves when all nodes that answer, itself included, name another owner of the slot than the old one. */
  async newOwner(channel: string, old: RedisServer, timeoutMs = 20_000): Promise<RedisServer> {
    const slot = await this.slotOf(channel)
    const others = this.nodes.filter((node) => node !== old)
    let found = old
    const isAgreed = async (): Promise<boolean> => {
      const tables = await Promise.allSettled(others.map((node) => slotTable(this.clients.of(node))))
      const owners = tables.map((each) => (each.status === 'fulfilled' ? this.#ownerBy(each.value, slot) : undefined))
      const named = new Set(owners.filter((owner) => owner !== undefined))
      const [owner] = named
      if (named.size !== 1 || owner === undefined || owner === old) return false
      found = owner
      return owners[others.indexOf(owner)] === owner
    }
    await until(isAgreed, timeoutMs, `a new owner of slot ${slot}`)
    return found
  }

  /** A replica takes the place of the channel's owner; returns the new one. Both stay up. */
  async failOver(channel: string, kind: ClusterFailover = 'graceful'): Promise<RedisServer> {
    const old = await this.ownerOf(channel)
    const replica = await this.replicaOf(old)
    const how = kind === 'graceful' ? [] : [kind.toUpperCase()]
    const begin = (): Promise<unknown> => this.clients.of(replica).call('CLUSTER', 'FAILOVER', ...how)
    await begin()
    // Nobody votes about the same primary twice within two node timeouts, and an attempt ends after five seconds.
    const again = setInterval(() => void begin().catch(() => undefined), 5_500)
    try {
      return await this.newOwner(channel, old)
    } finally {
      clearInterval(again)
    }
  }

  /** Resolves when this node follows a primary, and every node that answers counts it among the replicas. */
  async follows(node: RedisServer, timeoutMs = 20_000): Promise<void> {
    const counts = (table: SlotRange[]): boolean => table.some(({ replicas }) => replicas.includes(node.port))
    const isReplica = async (): Promise<boolean> => {
      const status = await this.clients.info(node, 'replication', 'master_link_status').catch(() => undefined)
      const tables = await Promise.allSettled(this.nodes.map((each) => slotTable(this.clients.of(each))))
      return status === 'up' && tables.every((each) => each.status === 'rejected' || counts(each.value))
    }
    await until(isReplica, timeoutMs, `the node on port ${node.port} a replica`)
  }

  /**
   * Loses what `publish` appends: the channel's owner acknowledges it and no replica gets it. With `force` or `takeover`
   * the replica takes over while the owner stays up and connected; else the owner is killed. Returns the old owner.
   */
  async loseTail(
    channel: string,
    publish: () => Promise<unknown>,
    by: 'kill' | 'force' | 'takeover' = 'kill',
  ): Promise<RedisServer> {
    const old = await this.ownerOf(channel)
    const replicas = await this.replicasOf(old)
    await holdBack(this.clients, old, replicas)
    await publish()
    if (by === 'kill') await old.kill()
    else await this.failOver(channel, by)
    await letFollow(this.clients, replicas)
    return old
  }

  /** Moves the slot of this channel's log to another primary, step by step. */
  async slotMigration(channel: string, to: RedisServer): Promise<SlotMigration> {
    const [slot, from, primaries] = await Promise.all([this.slotOf(channel), this.ownerOf(channel), this.primaries()])
    return new SlotMigration(this.clients, slot, this.#member(from), this.#member(to), primaries)
  }

  /** Moves the slot of this channel's log at one go. */
  async migrateSlot(channel: string, to: RedisServer): Promise<void> {
    const migration = await this.slotMigration(channel, to)
    await migration.begin()
    await migration.moveKeys()
    await migration.finish()
  }

  /** A primary that does not own this channel's slot. */
  async stranger(channel: string): Promise<RedisServer> {
    const [owner, primaries] = await Promise.all([this.ownerOf(channel), this.primaries()])
    const other = primaries.find((node) => node !== owner)
    if (!other) throw new Error('Expected more than one primary')
    return other
  }

  /** Removes a node: the others forget it, and it forgets them and what it had. */
  async remove(node: RedisServer): Promise<void> {
    const others = this.nodes.filter((each) => each !== node)
    await Promise.all(others.map((each) => this.clients.of(each).call('CLUSTER', 'FORGET', this.#id(node))))
    await this.clients.of(node).call('CLUSTER', 'RESET', 'HARD')
  }

  async stop(): Promise<void> {
    this.clients.close()
    await Promise.all(this.nodes.map((node) => node.stop()))
  }

  #id(node: RedisServer): string {
    const id = this.#ids.get(node)
    if (id === undefined) throw new Error(`The node on port ${node.port} is of another cluster`)
    return id
  }

  #member(node: RedisServer): { readonly node: RedisServer; readonly id: string } {
    return { node, id: this.#id(node) }
  }

  #ownerBy(table: readonly SlotRange[], slot: number): RedisServer {
    const range = table.find(({ first, last }) => first <= slot && slot <= last)
    const owner = this.nodes.find(({ port }) => port === range?.primary)
    if (!owner) throw new Error(`No node of this cluster owns slot ${slot}`)
    return owner
  }

  #anyOf<T>(ask: (redis: Redis) => Promise<T>): Promise<T> {
    return Promise.any(this.nodes.map((node) => ask(this.clients.of(node))))
  }

  async #join(primaryCount: number): Promise<void> {
    const [first, ...others] = this.nodes
    const primaries = this.nodes.slice(0, primaryCount)
    if (!first) throw new Error('Expected at least one node')
    const call = (node: RedisServer, ...args: string[]): Promise<unknown> =>
      this.clients.of(node).call('CLUSTER', ...args)
    await Promise.all(this.nodes.map((node, index) => call(node, 'SET-CONFIG-EPOCH', String(index + 1))))
    const shares = primaries.map((_, index) => [share(index, primaryCount), share(index + 1, primaryCount)] as const)
    await Promise.all(primaries.map((node, index) => call(node, 'ADDSLOTS', ...slotNumbers(shares[index] ?? [0, 0]))))
    // Each is told of each: gossip alone takes a second or two.
    await Promise.all(
      this.nodes.flatMap((node, index) =>
        others.slice(index).map((other) => call(node, 'MEET', '127.0.0.1', String(other.port))),
      ),
    )
    const knowsAll = async (node: RedisServer): Promise<boolean> =>
      String(await call(node, 'NODES'))
        .split('\n')
        .filter((line) => / (master|myself,master) /.test(line)).length === this.nodes.length
    for (const node of this.nodes) await until(() => knowsAll(node), 20_000, 'every node knows all others')
    const replicas = this.nodes.slice(primaryCount)
    const primaryFor = (index: number): RedisServer => primaries[index % primaryCount] ?? first
    await Promise.all(replicas.map((node, index) => call(node, 'REPLICATE', this.#id(primaryFor(index)))))
    const isInOrder = async (node: RedisServer): Promise<boolean> => {
      const info = String(await call(node, 'INFO'))
      const table = await slotTable(this.clients.of(node))
      const known = table.reduce((sum, range) => sum + range.replicas.length, 0)
      return info.includes('cluster_state:ok') && known === replicas.length
    }
    for (const node of this.nodes) await until(() => isInOrder(node), 20_000, 'the cluster in order')
    for (const [index, node] of replicas.entries()) await inSync(this.clients, primaryFor(index), [node])
  }
}

interface SlotRange {
  readonly first: number
  readonly last: number
  /** Ports. */
  readonly primary: number
  readonly replicas: readonly number[]
}

async function slotTable(redis: Redis): Promise<SlotRange[]> {
  const reply = (await redis.call('CLUSTER', 'SLOTS')) as [number, number, ...[string, number][]][]
  return reply.map(([first, last, [, primary] = ['', 0], ...replicas]) => {
    return { first, last, primary, replicas: replicas.map(([, port]) => port) }
  })
}

/** Where the share of a primary begins. */
function share(index: number, count: number): number {
  return Math.floor((index * slots) / count)
}

function slotNumbers([from, to]: readonly [number, number]): string[] {
  return Array.from({ length: to - from }, (_, index) => String(from + index))
}
