import { Cluster } from 'ioredis'
import { ClusterView } from './cluster-view.js'
import { joinCluster, type Member } from './join-cluster.js'
import { until } from './latch.js'
import { type RedisServer, revive, startRedisServer } from './redis-server.js'
import { promptSync, whileHeldBack } from './replication.js'
import { ServerClients } from './server-clients.js'
import { ServerProxies } from './server-proxies.js'
import { SlotMigration } from './slot-migration.js'
import type { TcpProxy } from './tcp-proxy.js'

const nodeArgs = [
  ...promptSync,
  // A replica counts as available once it has received something; the first ping would come after ten seconds.
  '--repl-ping-replica-period',
  '1',
  '--cluster-node-timeout',
  '1000',
  '--cluster-replica-validity-factor',
  '0',
  '--cluster-require-full-coverage',
  'no',
  '--cluster-allow-replica-migration',
  'no',
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
export class ClusterStage extends ClusterView {
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
    super(clients, nodes)
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

  /** `kill -9`; returns the one that was killed. */
  async killOwner(channel: string): Promise<RedisServer> {
    const owner = await this.ownerOf(channel)
    await owner.kill()
    return owner
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
    await whileHeldBack(this.clients, old, replicas, async () => {
      await publish()
      if (by === 'kill') await old.kill()
      else await this.failOver(channel, by)
    })
    return old
  }

  /** Moves the slot of this channel's log to another primary, step by step. */
  async slotMigration(channel: string, to: RedisServer): Promise<SlotMigration> {
    const [slot, from, primaries] = await Promise.all([this.slotOf(channel), this.ownerOf(channel), this.primaries()])
    return new SlotMigration(this.clients, { slot, from: this.#member(from), to: this.#member(to), primaries })
  }

  /** Moves the slot of this channel's log at one go. */
  async migrateSlot(channel: string, to: RedisServer): Promise<void> {
    const migration = await this.slotMigration(channel, to)
    await migration.begin()
    await migration.moveKeys()
    await migration.finish()
  }

  /** Has the server move the slot of this channel's log by itself, all of its keys in one step. Valkey 9 and later. */
  async migrateSlotAtomically(channel: string, to: RedisServer): Promise<void> {
    const [slot, from] = await Promise.all([this.slotOf(channel), this.ownerOf(channel)])
    const range = ['SLOTSRANGE', String(slot), String(slot)]
    await this.clients.of(from).call('CLUSTER', 'MIGRATESLOTS', ...range, 'NODE', this.#id(to))
    await this.newOwner(channel, from)
  }

  /** Brings back all that is down or paused; resolves when the nodes agree, and every replica is in sync. */
  async recover(): Promise<void> {
    await revive(this.nodes)
    // Looked at anew each time: a failover that ends meanwhile changes who is to follow whom.
    const isWhole = async (): Promise<boolean> => {
      if (!(await this.isAgreed())) return false
      const primaries = await this.primaries()
      // One after the other: two that follow nobody must not both take the same primary.
      for (const node of this.nodes) if (!primaries.includes(node) && !(await this.#isSettled(node))) return false
      return true
    }
    await until(() => isWhole().catch(() => false), 60_000, 'nodes that are primaries with slots, or replicas in sync')
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

  /** An owner that lost its slots to several others while it was down follows none of them by itself. */
  async #isSettled(node: RedisServer): Promise<boolean> {
    if (await this.isReplica(node)) return true
    const primaries = await this.primaries()
    const replicas = await Promise.all(primaries.map((primary) => this.replicasOf(primary)))
    const orphan = primaries.find((_, index) => replicas[index]?.length === 0)
    const role = await this.clients.info(node, 'replication', 'role')
    if (orphan && role === 'master') await this.clients.of(node).call('CLUSTER', 'REPLICATE', this.#id(orphan))
    return false
  }

  #id(node: RedisServer): string {
    const id = this.#ids.get(node)
    if (id === undefined) throw new Error(`The node on port ${node.port} is of another cluster`)
    return id
  }

  #member(node: RedisServer): Member {
    return { node, id: this.#id(node) }
  }
}
