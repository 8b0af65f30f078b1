import type { Runtime, Timer } from './runtime.js'

/**
 * Limits how long things run. All have the same limit, so they fall due in the order they started, and one timer, set
 * for the oldest, serves them all.
 */
export class TimeLimit<T> {
  /** In order of start, and so of deadline. */
  readonly #deadlines = new Map<T, number>()
  readonly #limitMs: number
  readonly #runtime: Runtime
  readonly #onExpired: (item: T) => void
  #timer: Timer | undefined

  constructor(limitMs: number, runtime: Runtime, onExpired: (item: T) => void) {
    this.#limitMs = limitMs
    this.#runtime = runtime
    this.#onExpired = onExpired
  }

  start(item: T): void {
    this.#deadlines.set(item, this.#runtime.monotonic() + this.#limitMs)
    // Left running when items end, so that short ones cost no timer each; it finds out for itself who is due.
    this.#timer ??= this.#runtime.after(this.#limitMs, () => {
      this.#expire()
    })
  }

  /** Whether the item was still within its limit. */
  end(item: T): boolean {
    return this.#deadlines.delete(item)
  }

  /** Takes out all that run. */
  clear(): readonly T[] {
    const running = [...this.#deadlines.keys()]
    this.#deadlines.clear()
    this.#timer?.cancel()
    this.#timer = undefined
    return running
  }

  #expire(): void {
    this.#timer = undefined
    const now = this.#runtime.monotonic()
    const expired: T[] = []
    for (const [item, deadline] of this.#deadlines) {
      if (deadline > now) {
        this.#timer = this.#runtime.after(deadline - now, () => {
          this.#expire()
        })
        break
      }
      this.#deadlines.delete(item)
      expired.push(item)
    }
    for (const item of expired) this.#onExpired(item)
  }
}
