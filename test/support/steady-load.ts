import type { InvalidationPublisher } from '../../src/index.js'

/** What was acknowledged, and when, on the monotonic clock. */
export interface Acknowledged {
  readonly id: string
  readonly at: number
}

/** Publishes an invalidation every few ms, each with an id of its own, until it is stopped. */
export class SteadyLoad {
  /** The ids of all that was published: what was not acknowledged in time is still sent. */
  readonly published: string[] = []
  /** In order of time. */
  readonly acknowledged: Acknowledged[] = []
  readonly #publisher: InvalidationPublisher
  readonly #timer: NodeJS.Timeout

  constructor(publisher: InvalidationPublisher, everyMs = 4) {
    this.#publisher = publisher
    this.#timer = setInterval(() => {
      this.#publish()
    }, everyMs)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #publish(): void {
    const id = `load-${this.published.length}`
    this.published.push(id)
    this.#publisher.invalidate('user', id).then(
      () => this.acknowledged.push({ id, at: performance.now() }),
      // It stays queued: whether it came is seen when all is appended.
      () => undefined,
    )
  }
}
