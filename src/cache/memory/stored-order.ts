import type { Entry } from './entry.js'

/**
 * Entries in the order in which they were stored, and a walk through them that goes on while entries come and go: the
 * order of an LRU changes under a walk with each read.
 */
export class StoredOrder {
  #oldest: Entry | undefined
  #newest: Entry | undefined
  /** The next entry of the walk, and its last. */
  #next: Entry | undefined
  #last: Entry | undefined

  add(entry: Entry): void {
    entry.older = this.#newest
    if (this.#newest) this.#newest.newer = entry
    else this.#oldest = entry
    this.#newest = entry
  }

  remove(entry: Entry): void {
    const { older, newer } = entry
    if (this.#next === entry) this.#next = newer
    if (this.#last === entry) this.#last = older
    if (older) older.newer = newer
    else this.#oldest = newer
    if (newer) newer.older = older
    else this.#newest = older
    entry.older = undefined
    entry.newer = undefined
  }

  /** Begins a walk from the oldest entry to the one that is now the newest. */
  begin(): void {
    this.#next = this.#oldest
    this.#last = this.#newest
  }

  /** The next entry of the walk; undefined at its end. */
  next(): Entry | undefined {
    const entry = this.#next
    // Without a last entry, all that the walk began with are gone.
    const isLast = entry === this.#last || this.#last === undefined
    const found = this.#last && entry
    this.#next = isLast ? undefined : entry?.newer
    if (isLast) this.#last = undefined
    return found
  }
}
