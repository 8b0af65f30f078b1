import type { Entry, Page } from '../../log/model/entry.js'
import type { Position } from '../../log/model/position.js'
import { Outage } from '../../support/outage.js'
import type { ReplayStart } from './continuity.js'
import { pageCutOff } from './recovery-event.js'

/** What a replay needs from its caller. */
export interface ReplayContext {
  /** How many entries a page holds at most. */
  readonly limit: PageLimit
  /** Reads entries from a stream ID on, inclusive, in one atomic step with `last`; `-` is the first entry. */
  readPage(from: string, request: PageRequest): Promise<Page>
  /** Append id of the newest entry; asked if a page finds `last` gone. */
  head(): Promise<string | undefined>
  /** Takes entries over in order; the replay goes on when it resolves to true, and ends when it resolves to false. */
  accept(entries: readonly Entry[]): Promise<boolean>
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
 * - `stopped`: the caller takes no more
 */
export type ReplayEnd = 'caught-up' | 'lost-place' | 'broken' | 'stopped'

/**
 * Reads the log from a known entry to its end. Every page starts at the last accepted entry and counts only if that
 * entry is still there under its append id; every entry's `prev` must be the append id before it; the last entry must
 * be the newest of the log. So a trim, a fork or a deletion between two pages can't go unseen.
 */
export async function replay(start: ReplayStart, context: ReplayContext): Promise<ReplayEnd> {
  const pages = new ReplayPages(context)
  let anchor = start
  let next = pages.read(anchor)
  let emptyHanded = false
  for (;;) {
    const page = await next
    const isFull = pages.came(page)
    const entries = continuation(anchor, page)
    if (typeof entries === 'string') return entries
    const newest = page.entries.at(-1)
    if (newest !== undefined) anchor = { at: 'entry', position: newest.position }

    if (isFull) {
      // Fetched while this one is handed over. A rejection is seen when it is awaited, at the latest one page on.
      next = pages.read(anchor)
      next.catch(() => undefined)
      // A socket writes at the end of a turn, and handing over may take all of this one.
      await context.yield()
    }
    if (!(await isTaken(entries, context))) return 'stopped'
    pages.handedOver()
    if (isFull) continue

    const end = page.last ?? (await context.head())
    if (end === acceptedId(anchor)) return 'caught-up'
    if (page.last !== undefined) return 'broken'
    // `last` was evicted, and something may have been appended since this page: look once more before giving up.
    if (entries.length > 0) emptyHanded = false
    else if (emptyHanded) return 'broken'
    else emptyHanded = true
    next = pages.read(anchor)
  }
}

async function isTaken(entries: readonly Entry[], context: ReplayContext): Promise<boolean> {
  return entries.length === 0 || (await context.accept(entries))
}

/** Reads pages, each in the way that the waiting times of those before it ask for. */
class ReplayPages {
  readonly #context: ReplayContext
  readonly #pace: ReplayPace
  #request: PageRequest
  #askedAt: number
  #cameAt = 0
  #handedOverMs = 0

  constructor(context: ReplayContext) {
    this.#context = context
    this.#pace = new ReplayPace(context.limit.most)
    this.#request = this.#pace.next
    this.#askedAt = context.monotonic()
  }

  read(anchor: ReplayStart): Promise<Page> {
    this.#request = this.#context.limit.apply(this.#pace.next, anchor.at === 'first')
    return this.#context.readPage(anchor.at === 'entry' ? anchor.position.streamId : '-', this.#request)
  }

  /** Whether the page is full, so that another one follows it. */
  came(page: Page): boolean {
    this.#cameAt = this.#context.monotonic()
    this.#pace.read(page, this.#cameAt - this.#askedAt, this.#handedOverMs)
    return page.entries.length >= this.#request.count
  }

