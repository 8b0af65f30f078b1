import type { Runtime } from './runtime.js'

/**
 * How far the wall clock may drift from the monotonic one before that counts: servers of time move it by some ms, which
 * is not a sleep.
 */
const toleranceMs = 100

/**
 * A monotonic clock that goes on while the machine sleeps. A laptop, a paused virtual machine or a frozen serverless
 * process stops the monotonic clock and not the wall clock: time by which the wall clock ran ahead has passed unseen.
 *
 * A wall clock that is set forward looks the same, and counts as a sleep. One that is set back changes nothing.
 */
export class ElapsedClock {
  readonly #runtime: Pick<Runtime, 'now' | 'monotonic'>
  /** By how much the wall clock was ahead when that last counted. */
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

  /** A moment of this clock on the monotonic clock, moved back by all sleep since: its age there is its true age. */
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

  /** Whether a moment was less than so many ms ago. */
  isRecent(moment: number | undefined, ms: number): boolean {
    return moment !== undefined && this.now() - moment < ms
  }
}
