import type { Entry, Page } from '../../log/model/entry.js'
import type { Position } from '../../log/model/position.js'
import type { ReplayStart } from './continuity.js'

/** What a replay needs of the world. */
export interface ReplayContext {
  /** How many entries a page holds at most. */
  readonly pageSize: number
  /** Reads entries from a stream ID on, inclusive, in one atomic step with `last`; `-` is the first entry. */
  readPage(from: string, request: PageRequest): Promise<Page>
  /** Append id of the newest entry; asked where a page found `last` gone. */
  head(): Promise<string | undefined>
  /** Takes entries over in order; the replay goes on when it resolves. */
  accept(entries: readonly Entry[]): Promise<void>
  /** Monotonic clock, in ms. */
  monotonic(): number
  /** Lets the event loop turn. */
  yield(): Promise<void>
}

/**
 * How a replay ended.
 *
 * - `caught-up`: everything up to the newest entry was handed over
 * - `lost-place`: the anchor entry is gone, or an empty log has nothing to begin at; look at the log again
 * - `broken`: an entry in the middle or at the end is missing; continuity can't be proved any more
 */
export type ReplayEnd = 'caught-up' | 'lost-place' | 'broken'

/**
 * Reads the log from a known entry to its end. Every page starts at the last accepted entry and counts only if that
 * entry is still there under its append id; every entry's `prev` must be the append id before it; the last entry must
 * be the newest of the log. So a trim, a fork or a deletion between two pages can't go unseen.
 */
export async function replay(start: ReplayStart, context: ReplayContext): Promise<ReplayEnd> {
  let anchor = start
  const pace = new ReplayPace(context.pageSize)
  let request = pace.next
  let next = read(context, anchor, request)
  let emptyHanded = false
  let askedAt = context.monotonic()
  let handedOverMs = 0
  for (;;) {
    const page = await next
    const cameAt = context.monotonic()
    const entries = continuation(anchor, page)
    if (entries === 'lost-place' || entries === 'broken') return entries
    const newest = page.entries.at(-1)
    if (newest === undefined && acceptedId(anchor) === undefined) return 'lost-place'
    const full = page.entries.length >= request.count
    pace.read(page, cameAt - askedAt, handedOverMs)
    request = pace.next
    if (newest !== undefined) anchor = { at: 'entry', position: newest.position }

    if (full) {
      // Fetched while this one is handed over. A rejection is seen when it is awaited, at the latest one page on.
      next = read(context, anchor, request)
      next.catch(() => undefined)
      // A socket writes at the end of a turn, and handing over may take all of this one.
      await context.yield()
    }
    if (entries.length > 0) await context.accept(entries)
    askedAt = context.monotonic()
    handedOverMs = askedAt - cameAt
    if (full) continue

    const end = page.last ?? (await context.head())
    if (end !== undefined && end === acceptedId(anchor)) return 'caught-up'
    if (page.last !== undefined) return 'broken'
    // `last` was evicted, and something may have been appended since this page: look once more before giving up.
    if (emptyHanded && entries.length === 0) return 'broken'
    emptyHanded = entries.length === 0
    next = read(context, anchor, request)
  }
}

function read(context: ReplayContext, anchor: ReplayStart, request: PageRequest): Promise<Page> {
  return context.readPage(anchor.at === 'entry' ? anchor.position.streamId : '-', request)
}

function acceptedId(anchor: ReplayStart): string | undefined {
  return anchor.at === 'entry' ? anchor.position.appendId : anchor.prev
}

/** The entries of a page that come after what was accepted, if the page continues that without a gap. */
function continuation(anchor: ReplayStart, page: Page): readonly Entry[] | 'lost-place' | 'broken' {
  const first = page.entries[0]
  if (anchor.at === 'entry') {
    if (first === undefined || !isSame(first.position, anchor.position)) return 'lost-place'
  } else if (anchor.prev !== undefined && first !== undefined && first.prev !== anchor.prev) {
    return 'lost-place'
  }
  const entries = anchor.at === 'entry' ? page.entries.slice(1) : page.entries
  let prev = anchor.at === 'entry' ? anchor.position.appendId : first?.prev
  for (const entry of entries) {
    if (entry.prev !== prev) return 'broken'
    prev = entry.position.appendId
  }
  return entries
}

function isSame(a: Position, b: Position): boolean {
  return a.streamId === b.streamId && a.appendId === b.appendId
}

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
