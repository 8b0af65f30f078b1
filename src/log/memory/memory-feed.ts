import type { FeedListener, LogFeed } from '../log.js'
import { MemoryConnection, type MemoryConnectionContext } from './memory-connection.js'

/** A live feed from a `MemoryServer`, which can be made to lose, repeat or hold back what it carries. */
export class MemoryFeed extends MemoryConnection implements LogFeed {
  readonly #listener: FeedListener
  #deaf = false
  #toDrop = 0
  #toDuplicate = 0
  #toDelay = 0
  #delayMs = 0

  constructor(context: MemoryConnectionContext, listener: FeedListener) {
    super(context, listener)
    this.#listener = listener
  }

  ping(): Promise<void> {
    return this.call(() => {})
  }

  drop(count: number): void {
    this.#toDrop += count
  }

  duplicate(count: number): void {
    this.#toDuplicate += count
  }

  delay(count: number, ms: number): void {
    this.#toDelay += count
    this.#delayMs = ms
  }

  deafen(): void {
    this.#deaf = this.up
  }

  protected override attach(): void {
    this.#deaf = false
    this.server.subscribers.add(this.#receive)
  }

  protected override detach(): void {
    this.server.subscribers.delete(this.#receive)
  }

  readonly #receive = (text: string): void => {
    if (this.#deaf) return
    if (this.#toDrop > 0) {
      this.#toDrop--
      return
    }
    const holdMs = this.#toDelay > 0 ? this.#delayMs : 0
    const copies = this.#toDuplicate > 0 ? 2 : 1
    this.#toDelay = Math.max(0, this.#toDelay - 1)
    this.#toDuplicate = Math.max(0, this.#toDuplicate - 1)
    for (let copy = 0; copy < copies; copy++) {
      this.deliver(holdMs, () => {
        this.#listener.onMessage(text)
      })
    }
  }
}
