import type { CacheClock } from './clock.js'

/** What proves that every invalidation was handled. */
export interface Proof {
  /** When the proof was last given, in ms ago; undefined before the first. */
  verifiedMsAgo(): number | undefined
}

/** Whether values in memory may be served: only if it was proved recently that every invalidation was handled. */
export class Trust {
  /** Infinite if values are served without proof. */
  readonly maxStalenessMs: number
  readonly #proof: Proof
  readonly #clock: CacheClock
  /** By the clock of the cache. It only grows, since each proof is newer than the last. */
  #until = -Infinity
  #isAttached = false

  constructor(proof: Proof, clock: CacheClock, maxStalenessMs: number) {
    this.#proof = proof
    this.#clock = clock
    this.maxStalenessMs = maxStalenessMs
  }

  /** Whether the subscription has caught up: only from then on is every invalidation sure to be heard. */
  get isAttached(): boolean {
    return this.#isAttached
  }

  attach(): void {
    this.#isAttached = true
  }

  /** Whether what is in memory may be served at this moment. */
  holds(now: number): boolean {
    return now < this.#until || this.#renew(now)
  }

  #renew(now: number): boolean {
    if (!this.#isAttached) return false
    const verifiedMsAgo = this.maxStalenessMs === Infinity ? 0 : this.#proof.verifiedMsAgo()
    if (verifiedMsAgo !== undefined) this.#until = this.#clock.now() - verifiedMsAgo + this.maxStalenessMs
    return now < this.#until
  }
}
