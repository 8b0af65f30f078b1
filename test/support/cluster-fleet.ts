import { expect } from 'vitest'
import type { PublisherOptions } from '../../src/index.js'
import { logKeys } from '../../src/log/model/keys.js'
import type { ClusterStage } from './cluster-stage.js'
import { PublishingFleet } from './publishing-fleet.js'

/** A fleet on a cluster. */
export class ClusterFleet extends PublishingFleet {
  readonly stage: ClusterStage

  static on(stage: ClusterStage, options: PublisherOptions = {}): Promise<ClusterFleet> {
    return new ClusterFleet(stage).publish(options)
  }

  private constructor(stage: ClusterStage) {
    super(stage.url)
    this.stage = stage
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
