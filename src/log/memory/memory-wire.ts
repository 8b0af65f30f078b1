import { outsideOfContexts } from '../../support/async-context.js'
import type { Runtime, Timer } from '../../support/runtime.js'

interface Transfer {
  readonly due: number
  readonly run: () => void
}

/** One direction of a connection: what is sent arrives later, after a turn of the loop at least, and in order. */
export class MemoryWire {
  readonly #runtime: Runtime
  readonly #queue: Transfer[] = []
  #waiting = false
  #timer: Timer | undefined
  #lastDue = 0

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  send(latencyMs: number, run: () => void): void {
    this.#lastDue = Math.max(this.#lastDue, this.#runtime.monotonic() + latencyMs)
    this.#queue.push({ due: this.#lastDue, run })
    if (!this.#waiting) this.#wait(this.#lastDue)
  }

  /** Loses all that is on its way, for good: a connection that comes back has a new wire. */
  cut(): void {
    this.#queue.length = 0
    this.#timer?.cancel()
  }

  #wait(due: number): void {
    this.#waiting = true
    const ms = due - this.#runtime.monotonic()
    if (ms > 0) this.#timer = this.#runtime.after(ms, () => this.#deliver())
    else outsideOfContexts(() => void this.#runtime.yield().then(() => this.#deliver()))
  }

  #deliver(): void {
    const now = this.#runtime.monotonic()
    for (let next = this.#queue[0]; next && next.due <= now; next = this.#queue[0]) {
      this.#queue.shift()
      next.run()
    }
    const next = this.#queue[0]
    if (next) this.#wait(next.due)
    else this.#waiting = false
  }
}
