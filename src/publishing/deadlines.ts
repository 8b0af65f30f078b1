import type { Runtime, Timer } from '../runtime.js'
import { Waiters } from './waiters.js'
import type { Waiter } from './waiters.js'

/** The time limit of those who wait, each the same: so they end in order, and one timer serves all. */
export class Deadlines {
  readonly #timeoutMs: number
  readonly #runtime: Runtime
  readonly #makeError: () => Error
  readonly #waiters = new Waiters()
  #timer: Timer | undefined

  constructor(timeoutMs: number, runtime: Runtime, makeError: () => Error) {
    this.#timeoutMs = timeoutMs
    this.#runtime = runtime
    this.#makeError = makeError
  }

  /** When one who begins to wait now gives up. */
  next(): number {
    return this.#runtime.monotonic() + this.#timeoutMs
  }

  add(waiter: Waiter): void {
    this.#waiters.add(waiter)
    this.#timer ??= this.#runtime.after(this.#timeoutMs, () => this.#expire())
  }

  /** Rejects all who still wait. */
  rejectAll(error: Error): void {
    this.#timer?.cancel()
    this.#timer = undefined
    for (let waiter = this.#waiters.oldest; waiter; waiter = this.#waiters.oldest) waiter.reject(error)
  }

  /** The next look is due with the next deadline, but not at once: those close together are served together. */
  #expire(): void {
    const now = this.#runtime.monotonic()
    let oldest = this.#waiters.oldest
    for (; oldest && oldest.deadline <= now; oldest = this.#waiters.oldest) oldest.reject(this.#makeError())
    const waitMs = oldest && Math.max(oldest.deadline - now, this.#timeoutMs / 100)
    this.#timer = waitMs === undefined ? undefined : this.#runtime.after(waitMs, () => this.#expire())
  }
}
