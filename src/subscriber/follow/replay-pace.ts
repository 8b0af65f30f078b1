import type { Page } from '../../log/model/entry.js'

/** Size of an entry in characters. Above this size, joining costs more than it saves. */
const joinedCharacters = 1024

/** Joining keeps the server from other clients: for so many entries as long as reading 1,000 plain ones, about 1 ms. */
const joinedEntries = 400

/** A wait for a page that is no longer than this does not show that the server is busy or far away. */
const shortWaitMs = 5

/** How a page is read. */
export interface PageRequest {
  /** How many entries at most. */
  readonly count: number
  /** Whether the log joins the entries. */
  readonly joined: boolean
}

/**
 * How a replay reads its next page. The log joins small entries while this process is the bottleneck. If waiting for
 * the log takes longer than handing over, the replay reads plain entries, and more at once: that is a third of the work
 * for a server that many replays keep busy, and fewer round trips to a distant one.
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

  /** Adjusts to a page, to the wait for it, and to the time that handing over the page before took. */
  read(page: Page, waitedMs: number, handedOverMs: number): void {
    this.#size.read(page)
    this.#waits = waitedMs > Math.max(shortWaitMs, 2 * handedOverMs)
  }
}

/** Most characters in the frames of a page: one page and the next are in memory together. */
const pageCharacters = 1024 * 1024

/** Characters of a full frame: every entry is assumed to have as many until a page was read. */
const fullFrameCharacters = 64 * 1024

/** Small entries say little about those that follow: a page has at most so many times the entries of the last one. */
const growth = 4

/**
 * How many entries to read next, so that a page of large entries takes about 1 MiB. Begins as if every frame were full,
 * and grows to `limit` within a few pages if frames are small.
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

  /** Assumed size of an entry, in characters of its frame. */
  get entryCharacters(): number {
    return this.#entryCharacters
  }

  /** Adjusts to the size of the entries of this page. */
  read({ entries }: Page): void {
    if (entries.length === 0) return
    const characters = entries.reduce((sum, { frame }) => sum + frame.length, 0)
    this.#entryCharacters = Math.max(characters / entries.length, this.#entryCharacters / growth)
  }
}
