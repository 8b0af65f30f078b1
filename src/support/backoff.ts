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
