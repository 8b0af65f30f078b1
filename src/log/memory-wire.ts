import { delay } from '../runtime.js'
import type { Runtime } from '../runtime.js'

interface Delivery {
  readonly due: number
  readonly run: () => void
}

/** One direction of a connection: what is sent arrives later, after a turn of the loop at least, and in order. */
export class MemoryWire {
  readonly #runtime: Runtime
  readonly #queue: Delivery[] = []
  #pumping = false
  #lastDue = 0

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  send(latencyMs: number, run: () => void): void {
    this.#lastDue = Math.max(this.#lastDue, this.#runtime.monotonic() + latencyMs)
    this.#queue.push({ due: this.#lastDue, run })
    if (!this.#pumping) void this.#pump()
  }

  /** Loses all that is on its way. */
  cut(): void {
    this.#queue.length = 0
  }

  async #pump(): Promise<void> {
    this.#pumping = true
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      const wait = next.due - this.#runtime.monotonic()
      await (wait > 0 ? delay(this.#runtime, wait) : this.#runtime.yield())
      this.#deliverDue()
    }
    this.#pumping = false
  }

  #deliverDue(): void {
    for (let next = this.#queue[0]; next && next.due <= this.#runtime.monotonic(); next = this.#queue[0]) {
      this.#queue.shift()
      next.run()
    }
  }
}
