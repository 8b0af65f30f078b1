import { Cluster, type Redis } from 'ioredis'
import { logKeys } from '../../src/log/keys.js'
import { joinCluster, type Member } from './join-cluster.js'
import { until } from './latch.js'
import { revive, startRedisServer, type RedisServer } from './redis-server.js'
import { holdBack, letFollow, promptSync } from './replication.js'
import { ServerClients } from './server-clients.js'
import { ServerProxies } from './server-proxies.js'
import { SlotMigration } from './slot-migration.js'
import { slotTable, type SlotRange } from './slot-table.js'
import type { TcpProxy } from './tcp-proxy.js'

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
  /** Puts a proxy in front of each node. Default: false. */
  readonly proxied?: boolean
}

/** How a replica takes the place of its primary: with its help, without it, or without anybody's vote. */
export type ClusterFailover = 'graceful' | 'force' | 'takeover'

/** A cluster: processes of our own, on loopback. */
export class ClusterStage {
  readonly clients: ServerClients
  /** Primaries as it was started, then their replicas. */
  readonly nodes: readonly RedisServer[]
  /** The name that each node has in the cluster. */
  readonly #ids: Map<RedisServer, string>
  readonly #proxies: ServerProxies | undefined

  /** Starts one; resolves when every node finds the cluster in order, and replicas are in sync. */
  static async start(options: ClusterStageOptions = {}): Promise<ClusterStage> {
    const { primaries = 3, replicasEach = 1, proxied = false } = options
    const clients = new ServerClients()
    const count = primaries * (1 + replicasEach)
    const startNode = (): Promise<RedisServer> => startRedisServer({ cluster: true, args: nodeArgs })
    const nodes = await Promise.all(Array.from({ length: count }, startNode))
    const ids = await Promise.all(nodes.map(async (node) => String(await clients.of(node).call('CLUSTER', 'MYID'))))
    const idsOfNodes = new Map(nodes.map((node, index) => [node, ids[index] ?? '']))
    const proxies = proxied ? await ServerProxies.start(nodes) : undefined
    const stage = new ClusterStage(clients, nodes, idsOfNodes, proxies)
    await joinCluster(
      clients,
      nodes.map((node) => stage.#member(node)),
      primaries,
    )
    return stage
  }

  private constructor(
    clients: ServerClients,
    nodes: readonly RedisServer[],
    idsOfNodes: Map<RedisServer, string>,
    proxies: ServerProxies | undefined,
  ) {
    this.clients = clients
    this.nodes = nodes
    this.#ids = idsOfNodes
    this.#proxies = proxies
  }

  get url(): string {
    return `redis+cluster://${this.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`
  }

  /** Startup nodes for `new Cluster()`. */
  get seeds(): { host: string; port: number }[] {
    return this.nodes.map(({ port }) => ({ host: '127.0.0.1', port }))
  }

  /**
   * A client that never connects, to be lent.
   *
   * @param natMap leads through proxies; default: those of the stage, where there are any
   */
  cluster(natMap = this.#proxies?.natMap): Cluster {
    return new Cluster(this.seeds, { lazyConnect: true, ...(natMap && { natMap }) })
  }

  proxyOf(node: RedisServer): TcpProxy {
    if (!this.#proxies) throw new Error('Expected a stage that was started with `proxied`')
    return this.#proxies.of(node)
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

  /** Brings back all that is down or paused; resolves when the nodes agree, and every replica is in sync. */
  async recover(): Promise<void> {
    await revive(this.nodes)
    const isAgreed = async (): Promise<boolean> => {
      const tables = await Promise.all(this.nodes.map((node) => slotTable(this.clients.of(node))))
      const owners = new Set(
        tables.map((table) => JSON.stringify(table.map(({ first, primary }) => [first, primary]).toSorted())),
      )
      return owners.size === 1
    }
    await until(() => isAgreed().catch(() => false), 20_000, 'nodes that agree on who owns what')
    const primaries = await this.primaries()
    for (const node of this.nodes) if (!primaries.includes(node)) await this.follows(node)
  }

  /** Removes a node: the others forget it, and it forgets them and what it had. */
  async remove(node: RedisServer): Promise<void> {
    const others = this.nodes.filter((each) => each !== node)
    await Promise.all(others.map((each) => this.clients.of(each).call('CLUSTER', 'FORGET', this.#id(node))))
    await this.clients.of(node).call('CLUSTER', 'RESET', 'HARD')
  }

  /** Takes in a node that was removed, as a replica. */
  async add(node: RedisServer, primary: RedisServer): Promise<void> {
    const redis = this.clients.of(node)
    // After a hard reset it has a new name, and those who forgot the old one can meet it.
    this.#ids.set(node, String(await redis.call('CLUSTER', 'MYID')))
    await redis.call('CLUSTER', 'MEET', '127.0.0.1', String(primary.port))
    const replicate = async (): Promise<boolean> => {
      await redis.call('CLUSTER', 'REPLICATE', this.#id(primary))
      return true
    }
    await until(() => replicate().catch(() => false), 10_000, 'a node that has met its primary')
    await this.follows(node)
  }

  async stop(): Promise<void> {
    this.clients.close()
    await this.#proxies?.stop()
    await Promise.all(this.nodes.map((node) => node.stop()))
  }

  #id(node: RedisServer): string {
    const id = this.#ids.get(node)
    if (id === undefined) throw new Error(`The node on port ${node.port} is of another cluster`)
    return id
  }

  #member(node: RedisServer): Member {
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
}
