import type { InvalidationPublisher, PublisherOptions, RepairSummary } from '../../src/index.js'
import { ids } from './handled.js'
import { Fleet } from './live-fleet.js'

/** A fleet with one publisher that no message times out of. */
export class PublishingFleet extends Fleet {
  readonly repairs: RepairSummary[] = []
  #publisher: InvalidationPublisher | undefined

  /** Connects the publisher. To be called once, before all else. */
  async publish(options: PublisherOptions = {}): Promise<this> {
    this.#publisher = await this.publisher({ publishTimeoutMs: 60_000, ...options })
    this.#publisher.on('repaired', (summary) => this.repairs.push(summary))
    return this
  }

  get main(): InvalidationPublisher {
    if (!this.#publisher) throw new Error('Expected a fleet that publishes')
    return this.#publisher
  }

  async publishAll(first: number, last: number): Promise<void> {
    await Promise.all(ids(first, last).map((id) => this.main.invalidate('user', id)))
  }
}
