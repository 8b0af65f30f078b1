import type { Runtime } from '../runtime.js'

const firstMs = 50
const maxMs = 2_000

/** How long to wait before the next attempt: twice as long each time, half of it by chance, so that no herd forms. */
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
    const ceiling = Math.min(maxMs, 2 * firstMs * 2 ** this.#failures)
    return (ceiling / 2) * (1 + this.#runtime.random())
  }
}
