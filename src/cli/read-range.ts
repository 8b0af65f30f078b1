import type { Log } from '../log/log.js'
import type { Entry, Page } from '../log/model/entry.js'
import { formatPosition, type Position } from '../log/model/position.js'
import { compareStreamIds } from '../message/stream-id.js'
import { PageSize } from '../subscriber/follow/replayer.js'
import { isLinkLost } from '../support/errors.js'
import { delay, type Runtime } from '../support/runtime.js'
import { timeOfStreamId } from './format.js'
import type { Output } from './output.js'
import type { Range } from './points.js'

/** A log, as far as it is read. */
export type Pages = Pick<Log, 'readPage'>

const pageSize = 1_000

/** Called with two entries between which others are gone; `before` is undefined at the end of the log. */
type OnGap = (after: Position, before: Position | undefined) => void

/** Reads the entries of a range, page by page. `onGap` reports where the chain is broken. */
export async function* readRange(log: Pages, { from, to }: Range, onGap: OnGap): AsyncGenerator<Entry> {
  let previous: Position | undefined
  for await (const { entries, last } of readPages(log, from)) {
    if (previous !== undefined && entries.length === 0 && last !== previous.appendId) onGap(previous, undefined)
    for (const entry of entries) {
      if (entry.position.appendId === previous?.appendId) continue
      if (to !== undefined && compareStreamIds(entry.position.streamId, to) > 0) return
      if (previous !== undefined && entry.prev !== previous.appendId) onGap(previous, entry.position)
      previous = entry.position
      yield entry
    }
  }
}

/** Each page begins with the last entry of the one before: what was trimmed meanwhile shows in the chain. */
async function* readPages(log: Pages, from: string): AsyncGenerator<Page> {
  const size = new PageSize(pageSize)
  for (let next = from; ;) {
    const { count } = size
    const page = await log.readPage(next, count)
    yield page
    if (page.entries.length < count) return
    size.read(page)
    next = page.entries.at(-1)?.position.streamId ?? next
  }
}

/** Warns if a range begins before the log does. */
export async function warnOfTrimmed(log: Pages, from: string, output: Output): Promise<void> {
  const { entries, last } = await log.readPage('-', 1)
  const [first] = entries
  if (first === undefined) {
    if (last !== undefined) output.warn('the log is empty: the entries it had are gone')
    return
  }
  const { streamId } = first.position
  // An entry that continues none is the first that ever was.
  if (first.prev === '' || compareStreamIds(streamId, from) <= 0) return
  output.warn(
    `the log begins at ${timeOfStreamId(streamId)} (${streamId}): what was published before is trimmed, and may have been in this range`,
  )
}

/** Warns of entries that are gone from the middle of a range. */
export function warnOfGap(output: Output, after: Position, before: Position | undefined): void {
  const end = before === undefined ? 'the end of the log' : formatPosition(before)
  output.warn(`entries between ${formatPosition(after)} and ${end} are gone: trimmed meanwhile, or deleted`)
}

/** Connections come back one by one: this one may be the last. */
const retryMs = 50

/** The entries of a page without the one that it was read from, if that is still there. */
function entriesBehind(anchor: Position | undefined, { entries }: Page): readonly Entry[] {
  const isAnchored = anchor !== undefined && entries[0]?.position.appendId === anchor.appendId
  return isAnchored ? entries.slice(1) : entries
}

/** A page begins with the last entry of the one before, so it takes two for one new entry. */
const leastEntries = 2

/**
 * Reads pages as the log does, but waits out a connection that is down, until nobody wants them any more. A server may
 * cut the connection because a page is larger than its `client-output-buffer-limit normal`: so a page that was cut off
 * is read in smaller parts.
 */
export function patientPages(log: Pages, runtime: Runtime, isWanted: () => boolean): Pages {
  return {
    async readPage(from, count) {
      const entries: Entry[] = []
      for (let part = count; ;) {
        try {
          const anchor = entries.at(-1)?.position
          const page = await log.readPage(anchor?.streamId ?? from, part)
          entries.push(...entriesBehind(anchor, page))
          if (page.entries.length < part || entries.length >= count) return { entries, last: page.last }
          part += Math.max(1, part >> 2)
        } catch (error) {
          if (!isWanted() || !isLinkLost(error)) throw error
          part = Math.max(Math.min(count, leastEntries), part >> 1)
          await delay(runtime, retryMs)
        }
      }
    },
  }
}
