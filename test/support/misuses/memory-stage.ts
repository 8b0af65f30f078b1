import { MemoryLog } from '../../../src/log/memory/memory-log.js'
import type { PublisherOptions } from '../../../src/publisher/options.js'
import { InvalidationPublisher } from '../../../src/publisher/publisher.js'
import type { ResyncEvent } from '../../../src/subscriber/follow/recovery-event.js'
import type { InvalidationHandler } from '../../../src/subscriber/handling/delivery.js'
import type { SubscriberOptions, SubscriptionOptions } from '../../../src/subscriber/options.js'
import { InvalidationSubscriber } from '../../../src/subscriber/subscriber.js'
import type { Subscription } from '../../../src/subscriber/subscription.js'
import { Handled } from '../handled.js'
import { within } from '../latch.js'

/** A subscription, and what it told. */
export interface Watched {
  readonly subscriber: InvalidationSubscriber
  readonly subscription: Subscription
  readonly handled: Handled
  readonly errors: Error[]
  readonly resyncs: ResyncEvent[]
}

/** A log in memory and what follows it, in real time: a misuse of the library alone needs no server. */
export class MemoryStage {
  readonly log = new MemoryLog()
  readonly #closing: (() => Promise<void>)[] = []

  async publisher(options: PublisherOptions = {}): Promise<InvalidationPublisher> {
    const publisher = await InvalidationPublisher.connect(this.log, 'test', options)
    publisher.on('error', ignore)
    this.#closing.push(() => publisher.close())
    return publisher
  }

  async subscriber(options: SubscriberOptions = {}): Promise<InvalidationSubscriber> {
    const subscriber = await InvalidationSubscriber.connect(this.log, {
      closeTimeoutMs: 100,
      heartbeatMs: 50,
      ...options,
    })
    subscriber.on('error', ignore)
    this.#closing.push(() => subscriber.close())
    return subscriber
  }

  /** A subscription with short limits, whose handler runs before what it is given is remembered. */
  async watch(options: SubscriptionOptions = {}, handler: InvalidationHandler = ignore): Promise<Watched> {
    const subscriber = await this.subscriber()
    const handled = new Handled()
    const errors: Error[] = []
    const resyncs: ResyncEvent[] = []
    const subscription = subscriber.subscribe(
      (message, delivery) => {
        const result = handler(message, delivery)
        if (result instanceof Promise) return result.then(() => handled.handler(message, delivery))
        return handled.handler(message, delivery)
      },
      {
        retry: { forMs: 10, minDelayMs: 3_600_000, maxDelayMs: 3_600_000 },
        onDeadLetter: 'keep',
        handlerTimeoutMs: 50,
        ...options,
      },
    )
    subscription.on('error', (error) => errors.push(error))
    subscription.on('resync', (event) => resyncs.push(event))
    await subscription.caughtUp()
    return { subscriber, subscription, handled, errors, resyncs }
  }

  /** Publishes an entity with this id; resolves to its position. */
  async publish(id: string): Promise<string> {
    const publisher = await this.publisher()
    return (await publisher.invalidate('user', id)).position
  }

  /** Closes all that was opened, which must not take long whatever was done to it. */
  async dispose(): Promise<void> {
    await within(Promise.all(this.#closing.map((close) => close())), 10_000, 'everything closed')
  }
}

function ignore(): void {
  // What matters is asserted where it happens.
}
