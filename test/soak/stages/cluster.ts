import type { Random } from '../../../examples/demo/services/random.js'
import { ClusterStage } from '../../support/cluster-stage.js'
import type { RedisServer } from '../../support/redis-server.js'
import { connection } from '../cast.js'
import { pick } from '../chance.js'
import type { ServerFaultKind } from '../faults/kinds.js'
import { commonFaults, growTail, inflictCommonFault, undoReplaced } from './common-faults.js'
import { openProxies } from './proxies.js'
import type { Stage, Undo, Way } from './stage.js'

const { channel } = connection

/** Three primaries with a replica each. */
export class Cluster implements Stage {
  readonly description: string
  readonly servers: ReadonlyMap<string, RedisServer>
  readonly faults: readonly ServerFaultKind[] = [
    ...commonFaults,
    { name: 'replica killed', minMs: 300, maxMs: 2_000 },
    { name: 'owner killed', minMs: 0, maxMs: 0, losesTail: true },
    { name: 'failover that loses a tail', minMs: 0, maxMs: 0, losesTail: true },
    { name: 'graceful failover', minMs: 0, maxMs: 0 },
    { name: 'forced failover', minMs: 0, maxMs: 0, losesTail: true },
    { name: 'slot on its way', minMs: 200, maxMs: 1_500 },
    // On a machine that is busy it may be replaced all the same.
    { name: 'owner paused', minMs: 100, maxMs: 1_000, losesTail: true },
    // It still answers when it wakes, until it is told.
    { name: 'owner paused until it is replaced', minMs: 0, maxMs: 0, losesTail: true },
  ]
  readonly #stage: ClusterStage
  readonly #recover: Undo
  readonly #sharded: boolean

  static async start(sharded: boolean): Promise<Cluster> {
    return new Cluster(await ClusterStage.start(), sharded)
  }

  private constructor(stage: ClusterStage, sharded: boolean) {
    this.#stage = stage
    this.#recover = () => stage.recover()
    this.#sharded = sharded
    this.description = `three primaries with a replica each${sharded ? ', sharded Pub/Sub' : ''}`
    this.servers = new Map(stage.nodes.map((server, index) => [`redis ${index + 1}`, server]))
  }

  async openWay(): Promise<Way> {
    const { nodes } = this.#stage
    const { proxies, natMap } = await openProxies(nodes)
    const seeds = nodes.map(({ port }) => ({ host: '127.0.0.1', port }))
    return { access: { kind: 'cluster', nodes: seeds, natMap, sharded: this.#sharded }, proxies }
  }

  async inflict(fault: string, random: Random): Promise<Undo> {
    const stage = this.#stage
    switch (fault) {
      case 'replica killed': {
        const primary = pick(await stage.primaries(), random)
        await (await stage.replicaOf(primary)).kill()
        return this.#recover
      }
      case 'owner killed':
        return this.#replaced(await stage.killOwner(channel))
      case 'failover that loses a tail': {
        const by = pick(['kill', 'force', 'takeover'] as const, random)
        return this.#replaced(await stage.loseTail(channel, growTail, by))
      }
      case 'graceful failover':
        await stage.failOver(channel, 'graceful')
        return this.#recover
      case 'forced failover':
        await stage.failOver(channel, 'force')
        return this.#recover
      case 'slot on its way': {
        const migration = await stage.slotMigration(channel, await stage.stranger(channel))
        await migration.begin()
        return () => migration.finish()
      }
      case 'owner paused':
      case 'owner paused until it is replaced': {
        const owner = await stage.ownerOf(channel)
        owner.pause()
        return fault === 'owner paused' ? this.#recover : this.#replaced(owner)
      }
      default:
        return inflictCommonFault(fault, stage.clients.of(await stage.ownerOf(channel)), random)
    }
  }

  stop(): Promise<void> {
    return this.#stage.stop()
  }

  #replaced(old: RedisServer): Undo {
    return undoReplaced(() => this.#stage.newOwner(channel, old), this.#recover)
  }
}
