import { matchesPattern } from '../../index.js'

/** More patterns than this are not tried on each read: everything is evicted instead. */
const maxOthers = 32
const maxPrefixes = 1_000

/** A text and one star behind it, without other signs of a glob. */
const prefixAndStar = /^[^*?[\]\\]*\*$/

/**
 * Patterns that are being swept: an entry that is older than a pattern and matches it is not served, although the sweep
 * has not reached it. A pattern that is a prefix is looked up; all others are tried one after another.
 */
export class PendingPatterns {
  /** The sequence of each pattern `<prefix>*`, by its prefix. */
  readonly #prefixes = new Map<string, number>()
  /** The different lengths of the prefixes. */
  #lengths: readonly number[] = []
  readonly #others = new Map<string, number>()
  /** Sequence of the newest; no younger entry needs to be tried. */
  newest = -Infinity

  get size(): number {
    return this.#prefixes.size + this.#others.size
  }

  /** Returns whether there was room for it. */
  add(pattern: string, seq: number): boolean {
    if (prefixAndStar.test(pattern)) {
      this.#prefixes.set(pattern.slice(0, -1), seq)
      this.#measure()
    } else {
      this.#others.set(pattern, seq)
    }
    this.newest = seq
    return this.#prefixes.size <= maxPrefixes && this.#others.size <= maxOthers
  }

  /** Whether a pattern that is newer than this sequence matches the key. */
  covers(key: string, seq: number): boolean {
    for (const length of this.#lengths) {
      if (length > key.length) continue
      const at = this.#prefixes.get(key.slice(0, length))
      if (at !== undefined && at > seq) return true
    }
    for (const [pattern, at] of this.#others) if (at > seq && matchesPattern(pattern, key)) return true
    return false
  }

  /** Patterns up to this sequence have been swept. */
  retire(seq: number): void {
    for (const patterns of [this.#prefixes, this.#others])
      for (const [pattern, at] of patterns) if (at <= seq) patterns.delete(pattern)
    if (this.size === 0) this.newest = -Infinity
    this.#measure()
  }

  #measure(): void {
    this.#lengths = [...new Set(Array.from(this.#prefixes.keys(), ({ length }) => length))]
  }
}
