import { InvalidMessageError } from '../../support/errors.js'
import { ownCopy } from '../../support/own-copy.js'
import { version } from '../../support/version.js'
import { entityTypesByName } from '../entity.js'
import { exceedsBytes, maxEnvelopeBytes, maxFrameBytes, maxMessageBytes } from '../limits.js'
import { type InvalidationMessage, isArray, type Json, type JsonObject } from '../message.js'
import { appendIdSource } from '../position-text.js'
import { isStreamId } from '../stream-id.js'
import type { TraceContext } from '../trace-context.js'
import type { DecodedFrame, Envelope } from './decode.js'
import { parseObject } from './json.js'
import { MessageReader, readColumnsFrame, requireInvalid } from './message-reader.js'

/**
 * Reads what was published on the channel or stored in the stream: a message, or several in a packed frame. Never
 * throws. A bad message is `rejected` by itself: it costs neither its neighbours nor the frame's place in the chain. A
 * text that is not a JSON object, or is too long to be a frame, has no messages, no place in the chain, and one
 * `rejected`.
 */
export function decodeFrame(text: string): DecodedFrame {
  return decodePlainFrame(text) ?? parseFrame(text)
}

/** Printable ASCII without anything that JSON escapes: the text between the quotes is the value. */
const text = '([ !#-[\\]-~]+)'
/** A month and a day of it, whatever the year. */
const day = '(?:(?:0[13-9]|1[0-2])-(?:0[1-9]|[12]\\d|30)|(?:0[13578]|1[02])-31|02-(?:0[1-9]|1\\d|2[0-8]))'
/** In UTC, with no fraction or one of three, six or nine digits. A leap day or second is read in full. */
const timestamp = `(\\d{4}-${day}T(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{3}(?:\\d{3})?(?:\\d{3})?)?Z)`
const traceparent = '([\\da-f]{2}-[\\da-f]{32}-[\\da-f]{16}-[\\da-f]{2})'

/**
 * The place in the log, as the script of an append puts it in front. A number of 20 digits may need more than 64 bits.
 */
const envelope = new RegExp(
  `^\\{"stream_id":"(\\d{1,19}-\\d{1,19})","append_id":"(${appendIdSource})","prev":"(|${appendIdSource})",(?:"db":(\\d{1,9}),)?`,
)

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
/** If a text contains it as well, the parts are not messages, and the frame is read in full. */
const between = '},{'

/**
 * Reads a frame of the commonest messages, written to the letter as our publishers write them: gives what `parseFrame`
 * gives, in half the time. Undefined for every other frame.
 */
export function decodePlainFrame(frame: string): DecodedFrame | undefined {
  // A text that is read here is ASCII, so it has as many bytes as characters.
  if (typeof frame !== 'string' || frame.length > maxMessageBytes || frame.charCodeAt(0) !== brace) return undefined
  const found = envelope.exec(frame)
  const texts = messageTexts(frame, found ? found[0].length : 1)
  const read = new PlainMessages()
  if (!texts?.every((text) => read.add(text))) return undefined
  return {
    ...(found && envelopeOf(found)),
    messages: read.messages,
    ...(read.traces && { traces: read.traces }),
    rejected: [],
  }
}

/** The text between the braces of each message; undefined if the frame does not end as ours do. */
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
    const [, messageId = '', timestamp = '', traceparent, builtIn, custom, entityId = '', action, source = ''] = found
    const entityType = entityTypeOf(builtIn, custom)
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

function entityTypeOf(builtIn: string | undefined, custom: string | undefined): string | undefined {
  return builtIn === undefined ? custom : entityTypesByName.get(builtIn)
}

function envelopeOf([, streamId = '', appendId = '', prev = '', database]: RegExpExecArray): Envelope {
  return {
    streamId: ownCopy(streamId),
    appendId: ownCopy(appendId),
    prev: ownCopy(prev),
    database: database === undefined ? undefined : Number(database),
  }
}

