import type { Position } from './position.js'

/** How many accepted entries are remembered: to tell duplicates, and to find where a forked history left ours. */
export const rememberedEntries = 1_024

interface Remembered {
  readonly position: Position
  readonly sequence: number
}

/** The last entries that were accepted, each with its place in the order of acceptance. */
export class AcceptedEntries {
  // A Map iterates in insertion order, so its first key is the oldest.
  readonly #entries = new Map<string, Remembered>()
  #sequence = 0

  /** Place of the newest entry; 0 before the first. */
  get sequence(): number {
    return this.#sequence
  }

  add(position: Position): number {
    this.#sequence += 1
    this.#entries.delete(position.appendId)
    this.#entries.set(position.appendId, { position, sequence: this.#sequence })
    if (this.#entries.size > rememberedEntries) {
      const oldest = this.#entries.keys().next()
      if (!oldest.done) this.#entries.delete(oldest.value)
    }
    return this.#sequence
  }

  /** Takes the next place for what is no entry. */
  skip(): number {
    this.#sequence += 1
    return this.#sequence
  }

  has(appendId: string): boolean {
    return this.#entries.has(appendId)
  }

  sequenceOf(appendId: string): number | undefined {
    return this.#entries.get(appendId)?.sequence
  }

  newestFirst(): Position[] {
    return Array.from(this.#entries.values(), (entry) => entry.position).reverse()
  }
}
