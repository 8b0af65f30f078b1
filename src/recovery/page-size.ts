import type { Page } from './entry.js'

/** What a page should take at most, in characters of its frames: one and the next wait in memory together. */
const pageCharacters = 1024 * 1024

/** A frame that is packed to the full: what entries are taken for before any was seen. */
const fullFrameCharacters = 64 * 1024

/** Pages that were small say little of those that follow: the next is at most so many times as long. */
const growth = 4

/**
 * How many entries to read next, so that a page takes about 1 MiB wherever entries are large. Begins as if every frame
 * were full, and grows to `limit` within a few pages where they are small.
 */
export class PageSize {
  readonly #limit: number
  #entryCharacters = fullFrameCharacters

  /** @param limit the most entries of a page */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Entries to read; at least two, since a page begins with the last entry of the one before. */
  get count(): number {
    return Math.max(2, Math.min(this.#limit, Math.floor(pageCharacters / this.#entryCharacters)))
  }

  /** What an entry is taken for, in characters of its frame. */
  get entryCharacters(): number {
    return this.#entryCharacters
  }

  /** Goes by what this page took. */
  read({ entries }: Page): void {
    if (entries.length === 0) return
    const characters = entries.reduce((sum, { frame }) => sum + frame.length, 0)
    this.#entryCharacters = Math.max(characters / entries.length, this.#entryCharacters / growth)
  }
}
