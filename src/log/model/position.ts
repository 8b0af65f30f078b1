import { isStreamId } from '../../message/stream-id.js'
import { describeValue } from '../../support/describe-value.js'
import { InvalidMessageError } from '../../support/errors.js'

/** The place of an entry: its stream ID says where to read, its append id says which entry it is. */
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
