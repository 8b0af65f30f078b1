import { expect } from 'vitest'
import type { InvalidationPublisher, PublisherOptions, RepairSummary } from '../../src/index.js'
import { logKeys } from '../../src/log/keys.js'
import type { ClusterStage } from './cluster-stage.js'
import { ids } from './handled.js'
import { Fleet } from './live-fleet.js'

/** A fleet on a cluster, with one publisher that no message times out of. */
export class ClusterFleet extends Fleet {
  readonly stage: ClusterStage
  readonly repairs: RepairSummary[] = []
  #publisher: InvalidationPublisher | undefined

  static async on(stage: ClusterStage, options: PublisherOptions = {}): Promise<ClusterFleet> {
    const fleet = new ClusterFleet(stage)
    const publisher = await fleet.publisher({ publishTimeoutMs: 60_000, ...options })
    publisher.on('repaired', (summary) => fleet.repairs.push(summary))
    fleet.#publisher = publisher
    return fleet
  }

  private constructor(stage: ClusterStage) {
    super(stage.url)
    this.stage = stage
  }

  get main(): InvalidationPublisher {
    if (!this.#publisher) throw new Error('Expected a fleet that was started')
    return this.#publisher
  }

  async publishAll(first: number, last: number): Promise<void> {
    await Promise.all(ids(first, last).map((id) => this.main.invalidate('user', id)))
  }

  /** The append ids in the log, at its owner; no two may be equal, also among those heard elsewhere. */
  async expectDistinctAppendIds(...heard: readonly string[][]): Promise<void> {
    const owner = await this.stage.ownerOf(this.channel)
    const entries = await this.stage.clients.of(owner).xrange(logKeys(this.channel).stream, '-', '+')
    for (const appendIds of [entries.map(([, fields]) => fields[1]), ...heard]) {
      expect(new Set(appendIds).size).toBe(appendIds.length)
    }
  }
}
