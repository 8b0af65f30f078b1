import { randomUUID } from 'node:crypto'

/** A timer that was set and can be taken back. */
export interface Timer {
  cancel(): void
}

/**
 * Time and chance, handed in. Nothing else in this library reads a clock, sets a timer or draws a random number,
 * so a test that hands in a runtime of its own controls all three.
 */
export interface Runtime {
  /** Wall clock: milliseconds since the epoch. */
  now(): number
  /** Monotonic clock: milliseconds since some fixed moment. */
  monotonic(): number
  /**
   * Calls `run` once, `delayMs` milliseconds from now. Keeps the process alive until then, as an open connection does:
   * somebody may be waiting for what it ends. So whatever is closed cancels its timers.
   */
  after(delayMs: number, run: () => void): Timer
  /** Lets the event loop turn: resolves after pending I/O was served. */
  yield(): Promise<void>
  /** A number from 0 up to, not including, 1. */
  random(): number
  /** A new UUID, version 4. */
  uuid(): string
}

const countedDigits = 3
const counts = Array.from({ length: 16 ** countedDigits }, (_, count) =>
  count.toString(16).padStart(countedDigits, '0'),
)

/** The real clock, timers and randomness. Globals, looked up at each call: fake timers replace all of them, or none. */
export const systemRuntime: Runtime = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, run) {
    const handle = setTimeout(run, delayMs)
    return {
      cancel() {
        clearTimeout(handle)
      },
    }
  },
  yield: () => new Promise((resolve) => setImmediate(resolve)),
  random: () => Math.random(),
  uuid: countedUuids(),
}

/**
 * UUIDs of version 4 whose last three digits are counted; all else is drawn anew for every 4,096 of them. As unique as
 * if each were drawn, which takes ten times as long; whoever has seen one can guess the next.
 */
function countedUuids(): () => string {
  let series = ''
  let count = counts.length
  return () => {
    const digits = counts[count++]
    if (digits !== undefined) return series + digits
    const drawn = randomUUID()
    series = drawn.slice(0, -countedDigits)
    count = 1
    return series + (counts[0] ?? '')
  }
}

/** Resolves `delayMs` milliseconds from now on the given runtime. */
export function delay(runtime: Runtime, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    runtime.after(delayMs, resolve)
  })
}
