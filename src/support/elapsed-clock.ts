import type { Runtime } from './runtime.js'

/**
 * How far the wall clock may drift from the monotonic clock before that counts as sleep, in ms: time servers move it by
 * a few ms.
 */
const toleranceMs = 100

/**
 * A monotonic clock that goes on while the machine sleeps. While a laptop, virtual machine or serverless process is
 * suspended, the monotonic clock stops, but the wall clock does not. So if the wall clock runs ahead, that time was
 * slept.
 *
 * A wall clock that is set forward looks the same, and counts as a sleep. One that is set back changes nothing.
 */
export class ElapsedClock {
  readonly #runtime: Pick<Runtime, 'now' | 'monotonic'>
  /** How far the wall clock was ahead when a sleep last counted. */
  #ahead: number
  #sleptMs = 0

  constructor(runtime: Pick<Runtime, 'now' | 'monotonic'>) {
    this.#runtime = runtime
    this.#ahead = runtime.now() - runtime.monotonic()
  }

  /** In ms since some fixed moment, sleep included. */
  now(): number {
    return this.#runtime.monotonic() + this.#slept()
  }

  /**
   * A moment of this clock on the monotonic clock, moved back by all sleep since, so that its age includes the sleep.
   */
  toMonotonic(moment: number): number {
    return moment - this.#slept()
  }

  #slept(): number {
    const ahead = this.#runtime.now() - this.#runtime.monotonic()
    const grownMs = ahead - this.#ahead
    if (Math.abs(grownMs) <= toleranceMs) return this.#sleptMs
    this.#ahead = ahead
    if (grownMs > 0) this.#sleptMs += grownMs
    return this.#sleptMs
  }

  /** Whether a moment is less than the given time ago, in ms. */
  isRecent(moment: number | undefined, ms: number): boolean {
    return moment !== undefined && this.now() - moment < ms
  }
}
