import type { PublishSpan } from '../telemetry/telemetry.js'
import { Fifo } from './fifo.js'
import type { Receipt } from './receipt.js'

/** What settles the promise that a caller has. */
export interface Settlers {
  resolve(receipt: Receipt): void
  reject(error: unknown): void
}

/** A caller of `publish()`. Once its promise has settled it holds nothing of the caller's. */
export class Waiter {
  /** When it gives up, on the monotonic clock. */
  readonly deadline: number
  #settlers: Settlers | undefined
  #stopListening: (() => void) | undefined
  #span: PublishSpan | undefined
  readonly #onRejected: (() => void) | undefined

  constructor(settlers: Settlers, deadline: number, onRejected?: () => void) {
    this.#settlers = settlers
    this.deadline = deadline
    this.#onRejected = onRejected
  }

  get waiting(): boolean {
    return this.#settlers !== undefined
  }

  /** Stops waiting, with the signal's reason, when the signal aborts. */
  leaveOn(signal: AbortSignal): void {
    const leave = (): void => this.reject(signal.reason)
    signal.addEventListener('abort', leave, { once: true })
    this.#stopListening = () => signal.removeEventListener('abort', leave)
  }

  /** Its message has to wait in the outbox: `sent` then tells this span when it leaves. */
  tellWhenSent(span: PublishSpan): void {
    this.#span = span
  }

  /** Its message leaves the outbox. */
  sent(): void {
    this.#span?.sent()
    this.#span = undefined
  }

  resolve(receipt: Receipt): void {
    this.#settlers?.resolve(receipt)
    this.#end()
  }

  reject(reason: unknown): void {
    if (!this.#settlers) return
    this.#settlers.reject(reason)
    this.#onRejected?.()
    this.#end()
  }

  #end(): void {
    this.#settlers = undefined
    this.#span = undefined
    this.#stopListening?.()
    this.#stopListening = undefined
  }
}

const fewWaiters = 16

/**
 * Waiters in order of arrival. They may settle in any order; the settled are swept out as others come, so that never
 * more than about twice as many are held as still wait.
 */
export class Waiters {
  readonly #waiters = new Fifo<Waiter>()
  #sweepAt = fewWaiters

  add(waiter: Waiter): void {
    if (this.#waiters.length >= this.#sweepAt) {
      this.#waiters.retain((other) => other.waiting)
      this.#sweepAt = Math.max(fewWaiters, this.#waiters.length * 2)
    }
    this.#waiters.push(waiter)
  }

  addAll(others: Waiters): void {
    for (const waiter of others.#waiters) if (waiter.waiting) this.add(waiter)
  }

  /** Tells all of them that their message leaves the outbox. */
  sent(): void {
    for (const waiter of this.#waiters) waiter.sent()
  }

  /** The one that has waited longest and still does. */
  get oldest(): Waiter | undefined {
    while (this.#waiters.first?.waiting === false) this.#waiters.shift()
    return this.#waiters.first
  }

  /** How many are held, settled ones included. */
  get held(): number {
    return this.#waiters.length
  }
}
