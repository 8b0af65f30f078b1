/** What evicted an entry. */
export type Eviction = 'key' | 'tag' | 'pattern' | 'resync'

/** Why a key that was in the cache, or was to be stored, is not there. */
export type Departure = Eviction | 'fenced'

/** The last keys that left the cache before their time, and why: to say why a read missed. */
export class Departures {
  readonly #reasons = new Map<string, Departure>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  add(key: string, reason: Departure): void {
    this.#reasons.delete(key)
    this.#reasons.set(key, reason)
    if (this.#reasons.size <= this.#most) return
    for (const oldest of this.#reasons.keys()) {
      this.#reasons.delete(oldest)
      return
    }
  }

  /** The reason, which is then forgotten; undefined if the key is not among them. */
  take(key: string): Departure | undefined {
    const reason = this.#reasons.get(key)
    if (reason !== undefined) this.#reasons.delete(key)
    return reason
  }
}
