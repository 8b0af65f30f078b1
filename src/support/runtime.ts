import { randomBytes, randomUUID } from 'node:crypto'
import timersPromises from 'node:timers/promises'
import { outsideOfContexts } from './async-context.js'
import { CountedUuids, DrawnUuids, idText, type UuidCounter } from './counted-uuids.js'
import { describeValue } from './describe-value.js'
import { ConfigurationError } from './errors.js'
import { isBytes } from './realms.js'

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
   * Calls `run` once, `delayMs` milliseconds from now, outside of every async context of the application. Keeps the
   * process alive until then, as an open connection does:
   * somebody may be waiting for what it ends. So whatever is closed cancels its timers.
   */
  after(delayMs: number, run: () => void): Timer
  /** Lets the event loop turn: resolves after pending I/O was served. */
  yield(): Promise<void>
  /** A number from 0 up to, not including, 1. */
  random(): number
  /** A new UUID, version 4. */
  uuid(): string
  /**
   * Returns `size` random bytes, which must not be predictable outside of tests. Optional: by default they come from
   * `node:crypto`.
   */
  randomBytes?(size: number): Uint8Array
}

const { scheduler } = timersPromises
const systemUuids = new CountedUuids(randomUUID)
/** The last value of the monotonic clock; an array, since storing a fraction in a variable would allocate it each time. */
const latest = new Float64Array(1)
/** Fake timers put a function of theirs in its place. */
const realNow: unknown = Reflect.get(performance, 'now')
let source = realNow
let aheadMs = 0

/** Fake timers begin again at 0, and the real clock went on meanwhile: in either case time goes on from its last value. */
function changeSource(now: unknown): void {
  source = now
  const behindMs = (latest[0] ?? 0) - performance.now()
  aheadMs = now === realNow ? Math.max(0, behindMs) : behindMs
}

/**
 * The real clock, timers and randomness. Clocks and timers are globals, looked up at each call, so that fake timers
 * replace them. Fake timers do not replace turns of the event loop: what needs no time also goes on while time stops.
 */
export const systemRuntime: Runtime = {
  now: () => Date.now(),
  monotonic() {
    const current: unknown = Reflect.get(performance, 'now')
    if (current !== source) changeSource(current)
    return (latest[0] = Math.max(latest[0] ?? 0, performance.now() + aheadMs))
  },
  after(delayMs, run) {
    const handle = outsideOfContexts(() => setTimeout(run, delayMs))
    return {
      cancel() {
        clearTimeout(handle)
      },
    }
  },
  yield: () => scheduler.yield(),
  random: () => Math.random(),
  uuid() {
    systemUuids.advance()
    return idText(systemUuids)
  },
}

/** The ids of a runtime. Those of the system are counted: all publishers of a process share their series. */
export function uuidsOf(runtime: Runtime): UuidCounter {
  return runtime.uuid === systemRuntime.uuid ? systemUuids : new DrawnUuids(() => runtime.uuid())
}

/**
 * Bytes that nobody can guess, from `node:crypto` unless the runtime has its own source.
 *
 * @throws ConfigurationError if the runtime does not return an array of `size` bytes
 */
export function unguessableBytes(runtime: Pick<Runtime, 'randomBytes'>, size: number): Uint8Array {
  const bytes: unknown = runtime.randomBytes ? runtime.randomBytes(size) : randomBytes(size)
  if (isBytes(bytes) && bytes.length === size) return bytes
  throw new ConfigurationError(
    `Expected \`randomBytes(${size})\` of \`runtime\` to return a Uint8Array of ${size} bytes, got ${describeValue(bytes)}: leave the function out to draw from node:crypto`,
  )
}

/** Resolves `delayMs` milliseconds from now on the given runtime, or as soon as the signal aborts. Never rejects. */
export function delay(runtime: Pick<Runtime, 'after'>, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = (): void => {
      timer.cancel()
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = runtime.after(delayMs, end)
    signal?.addEventListener('abort', end)
  })
}

/**
 * Waits for a promise, for at most `limitMs` milliseconds. True when it has resolved in time, false when the time is
 * over; rejects when it rejects in time.
 */
export async function resolvesWithin(
  runtime: Pick<Runtime, 'after'>,
  limitMs: number,
  promise: Promise<unknown>,
): Promise<boolean> {
  const limit = Promise.withResolvers<boolean>()
  const timer = runtime.after(limitMs, () => limit.resolve(false))
  try {
    return await Promise.race([promise.then(() => true), limit.promise])
  } finally {
    timer.cancel()
  }
}
