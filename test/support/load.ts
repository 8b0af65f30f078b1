import type { InvalidationPublisher } from '../../src/publisher/publisher.js'

/** Publishes one message after another, until it is stopped. */
export class Load {
  /** What was published, in order: an id each. */
  readonly ids: string[] = []
  readonly #publisher: InvalidationPublisher
  readonly #prefix: string
  readonly #published: Promise<unknown>[] = []
  readonly #timer: NodeJS.Timeout

  constructor(publisher: InvalidationPublisher, prefix = 'load') {
    this.#publisher = publisher
    this.#prefix = prefix
    this.#timer = setInterval(() => {
      this.#publish()
    }, 2)
  }

  /** Resolves when this many more have been published, acknowledged or not. */
  async more(count: number): Promise<void> {
    const target = this.ids.length + count
    while (this.ids.length < target) await new Promise((resolve) => setTimeout(resolve, 2))
  }

  /** Publishes no more; resolves with all ids when every message is acknowledged. */
  async stop(): Promise<string[]> {
    this.halt()
    await Promise.all(this.#published)
    return this.ids
  }

  /** Publishes no more. */
  halt(): void {
    clearInterval(this.#timer)
  }

  #publish(): void {
    const id = `${this.#prefix}-${this.ids.length}`
    this.ids.push(id)
    const published = this.#publisher.invalidate('user', id)
    // Awaited at the end: until then nobody handles a rejection.
    published.catch(() => undefined)
    this.#published.push(published)
  }
}
