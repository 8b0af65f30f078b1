import type { Random } from '../../../examples/demo/services/random.js'
import type { RedisServer } from '../../support/redis-server.js'
import { SentinelStage } from '../../support/sentinel-stage.js'
import { pick } from '../chance.js'
import type { ServerFaultKind } from '../faults/kinds.js'
import { commonFaults, growTail, inflictCommonFault, undoReplaced } from './common-faults.js'
import { openProxies } from './proxies.js'
import type { Stage, Undo, Way } from './stage.js'

/** A primary, two replicas, three sentinels. */
export class Sentinel implements Stage {
  readonly description = 'a primary and two replicas under three sentinels'
  readonly servers: ReadonlyMap<string, RedisServer>
  readonly faults: readonly ServerFaultKind[] = [
    ...commonFaults,
    { name: 'sentinel killed', minMs: 300, maxMs: 2_000 },
    { name: 'primary killed', minMs: 0, maxMs: 0, losesTail: true },
    { name: 'failover by sentinels', minMs: 0, maxMs: 0, losesTail: true },
    { name: 'failover that loses a tail', minMs: 0, maxMs: 0, losesTail: true },
    // On a machine that is busy it may be replaced all the same.
    { name: 'primary paused', minMs: 100, maxMs: 500, losesTail: true },
    // It still answers when it wakes, until it is told.
    { name: 'primary paused until it is replaced', minMs: 0, maxMs: 0, losesTail: true },
  ]
  readonly #stage: SentinelStage
  readonly #recover: Undo

  static async start(): Promise<Sentinel> {
    return new Sentinel(await SentinelStage.start())
  }

  private constructor(stage: SentinelStage) {
    this.#stage = stage
    this.#recover = () => stage.recover()
    this.servers = new Map([
      ...stage.servers.map((server, index) => [`redis ${index + 1}`, server] as const),
      ...stage.sentinels.map((server, index) => [`sentinel ${index + 1}`, server] as const),
    ])
  }

  async openWay(): Promise<Way> {
    const { proxies, natMap } = await openProxies(this.#stage.servers)
    return { access: { kind: 'options', options: { ...this.#stage.options(), natMap } }, proxies }
  }

  async inflict(fault: string, random: Random): Promise<Undo> {
    const stage = this.#stage
    switch (fault) {
      case 'sentinel killed':
        await pick(stage.sentinels, random).kill()
        return this.#recover
      case 'primary killed':
        return this.#replaced(await stage.killPrimary())
      case 'failover by sentinels':
        await stage.failOver()
        return this.#recover
      case 'failover that loses a tail':
        return this.#replaced(await stage.loseTail(growTail))
      case 'primary paused':
      case 'primary paused until it is replaced': {
        const primary = await stage.primary()
        primary.pause()
        return fault === 'primary paused' ? this.#recover : this.#replaced(primary)
      }
      default:
        return inflictCommonFault(fault, stage.clients.of(await stage.primary()), random)
    }
  }

  stop(): Promise<void> {
    return this.#stage.stop()
  }

  #replaced(old: RedisServer): Undo {
    return undoReplaced(() => this.#stage.newPrimary(old), this.#recover)
  }
}
