import { appendIdSource } from '../message/position-text.js'
import { compareStreamIds, isStreamId, largestNumber } from '../message/stream-id.js'
import { parseDuration } from './arguments.js'
import { UsageError } from './exit-codes.js'

/** A stream ID, or a position, of which only its stream ID says where to read. */
const streamIdPattern = new RegExp(`^(\\d{1,20})(-\\d{1,20})?(?:@${appendIdSource})?$`)
/** As `date +%s` prints it. Taken for ms, it would be a day of 1970. */
const unixSecondsPattern = /^\d{10}$/
const datePattern = /^\d{4}-\d{2}-\d{2}/

/** What of the log was asked for: stream IDs, both inclusive. */
export interface Range {
  readonly from: string
  /** Undefined: up to the end. */
  readonly to: string | undefined
}

/** @throws UsageError where a point is none, or `to` lies before `from` */
export function parseRange(from: string, to: string | undefined, now: number): Range {
  const range = { from: startOf(from, now), to: to === undefined ? undefined : endOf(to, now) }
  if (range.to !== undefined && compareStreamIds(range.from, range.to) > 0) {
    throw new UsageError(`Expected --to to lie behind --from, got ${JSON.stringify(from)} to ${JSON.stringify(to)}`)
  }
  return range
}

/** The first stream ID at a point in time, or of an entry. */
export function startOf(text: string, now: number): string {
  const { time, sequence } = parsePoint(text, now)
  return `${time}${sequence ?? '-0'}`
}

function endOf(text: string, now: number): string {
  const { time, sequence } = parsePoint(text, now)
  return `${time}${sequence ?? `-${largestNumber}`}`
}

/** The sequence is undefined where a whole millisecond is meant. */
function parsePoint(text: string, now: number): { readonly time: string; readonly sequence: string | undefined } {
  const ago = parseDuration(text)
  if (ago !== undefined) return atTime(now - ago)
  if (unixSecondsPattern.test(text)) return atTime(Number(text) * 1_000)
  const [, time, sequence] = streamIdPattern.exec(text) ?? []
  if (time !== undefined && isStreamId(`${time}${sequence ?? '-0'}`)) return { time, sequence }
  const date = datePattern.test(text) ? Date.parse(text) : NaN
  if (!Number.isNaN(date)) return atTime(date)
  throw new UsageError(
    `Expected how long ago (10m, 2h, 1.5d), a time (2026-11-22T10:00:00Z, or Unix seconds) or a stream ID (1795365850251-0), got ${JSON.stringify(text)}`,
  )
}

function atTime(ms: number): { readonly time: string; readonly sequence: undefined } {
  return { time: String(Math.max(0, Math.floor(ms))), sequence: undefined }
}
