import type { Runtime, Timer } from '../../support/runtime.js'

const minIntervalMs = 2
const maxIntervalMs = 250

/** One coarse timer that looks for what is overdue: a timer for each command would cost more than the command. */
export class DeadlineWatch {
  readonly #runtime: Runtime
  readonly #intervalMs: number
  readonly #overdue: (now: number) => string | undefined
  readonly #onOverdue: (what: string) => void
  #timer: Timer | undefined
  #stopped = false

  /**
   * @param overdue names what should have happened by `now`
   * @param onOverdue is told the name; at most 250 ms or a tenth of the limit late
   */
  constructor(
    runtime: Runtime,
    limitMs: number,
    overdue: (now: number) => string | undefined,
    onOverdue: (what: string) => void,
  ) {
    this.#runtime = runtime
    this.#intervalMs = Math.max(minIntervalMs, Math.min(maxIntervalMs, limitMs / 10))
    this.#overdue = overdue
    this.#onOverdue = onOverdue
    this.#wait()
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  #wait(): void {
    this.#timer = this.#runtime.after(this.#intervalMs, () => void this.#look())
  }

  async #look(): Promise<void> {
    // After a long block of the event loop timers run before what has long arrived is read: let it be read first.
    if (this.#overdue(this.#runtime.monotonic()) !== undefined) await this.#runtime.yield()
    if (this.#stopped) return
    const overdue = this.#overdue(this.#runtime.monotonic())
    if (overdue !== undefined) this.#onOverdue(overdue)
    this.#wait()
  }
}
