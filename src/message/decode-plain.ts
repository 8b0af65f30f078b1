import type { DecodedFrame, Link } from './decoded-frame.js'
import { entityTypeFromWire } from './entity.js'
import { maxMessageBytes } from './limits.js'
import type { InvalidationMessage } from './message.js'
import { isStreamId } from './stream-id.js'
import { isTimestamp } from './timestamp.js'
import type { TraceContext } from './trace-context.js'

/** Printable ASCII, and nothing that JSON escapes: what stands between the quotes is what was meant. */
const text = '([ !#-[\\]-~]{1,512})'
const id = '[\\w.-]{1,64}'
const traceparent = '([\\da-f]{2}-[\\da-f]{32}-[\\da-f]{16}-[\\da-f]{2})'

/** The place in the log, as the script of an append puts it in front. */
const envelope = new RegExp(`\\{"stream_id":"(\\d+-\\d+)","append_id":"(${id})","prev":"(|${id})",`, 'y')

/** A message but for its opening brace: an entity without metadata, its fields in the order in which they are encoded. */
const body = new RegExp(
  `"message_id":"${text}","timestamp":"${text}"(?:,"traceparent":"${traceparent}")?` +
    `,"entity_type":(?:"([A-Za-z]+)"|\\{"Custom":"${text}"\\}),"entity_id":"${text}"` +
    `,"action":"(Delete|Update)","source_service":"${text}"\\}`,
  'y',
)

const brace = 123
const comma = 44
const frameStart = '"frame":['
const frameEnd = ']}'

/**
 * Reads a frame that consists of the commonest messages, to the letter as our publishers write them: what JSON.parse and
 * the checks of each field would make of it, in half the time. Undefined for all else, which is not read any further.
 */
export function decodePlainFrame(frame: string): DecodedFrame | undefined {
  // All of it is ASCII where it is read here, so that it has as many bytes as characters.
  if (typeof frame !== 'string' || frame.length > maxMessageBytes || frame.charCodeAt(0) !== brace) return undefined
  const found = matchAt(envelope, frame, 0)
  const link = found && linkOf(found)
  if (found && !link) return undefined
  const start = found ? envelope.lastIndex : 1
  const read = new PlainMessages(frame)
  const isPacked = frame.startsWith(frameStart, start)
  const isRead = isPacked ? read.list(start + frameStart.length) : read.message(start) && read.at === frame.length
  if (!isRead) return undefined
  return { ...link, messages: read.messages, ...(read.traces && { traces: read.traces }), rejected: [] }
}

class PlainMessages {
  readonly messages: InvalidationMessage[] = []
  traces: (TraceContext | undefined)[] | undefined
  at = 0
  readonly #frame: string
  #source = ''

  constructor(frame: string) {
    this.#frame = frame
  }

  /** Messages from their first brace up to the end of the frame. */
  list(start: number): boolean {
    const frame = this.#frame
    this.at = start
    while (frame.charCodeAt(this.at) === brace && this.message(this.at + 1)) {
      if (frame.charCodeAt(this.at) !== comma) return frame.length === this.at + 2 && frame.endsWith(frameEnd)
      this.at++
    }
    return false
  }

  /** A message from behind its brace. */
  message(start: number): boolean {
    const found = matchAt(body, this.#frame, start)
    if (!found) return false
    const [, messageId = '', timestamp = '', traceparent, builtIn, custom, entityId = '', action, source = ''] = found
    const entityType = builtIn === undefined ? custom : entityTypeFromWire(builtIn)
    if (entityType === undefined || !isTimestamp(timestamp)) return false
    // A publisher signs all its messages alike.
    if (source !== this.#source) this.#source = ownCopy(source)
    if (traceparent !== undefined) (this.traces ??= [])[this.messages.length] = { traceparent: ownCopy(traceparent) }
    this.messages.push({
      action: action === 'Delete' ? 'delete' : 'update',
      entityType: builtIn === undefined ? ownCopy(entityType) : entityType,
      entityId: ownCopy(entityId),
      messageId: ownCopy(messageId),
      timestamp: ownCopy(timestamp),
      sourceService: this.#source,
    })
    this.at = body.lastIndex
    return true
  }
}

/** From this length on V8 cuts a text out of another by pointing into it. */
const minSlice = 13

/** The same text, in memory of its own: a handler that keeps an id must not keep the whole frame that it came in. */
function ownCopy(slice: string): string {
  return slice.length < minSlice ? slice : ` ${slice}`.slice(1)
}

function matchAt(sticky: RegExp, frame: string, start: number): RegExpExecArray | null {
  sticky.lastIndex = start
  return sticky.exec(frame)
}

function linkOf([, streamId = '', appendId = '', prev = '']: RegExpExecArray): Link | undefined {
  if (!isStreamId(streamId)) return undefined
  return { streamId: ownCopy(streamId), appendId: ownCopy(appendId), prev: ownCopy(prev) }
}
