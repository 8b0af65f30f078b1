import type { Page } from '../../log/model/entry.js'

/** What larger entries take the server to join is more than it spares the reader. */
const joinedCharacters = 1024

/** The server serves nobody else meanwhile: joining so many keeps it as long as reading 1,000 as they are, about 1 ms. */
const joinedEntries = 400

/** Waiting for a page so long says nothing yet of a server that is busy, or far away. */
const shortWaitMs = 5

/** How a page is read. */
export interface PageRequest {
  /** How many entries at most. */
  readonly count: number
  /** Whether the log puts the entries together. */
  readonly joined: boolean
}

/**
 * How a replay reads its next page. The log joins small entries while this process is what takes the time. Who waits for
 * the log longer than for the handler reads them as they are, and more at once: to a server that many replays keep busy
 * that is a third of the work, and to a distant one fewer round trips.
 */
export class ReplayPace {
  readonly #size: PageSize
  #waits = false

  /** @param limit the most entries of a page */
  constructor(limit: number) {
    this.#size = new PageSize(limit)
  }

  get next(): PageRequest {
    const { count, entryCharacters } = this.#size
    const joined = !this.#waits && entryCharacters <= joinedCharacters
    return { count: joined ? Math.min(count, joinedEntries) : count, joined }
  }

  /** Goes by a page, by how long it was waited for, and by how long the page before took to hand over. */
  read(page: Page, waitedMs: number, handedOverMs: number): void {
    this.#size.read(page)
    this.#waits = waitedMs > Math.max(shortWaitMs, 2 * handedOverMs)
  }
}

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
