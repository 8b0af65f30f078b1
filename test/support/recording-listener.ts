import type { FeedListener } from '../../src/log/log.js'
import type { InvalidationError } from '../../src/support/errors.js'
import { within } from './latch.js'

/** Keeps what a connection tells, and lets a test wait for it. */
export class RecordingListener implements FeedListener {
  /** `up`, `down` and `error` as they came. */
  readonly events: ('up' | 'down' | 'error')[] = []
  readonly messages: string[] = []
  readonly errors: InvalidationError[] = []
  readonly #waiting = new Set<() => void>()

  onUp(): void {
    this.events.push('up')
    this.#check()
  }

  onDown(error: InvalidationError): void {
    this.events.push('down')
    this.errors.push(error)
    this.#check()
  }

  onError(error: InvalidationError): void {
    this.events.push('error')
    this.errors.push(error)
    this.#check()
  }

  onMessage(text: string): void {
    this.messages.push(text)
    this.#check()
  }

  count(event: 'up' | 'down' | 'error'): number {
    return this.events.filter((happened) => happened === event).length
  }

  /** Resolves when the `count`th event of this kind has come. */
  reached(event: 'up' | 'down' | 'error', count = 1): Promise<void> {
    return this.#when(() => this.count(event) >= count, `${event} for the ${count}. time`)
  }

  /** Resolves with the messages when there are `count`. */
  async received(count: number): Promise<readonly string[]> {
    await this.#when(() => this.messages.length >= count, `message ${count}`)
    return this.messages
  }

  #when(condition: () => boolean, what: string): Promise<void> {
    const happened = new Promise<void>((resolve) => {
      const check = (): void => {
        if (!condition()) return
        this.#waiting.delete(check)
        resolve()
      }
      this.#waiting.add(check)
      check()
    })
    return within(happened, 10_000, what)
  }

  #check(): void {
    for (const check of this.#waiting) check()
  }
}
