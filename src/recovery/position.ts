import { InvalidMessageError } from '../errors.js'
import { describeValue } from '../message/describe-value.js'
import { isStreamId } from '../message/stream-id.js'

/** Where an entry stands: its stream ID says where to read, its append id says which entry it is. */
export interface Position {
  readonly streamId: string
  readonly appendId: string
}

const positionPattern = /^([\d-]+)@([\w.-]{1,64})$/

/** A position as text, such as `1795365850251-16@abcdefgh4mnz`. Opaque to users. */
export function formatPosition(position: Position): string {
  return `${position.streamId}@${position.appendId}`
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

/** Negative, zero or positive as stream ID `a` stands before, at or behind `b`. */
export function compareStreamIds(a: string, b: string): number {
  const [aTime = '0', aSequence = '0'] = a.split('-')
  const [bTime = '0', bSequence = '0'] = b.split('-')
  return compareDigits(aTime, bTime) || compareDigits(aSequence, bSequence)
}

/** Compares decimal numbers of any length without losing digits beyond 2^53. */
function compareDigits(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : a > b ? 1 : 0
}
