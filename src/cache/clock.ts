import type { Runtime, Timer } from '../support/runtime.js'

/** How far the wall clock may fall behind the monotonic clock before that counts as set back, in ms. */
const toleranceMs = 100

/**
 * Time in ms that goes on while the machine sleeps, read by one look at the wall clock: a read from memory can't afford
 * two clocks. If the wall clock is set back, this clock is put right by the next beat, and until then it is late.
 */
export class CacheClock {
  readonly #runtime: Pick<Runtime, 'now' | 'monotonic' | 'after'>
  readonly #beatMs: number
  #offset = 0
  /** How far this clock is ahead of the monotonic clock: it grows while the machine sleeps, and never shrinks. */
  #ahead: number
  #timer: Timer

  constructor(runtime: Pick<Runtime, 'now' | 'monotonic' | 'after'>, beatMs: number) {
    this.#runtime = runtime
    this.#beatMs = beatMs
    this.#ahead = this.now() - runtime.monotonic()
    this.#timer = this.#beat()
  }

  now(): number {
    return this.#runtime.now() + this.#offset
  }

  close(): void {
    this.#timer.cancel()
  }

  #beat(): Timer {
    return this.#runtime.after(this.#beatMs, () => {
      const behindMs = this.#ahead - (this.now() - this.#runtime.monotonic())
      if (behindMs > toleranceMs) this.#offset += behindMs
      else this.#ahead = Math.max(this.#ahead, this.now() - this.#runtime.monotonic())
      this.#timer = this.#beat()
    })
  }
}
