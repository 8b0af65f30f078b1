import type { FeedListener, LogFeed } from '../log.js'
import { MemorySession, type MemorySessionContext } from './memory-session.js'

/** A live feed from a `MemoryServer`, which can be made to lose, repeat or hold back what it carries. */
export class MemoryFeed implements LogFeed {
  readonly #listener: FeedListener
  readonly #session: MemorySession
  #deaf = false
  #toDrop = 0
  #toDuplicate = 0
  #toDelay = 0
  #delayMs = 0

  /** Starts connecting. */
  constructor(context: MemorySessionContext, listener: FeedListener) {
    const { subscribers } = context.server
    const receive = (text: string): void => context.replica.publish(() => this.#receive(text))
    this.#listener = listener
    this.#session = new MemorySession(context, listener, {
      attach: () => {
        this.#deaf = false
        subscribers.add(receive)
      },
      detach: () => {
        subscribers.delete(receive)
      },
    })
  }

  get up(): boolean {
    return this.#session.up
  }

  opened(): Promise<void> {
    return this.#session.opened()
  }

  reconnect(): void {
    this.#session.reconnect()
  }

  close(): Promise<void> {
    return this.#session.close()
  }

  ping(): Promise<void> {
    return this.#session.call(() => {})
  }

  /** Cuts the connection; it comes back by itself when it can. */
  cut(reason: string): void {
    this.#session.cut(reason)
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

  #receive(text: string): void {
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
      this.#session.deliver(holdMs, () => {
        this.#listener.onMessage(text)
      })
    }
  }
}
