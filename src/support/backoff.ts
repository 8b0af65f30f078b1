import type { Runtime } from './runtime.js'

const firstCeilingMs = 50
const maxCeilingMs = 2_000

/**
 * The delay before retry number `attempt`, from 0 on, in ms: at most 50 at first, doubling up to 2,000; half of
 * it is fixed, half is chance, so that clients that failed together do not come back together.
 */
export function backoffMs(attempt: number, runtime: Pick<Runtime, 'random'>): number {
  const ceiling = Math.min(maxCeilingMs, firstCeilingMs * 2 ** attempt)
  return ceiling * (0.5 + runtime.random() / 2)
}

/** Counts failed attempts to connect, and says how long to wait before the next. */
export class Backoff {
  readonly #runtime: Runtime
  #failures = 0

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  failed(): void {
    this.#failures++
  }

  reset(): void {
    this.#failures = 0
  }

  delayMs(): number {
    return backoffMs(this.#failures, this.#runtime)
  }
}

/** After so long without another one, the next departure is the first again. */
const settledMs = 30_000

/**
 * Bounds how often a connection that works is given up for a new one. A server that refuses writes goes on to refuse
 * them: without pauses, two writers that try again as soon as the connection is back would replace it without end.
 */
export class Departures {
  readonly #runtime: Pick<Runtime, 'monotonic' | 'random'>
  #count = 0
  #lastAt = -Infinity
  #nextAt = -Infinity

  constructor(runtime: Pick<Runtime, 'monotonic' | 'random'>) {
    this.#runtime = runtime
  }

  /** Whether it may be given up now; if so, the next time has to wait. */
  depart(): boolean {
    const now = this.#runtime.monotonic()
    if (now < this.#nextAt) return false
    if (now - this.#lastAt > settledMs) this.#count = 0
    this.#lastAt = now
    this.#nextAt = now + backoffMs(this.#count++, this.#runtime)
    return true
  }
}