  handedOver(): void {
    this.#askedAt = this.#context.monotonic()
    this.#handedOverMs = this.#askedAt - this.#cameAt
  }
}

function acceptedId(anchor: ReplayStart): string | undefined {
  return anchor.at === 'entry' ? anchor.position.appendId : anchor.prev
}

/** The entries of a page that come after what was accepted, if the page continues that without a gap. */
function continuation(anchor: ReplayStart, page: Page): readonly Entry[] | 'lost-place' | 'broken' {
  const first = page.entries[0]
  if (anchor.at === 'entry') {
    if (first === undefined || !isSame(first.position, anchor.position)) return 'lost-place'
  } else if (
    first === undefined ? anchor.prev === undefined : anchor.prev !== undefined && first.prev !== anchor.prev
  ) {
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

/** Size of an entry in characters. Above this size, joining costs more than it saves. */
const joinedCharacters = 1024

/**
 * Joining keeps the server from other clients: this many entries take as long as reading 1,000 plain ones, about 1 ms.
 */
const joinedEntries = 400

/** A shorter wait for a page does not show that the server is busy or far away. */
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
 * the log takes longer than handing over, the replay reads plain entries, and more at once. That is a third of the work
 * for a busy server, and fewer round trips to a distant one.
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

  /** Adjusts to a page, to the wait for it, and to how long handing over the previous page took. */
  read(page: Page, waitedMs: number, handedOverMs: number): void {
    this.#size.read(page)
    this.#waits = waitedMs > Math.max(shortWaitMs, 2 * handedOverMs)
  }
}

/** A page begins with the last entry of the one before, so it takes two for one new entry. */
const leastEntries = 2
/** After so many cuts in a row at the smallest page, the next entry can't be read. */
const mostCuts = 5

/**
 * How many entries a page may have, if connections are cut while pages are read: the server closes the connection of a
 * client that has more unread than `client-output-buffer-limit normal`. Each cut halves the page; each page whose entries
 * were taken makes the next one a little larger.
 */
export class PageLimit {
  readonly most: number
  readonly #outage: Outage
  #count: number
  #cuts = 0
  /** Cuts in a row of pages that could not be smaller. */
  #cutsOfLeast = 0

  /**
   * @param most entries of a page without cuts
   * @param report called once until entries are taken, when cuts follow each other
   */
  constructor(most: number, report: (error: Error) => void) {
    this.most = most
    this.#count = most
    this.#outage = new Outage(report)
  }

  /** How often in a row the connection was lost while a page was read, since an entry was last taken. */
  get cuts(): number {
    return this.#cuts
  }

  /** Whether even a page with one new entry is cut off each time. */
  get isStuck(): boolean {
    return this.#cutsOfLeast >= mostCuts
  }

  /** The smallest page is joined: then the log leaves out the frame of its first entry, which was taken before. */
  apply({ count, joined }: PageRequest, fromFirst: boolean): PageRequest {
    if (this.#count === leastEntries && this.#cuts > 0) return { count: fromFirst ? 1 : leastEntries, joined: true }
    return { count: Math.min(count, this.#count), joined }
  }

  /**
   * The connection was lost while a page of so many entries was on its way. One cut may have any cause; a second one in a
   * row has to do with the page.
   */
  cut(asked: number, error: unknown): void {
    this.#cuts++
    if (this.#cuts > 1) this.#outage.failed(pageCutOff(asked, error))
    this.#cutsOfLeast = asked <= leastEntries ? this.#cutsOfLeast + 1 : 0
    this.#count = Math.max(leastEntries, Math.floor(Math.min(asked, this.#count) / 2))
  }

  /** A reading has come to its end: a later one that is cut off is another case. */
  ended(): void {
    this.#outage.ended()
    this.#cuts = this.#cutsOfLeast = 0
  }

  /** Entries of a page were taken. */
  taken(): void {
    this.ended()
    this.#count = Math.min(this.most, this.#count + Math.max(1, this.#count >> 4))
  }
}

/** Most characters in the frames of a page: one page and the next are in memory together. */
const pageCharacters = 1024 * 1024

/** Characters of a full frame: every entry is assumed to have as many until a page was read. */
const fullFrameCharacters = 64 * 1024

/**
 * Small entries say little about those that follow: each page may have at most this many times the entries of the last.
 */
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
    // A joined page leaves out the frame that was taken before.
    const frames = entries[0]?.frame === '' ? entries.length - 1 : entries.length
    if (frames === 0) return
    this.#entryCharacters = Math.max(characters / frames, this.#entryCharacters / growth)
  }
}
