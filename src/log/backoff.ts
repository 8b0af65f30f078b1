import { backoffMs } from '../backoff.js'
import type { Runtime } from '../runtime.js'

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
