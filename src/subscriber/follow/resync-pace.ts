/** The pause before the second repetition, in ms; it doubles with each further one. The first has no pause. */
const firstPauseMs = 1_000
/** A series of resyncs is over after so long without one, or after twice its last pause if that is longer, in ms. */
const quietMs = 10_000

/**
 * Spaces repeated resyncs apart: each may have the same cause as the one before, and each empties the cache. The pause
 * is 1 s at first, doubling up to a limit. Pure.
 */
export class ResyncPace {
  readonly #maxPauseMs: number
  #lastAt: number | undefined
  /** Resyncs of this series after the first. */
  #repeats = 0

  constructor(maxPauseMs = 30_000) {
    this.#maxPauseMs = maxPauseMs
  }

  /** How long the next resync has to wait, in ms; `now` is monotonic. */
  waitMs(now: number): number {
    if (this.#lastAt === undefined || this.#isOver(now)) return 0
    return Math.max(0, this.#lastAt + this.#pauseMs - now)
  }

  /** A resync was begun. */
  resynced(now: number): void {
    this.#repeats = this.#lastAt === undefined || this.#isOver(now) ? 0 : this.#repeats + 1
    this.#lastAt = now
  }

  /** The cause is known to persist: the next resync has the longest pause. */
  slowDown(): void {
    this.#repeats = Math.max(this.#repeats, Math.ceil(Math.log2(this.#maxPauseMs / firstPauseMs)) + 1)
  }

  get #pauseMs(): number {
    return this.#repeats === 0 ? 0 : Math.min(this.#maxPauseMs, firstPauseMs * 2 ** (this.#repeats - 1))
  }

  #isOver(now: number): boolean {
    return this.#lastAt !== undefined && now - this.#lastAt > Math.max(quietMs, 2 * this.#pauseMs)
  }
}
