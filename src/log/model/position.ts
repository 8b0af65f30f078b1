import { appendIdSource } from '../../message/position-text.js'
import { compareStreamIds, isStreamId } from '../../message/stream-id.js'
import { describeValue } from '../../support/describe-value.js'
import { InvalidMessageError } from '../../support/errors.js'
import { type Runtime, unguessableBytes } from '../../support/runtime.js'

/** The place of an entry: its stream ID says where to read, its append id says which entry it is. */
export interface Position {
  readonly streamId: string
  readonly appendId: string
}

const positionPattern = new RegExp(`^([\\d-]+)@(${appendIdSource})$`)

/** A position as text, such as `1795365850251-16@abcdefgh4mnz`. Opaque to users. */
export function formatPosition(position: Position): string {
  return `${position.streamId}@${position.appendId}`
}

/** The same, or undefined without a position. */
export function positionText(position: Position | undefined): string | undefined {
  return position && formatPosition(position)
}

/**
 * Reads a position from its text.
 *
 * @throws InvalidMessageError when the text is not of the form `<stream id>@<append id>`
 */
export function parsePosition(text: string): Position {
  const match = typeof text === 'string' ? positionPattern.exec(text) : undefined
  if (match?.[1] === undefined || match[2] === undefined || !isStreamId(match[1])) {
    throw new InvalidMessageError(
      `Expected a position such as "1795365850251-16@abcdefgh4mnz", got ${describeValue(text)}: pass on the position of a receipt or a subscription as it is`,
    )
  }
  return { streamId: match[1], appendId: match[2] }
}

/** How many characters of a replication id are kept: 64 random bits, which fit into a cursor. */
const shortIdLength = 16

/** The part of a replication id that cursors keep, in characters that an append id may have. */
export function shortId(replicationId: string | undefined): string | undefined {
  return replicationId === '' ? undefined : replicationId?.slice(0, shortIdLength).replaceAll(/[^\w-]/g, '_')
}

const maxAppendIdLength = 64
const beforeId = '..'
const savedId = /^(.+)\.\.([\w-]+)$/

/**
 * A position as a cursor saves it, such as `1795365850251-16@abcdefgh4mnz..8f2c01d9e4b7a653`: with the short
 * replication id under which everything up to it was handled, if known. Older versions read the whole text as an entry
 * that the log does not have, and resync.
 */
export function formatCursor(position: Position, id: string | undefined): string {
  const text = formatPosition(position)
  if (id === undefined) return text
  const hasRoom = position.appendId.length + beforeId.length + id.length <= maxAppendIdLength
  return hasRoom ? text + beforeId + id : text
}

/**
 * Reads the text of a saved cursor, with or without a replication id.
 *
 * @throws InvalidMessageError if it holds no position
 */
export function parseCursor(text: string): { readonly position: Position; readonly replicationId: string | undefined } {
  const position = parsePosition(text)
  const [, appendId, replicationId] = savedId.exec(position.appendId) ?? []
  if (appendId === undefined) return { position, replicationId: undefined }
  return { position: { ...position, appendId }, replicationId }
}

/** Whether an entry that somebody wrote has an append id such as publishers give: if not, nothing can begin at it. */
export function isPosition(position: Position): boolean {
  return positionPattern.test(formatPosition(position))
}

/** Whether position `a` (as text) has an earlier stream ID than `b`. */
export function isEarlier(a: string, b: string): boolean {
  return compareStreamIds(parsePosition(a).streamId, parsePosition(b).streamId) < 0
}

const idLength = 12
const idsPerDraw = 256
/** Each character carries 6 bits. */
const bytesPerDraw = (idsPerDraw * idLength * 6) / 8

/**
 * Names attempts to append. Each id is 72 random bits: it is unique, and can't be guessed from others. If somebody
 * could guess it and send it on the channel first, the real entry would count as a duplicate.
 */
export function appendIds(runtime: Pick<Runtime, 'randomBytes'>): () => string {
  let drawn = ''
  let next = 0
  return () => {
    if (next === drawn.length) {
      drawn = Buffer.from(unguessableBytes(runtime, bytesPerDraw)).toString('base64url')
      next = 0
    }
    return drawn.slice(next, (next += idLength))
  }
}

/** How many entries a log looks up at once. */
const maxLookup = 100

/** Splits positions into batches that a log looks up at once. */
export function* lookupBatches<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += maxLookup) yield items.slice(start, start + maxLookup)
}
