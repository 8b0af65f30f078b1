import type { Entry, Page } from '../../log/model/entry.js'
import type { Position } from '../../log/model/position.js'
import type { ReplayStart } from './continuity.js'
import { type PageRequest, ReplayPace } from './replay-pace.js'

/** What a replay needs from its caller. */
export interface ReplayContext {
  /** How many entries a page holds at most. */
  readonly pageSize: number
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
    this.#pace = new ReplayPace(context.pageSize)
    this.#request = this.#pace.next
    this.#askedAt = context.monotonic()
  }

  read(anchor: ReplayStart): Promise<Page> {
    this.#request = this.#pace.next
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
