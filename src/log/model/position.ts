import { appendIdSource } from '../../message/position-text.js'
import { compareStreamIds, isStreamId } from '../../message/stream-id.js'
import { describeValue } from '../../support/describe-value.js'
import { InvalidMessageError } from '../../support/errors.js'
import type { Runtime } from '../../support/runtime.js'

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

/** Whether an entry that somebody wrote has an append id such as publishers give: if not, nothing can begin at it. */
export function isPosition(position: Position): boolean {
  return positionPattern.test(formatPosition(position))
}

/** Whether position `a` (as text) has an earlier stream ID than `b`. */
export function isEarlier(a: string, b: string): boolean {
  return compareStreamIds(parsePosition(a).streamId, parsePosition(b).streamId) < 0
}

const prefixLength = 10

/**
 * Names attempts to append: a random prefix for this publisher and a counter. The prefix has a fixed length, so no two
 * of one publisher are equal, and two publishers share a prefix once in 10^15.
 */
export function appendIds(runtime: Pick<Runtime, 'random'>): () => string {
  let prefix = ''
  while (prefix.length < prefixLength) prefix += Math.floor(runtime.random() * 36).toString(36)
  let attempts = 0
  return () => prefix + (attempts++).toString(36)
}
