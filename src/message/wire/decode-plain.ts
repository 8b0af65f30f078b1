import { entityTypeFromWire } from '../entity.js'
import { maxMessageBytes } from '../limits.js'
import type { InvalidationMessage } from '../message.js'
import { isStreamId } from '../stream-id.js'
import type { TraceContext } from '../trace-context.js'
import type { DecodedFrame, Envelope } from './decode.js'

/** Printable ASCII, and nothing that JSON escapes: what stands between the quotes is what was meant. */
const text = '([ !#-[\\]-~]+)'
const id = '[\\w.-]{1,64}'
/** A month and a day of it, whatever the year. */
const day = '(?:(?:0[13-9]|1[0-2])-(?:0[1-9]|[12]\\d|30)|(?:0[13578]|1[02])-31|02-(?:0[1-9]|1\\d|2[0-8]))'
/** In UTC, with no fraction or one of three, six or nine digits. A leap day or second is read in full. */
const timestamp = `(\\d{4}-${day}T(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{3}(?:\\d{3})?(?:\\d{3})?)?Z)`
const traceparent = '([\\da-f]{2}-[\\da-f]{32}-[\\da-f]{16}-[\\da-f]{2})'

/** The place in the log, as the script of an append puts it in front. */
const envelope = new RegExp(`^\\{"stream_id":"(\\d+-\\d+)","append_id":"(${id})","prev":"(|${id})",`)

/** A message but for its braces: an entity without metadata, its fields in the order in which they are encoded. */
const body = new RegExp(
  `^"message_id":"${text}","timestamp":"${timestamp}"(?:,"traceparent":"${traceparent}")?` +
    `,"entity_type":(?:"([A-Za-z]+)"|\\{"Custom":"${text}"\\}),"entity_id":"${text}"` +
    `,"action":"(Delete|Update)","source_service":"${text}"$`,
)

/** Up to this length no text in it can be too long; a longer one is read in full. */
const maxPlainLength = 2_048
const brace = 123
const packedStart = '"frame":[{'
const packedEnd = '}]}'
/** Where it also stands in a text, what it parts are no messages, and the frame is read in full. */
const between = '},{'

/**
 * Reads a frame that consists of the commonest messages, to the letter as our publishers write them: what JSON.parse and
 * the checks of each field would make of it, in half the time. Undefined for all else, which is not read any further.
 */
export function decodePlainFrame(frame: string): DecodedFrame | undefined {
  // All of it is ASCII where it is read here, so that it has as many bytes as characters.
  if (typeof frame !== 'string' || frame.length > maxMessageBytes || frame.charCodeAt(0) !== brace) return undefined
  const found = envelope.exec(frame)
  const link = found && linkOf(found)
  if (found && !link) return undefined
  const texts = messageTexts(frame, found ? found[0].length : 1)
  const read = new PlainMessages()
  if (!texts?.every((text) => read.add(text))) return undefined
  return { ...link, messages: read.messages, ...(read.traces && { traces: read.traces }), rejected: [] }
}

/** What stands between the braces of each message; undefined where the frame does not end as one does. */
function messageTexts(frame: string, start: number): readonly string[] | undefined {
  if (!frame.startsWith(packedStart, start)) return frame.endsWith('}') ? [frame.slice(start, -1)] : undefined
  if (!frame.endsWith(packedEnd)) return undefined
  return frame.slice(start + packedStart.length, -packedEnd.length).split(between)
}

class PlainMessages {
  readonly messages: InvalidationMessage[] = []
  traces: (TraceContext | undefined)[] | undefined
  #source = ''

  /** False if it is not one of the commonest. */
  add(text: string): boolean {
    const found = text.length <= maxPlainLength && body.exec(ownCopy(text))
    if (!found) return false
    const [, messageId = '', timestamp = '', traceparent, , , entityId = '', action, source = ''] = found
    const entityType = entityTypeOf(found)
    if (entityType === undefined) return false
    // A publisher signs all its messages alike.
    if (source !== this.#source) this.#source = source
    if (traceparent !== undefined) (this.traces ??= [])[this.messages.length] = { traceparent }
    this.messages.push({
      action: action === 'Delete' ? 'delete' : 'update',
      entityType,
      entityId,
      messageId,
      timestamp,
      sourceService: this.#source,
    })
    return true
  }
}

function entityTypeOf([, , , , builtIn, custom]: RegExpExecArray): string | undefined {
  return builtIn === undefined ? custom : entityTypeFromWire(builtIn)
}

/** From this length on V8 cuts a text out of another by pointing into it. */
const minSlice = 13

/** The same text, in memory of its own: a handler that keeps an id may keep its message by it, not the whole frame. */
function ownCopy(slice: string): string {
  return slice.length < minSlice ? slice : ` ${slice}`.slice(1)
}

function linkOf([, streamId = '', appendId = '', prev = '']: RegExpExecArray): Envelope | undefined {
  if (!isStreamId(streamId)) return undefined
  return { streamId: ownCopy(streamId), appendId: ownCopy(appendId), prev: ownCopy(prev) }
}
