import type { Position } from './position.js'

/** How many entries are remembered: to tell duplicates, and to find where a forked history left ours. */
export const rememberedEntries = 1_024

interface Remembered {
  readonly position: Position
  readonly sequence: number
}

/** The last entries that were accepted, each with its place in the order of acceptance. */
export class AcceptedEntries {
  /**
   * Each at its place modulo the length, where it stays until that place is taken anew: to look for the oldest key of a Map
   * that many were deleted from costs five times as much.
   */
  readonly #ring: (Remembered | undefined)[] = new Array<Remembered | undefined>(rememberedEntries).fill(undefined)
  /** The newest under each append id. */
  readonly #byAppendId = new Map<string, Remembered>()
  #sequence = 0

  /** Place of the newest entry; 0 before the first. */
  get sequence(): number {
    return this.#sequence
  }

  add(position: Position): number {
    const sequence = this.#nextPlace()
    const entry = { position, sequence }
    this.#ring[sequence % rememberedEntries] = entry
    this.#byAppendId.set(position.appendId, entry)
    return sequence
  }

  /** Takes the next place for what is no entry. */
  skip(): number {
    return this.#nextPlace()
  }

  has(appendId: string): boolean {
    return this.#byAppendId.has(appendId)
  }

  sequenceOf(appendId: string): number | undefined {
    return this.#byAppendId.get(appendId)?.sequence
  }

  newestFirst(): Position[] {
    return [...this.#byAppendId.values()].sort((a, b) => b.sequence - a.sequence).map((entry) => entry.position)
  }

  /** Forgets what was at that place, unless it was accepted again since. */
  #nextPlace(): number {
    this.#sequence += 1
    const place = this.#sequence % rememberedEntries
    const oldest = this.#ring[place]
    if (oldest !== undefined && this.#byAppendId.get(oldest.position.appendId) === oldest) {
      this.#byAppendId.delete(oldest.position.appendId)
    }
    this.#ring[place] = undefined
    return this.#sequence
  }
}
