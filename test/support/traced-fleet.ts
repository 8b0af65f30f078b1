import type { PublisherOptions } from '../../src/publisher/options.js'
import { InvalidationPublisher } from '../../src/publisher/publisher.js'
import { VirtualFleet } from './virtual-fleet.js'

/** A fleet in virtual time with publishers too. */
export class TracedFleet extends VirtualFleet {
  /** Their connections alone are struck by its faults. */
  readonly publishing = this.log.link()

  async publisher(options: PublisherOptions = {}): Promise<InvalidationPublisher> {
    const { runtime } = this
    const connecting = InvalidationPublisher.connect(this.publishing, 'user-service', { runtime, ...options })
    const publisher = await this.done(connecting)
    await runtime.advance(10)
    return publisher
  }

  /** Lets time pass until it has settled, and all that follows from it without more of it. */
  async done<T>(promise: Promise<T>): Promise<T> {
    const settled = await this.runtime.runUntil(promise, 60_000)
    await this.runtime.settle()
    return settled
  }

  /** What the newest entry of the log holds, as JSON. */
  get newest(): Record<string, unknown> {
    const { frame = '{}' } = this.log.entries().at(-1) ?? {}
    return JSON.parse(frame) as Record<string, unknown>
  }
}
