import type { Runtime, Timer } from '../../src/support/runtime.js'
import { loadOpenTelemetry } from '../../src/telemetry/open-telemetry.js'
import { Chance } from './chance.js'
import { TimerHeap } from './timer-heap.js'

// The one thing that is read from disk when a publisher or subscriber connects: virtual time does not wait for it.
await loadOpenTelemetry()

/** More turns than this without a timer in between, and something yields in a loop. */
const maxTurns = 100_000

/**
 * A runtime whose time passes only when a test says so, and whose chance is repeatable: the same seed gives the same
 * run. It knows of timers set through it and of `yield()`; real I/O (sockets, files) it does not wait for.
 *
 * ```ts
 * const runtime = new VirtualRuntime(7)
 * const log = new MemoryLog({ runtime })
 * await runtime.runUntil(subscription.caughtUp(), 1_000)
 * await runtime.advance(60_000)
 * ```
 */
export class VirtualRuntime implements Runtime {
  readonly #timers = new TimerHeap()
  #order = 0
  #monotonic = 0
  #wallOffset = 1_795_000_000_000
  #yielding = 0
  readonly #chance: Chance

  constructor(seed = 1) {
    this.#chance = new Chance(seed)
  }

  now(): number {
    return this.#wallOffset + this.#monotonic
  }

  monotonic(): number {
    return this.#monotonic
  }

  after(delayMs: number, run: () => void): Timer {
    const due = this.#monotonic + Math.max(0, delayMs)
    const timer = { due, order: this.#order++, run, cancelled: false }
    this.#timers.push(timer)
    return {
      cancel() {
        timer.cancelled = true
      },
    }
  }

  yield(): Promise<void> {
    this.#yielding++
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#yielding--
        resolve()
      })
    })
  }

  random(): number {
    return this.#chance.random()
  }

  uuid(): string {
    return this.#chance.uuid()
  }

  randomBytes(size: number): Uint8Array {
    return this.#chance.bytes(size)
  }

  /** This time with its own chance: how often one process draws a number then changes no number of another. */
  withChance(seed: number): Runtime {
    const chance = new Chance(seed)
    return {
      now: () => this.now(),
      monotonic: () => this.monotonic(),
      after: (delayMs, run) => this.after(delayMs, run),
      yield: () => this.yield(),
      random: () => chance.random(),
      uuid: () => chance.uuid(),
      randomBytes: (size) => chance.bytes(size),
    }
  }

  /** Shifts the wall clock alone, as NTP or an operator does; timers and `monotonic()` do not notice. */
  stepClock(ms: number): void {
    this.#wallOffset += ms
  }

  /** Lets `ms` milliseconds pass: runs the timers that fall due in order, each at its moment, and settles after each. */
  async advance(ms: number): Promise<void> {
    const target = this.#monotonic + ms
    await this.settle()
    while (await this.#runNext(target));
    this.#monotonic = target
    await this.settle()
  }

  /**
   * Lets time pass, from timer to timer, until the promise settles; then settles as it does.
   *
   * @throws Error when it has not settled after `limitMs`, or when no timer is left that could settle it
   */
  async runUntil<T>(promise: Promise<T>, limitMs: number): Promise<T> {
    const limit = this.#monotonic + limitMs
    let settled = false
    const mark = (): void => {
      settled = true
    }
    promise.then(mark, mark)
    await this.settle()
    while (!settled) {
      if (await this.#runNext(limit)) continue
      const why = this.#timers.peek() ? 'it took longer' : 'no timer is left that could settle it'
      throw new Error(`The promise did not settle within ${limitMs} virtual ms: ${why}`)
    }
    return promise
  }

  /**
   * Lets everything run that needs no time to pass: promise chains (each turn of the loop drains them) and whatever
   * waits in `yield()`.
   */
  async settle(): Promise<void> {
    let turns = 0
    do {
      if (++turns > maxTurns) throw new Error(`Not settled after ${maxTurns} turns: something yields in a loop`)
      await new Promise((resolve) => setImmediate(resolve))
    } while (this.#yielding > 0)
  }

  async #runNext(limit: number): Promise<boolean> {
    const next = this.#timers.peek()
    if (!next || next.due > limit) return false
    this.#timers.pop()
    this.#monotonic = Math.max(this.#monotonic, next.due)
    next.run()
    await this.settle()
    return true
  }
}