/** The database of a frame's log, read from the first fields alone; undefined if they do not have our form. */
export function databaseOf(text: string): number | undefined {
  const database = envelope.exec(text)?.[4]
  return database === undefined ? undefined : Number(database)
}

/** Reads a frame of any messages, and of garbage. */
export function parseFrame(text: string): DecodedFrame {
  let raw: JsonObject
  try {
    raw = parseObject(text, maxFrameBytes)
  } catch (error) {
    return notJson(text, requireInvalid(error))
  }
  const place = readEnvelope(raw)
  const writer = readWriter(raw.version)
  const form = formOf(raw)
  if (form === 'unknown' && writer !== undefined) {
    return { ...place, messages: [], rejected: [unknownForm(writer)], writer }
  }
  const limit = place ? maxMessageBytes + maxEnvelopeBytes : maxMessageBytes
  const reader = new MessageReader(exceedsBytes(text, limit) ? limit : undefined)
  const frame = { ...place, ...readForm(form, raw, reader) }
  return writer === undefined || frame.rejected.length === 0 ? frame : { ...frame, writer }
}

/** Fields that another version adds to a message do not change its form, even if they are `frame` or `columns`. */
function formOf(raw: JsonObject): 'alone' | 'list' | 'columns' | 'unknown' {
  if (raw.message_id !== undefined) return 'alone'
  if (raw.columns !== undefined) return raw.frame === undefined ? 'columns' : 'unknown'
  return isArray(raw.frame) ? 'list' : 'unknown'
}

/** A frame of no known form that names no version is read as a message: the error then names the missing field. */
function readForm(form: ReturnType<typeof formOf>, raw: JsonObject, reader: MessageReader): DecodedFrame {
  if (form === 'columns') return readColumnsFrame(raw, reader)
  for (const message of form === 'list' && isArray(raw.frame) ? raw.frame : [raw]) reader.read(message)
  return reader.frame()
}

function notJson(text: string, error: InvalidMessageError): DecodedFrame {
  return { messages: [], rejected: [error], ...(looksLikeMessage(text) && { oversized: true }) }
}

const versionPattern = /^[\w.+-]{1,64}$/

/** The version that wrote a frame. A frame in a newer form always names it. */
function readWriter(value: Json | undefined): string | undefined {
  return typeof value === 'string' && versionPattern.test(value) ? value : undefined
}

function unknownForm(writer: string): InvalidMessageError {
  return new InvalidMessageError(
    `Expected a frame of a form that version ${version} knows, got one that version ${writer} wrote: update this service`,
    { reason: 'version' },
  )
}

const messageFields = ['"message_id"', '"entity_type"', '"action"', '"source_service"']

/**
 * Whether a text that is too long to be parsed has the form of a message without a place in the log. It is not parsed,
 * because a sender could block the process for as long as they like.
 */
function looksLikeMessage(text: string): boolean {
  if (typeof text !== 'string' || !exceedsBytes(text, maxFrameBytes)) return false
  if (text.charCodeAt(0) !== brace || envelope.test(text)) return false
  return messageFields.every((field) => text.includes(field))
}

const appendIdPattern = new RegExp(`^${appendIdSource}$`)

/** The frame's place in the chain; undefined unless it is there in full, as in what the crate publishes. */
function readEnvelope(raw: JsonObject): Envelope | undefined {
  const { stream_id: streamId, append_id: appendId, prev } = raw
  if (typeof streamId !== 'string' || typeof appendId !== 'string' || typeof prev !== 'string') return undefined
  if (!isStreamId(streamId) || !appendIdPattern.test(appendId)) return undefined
  if (prev !== '' && !appendIdPattern.test(prev)) return undefined
  return { streamId, appendId, prev, database: readDatabase(raw.db) }
}

/** Undefined for frames of older versions, and if it is not the number of a database. */
function readDatabase(db: Json | undefined): number | undefined {
  return typeof db === 'number' && Number.isSafeInteger(db) && db >= 0 ? db : undefined
}
