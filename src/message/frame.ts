import { InvalidMessageError } from '../errors.js'
import { checkMessageBytes, isArray, parseObject, readMessage, requireObject } from './decode.js'
import type { JsonObject } from './decode.js'
import { exceedsBytes, maxEnvelopeBytes, maxFrameBytes, maxMessageBytes } from './limits.js'
import type { InvalidationMessage, Json } from './message.js'

/** What one append carried. */
export interface DecodedFrame {
  /** Set, together with `appendId` and `prev`, on what our publishers put on the channel; absent on what the crate did. */
  readonly streamId?: string
  readonly appendId?: string
  /** Append id of the entry before; empty where this one continues nothing. */
  readonly prev?: string
  readonly messages: readonly InvalidationMessage[]
  /** One error for each packed message that is none. */
  readonly rejected: readonly InvalidMessageError[]
}

/**
 * Packs messages in wire form into one frame: a message alone stays as it is, none at all make the marker.
 */
export function encodeFrame(messages: readonly string[]): string {
  const [first] = messages
  return first !== undefined && messages.length === 1 ? first : `{"frame":[${messages.join(',')}]}`
}

/**
 * Reads what was published on the channel or stored in the stream: a message or a packed frame.
 *
 * @throws InvalidMessageError when the text as a whole is neither; a bad message among good ones is only `rejected`
 */
export function decodeFrame(text: string): DecodedFrame {
  const raw = parseObject(text, maxFrameBytes)
  const link = readLink(raw)
  if (!isArray(raw.frame) || raw.message_id !== undefined) {
    checkMessageBytes(text, link ? maxMessageBytes + maxEnvelopeBytes : maxMessageBytes)
    return { ...link, messages: [readMessage(raw)], rejected: [] }
  }
  const messages: InvalidationMessage[] = []
  const rejected: InvalidMessageError[] = []
  const mayBeLong = exceedsBytes(text, maxMessageBytes)
  for (const packed of raw.frame) {
    try {
      if (mayBeLong) checkMessageBytes(JSON.stringify(packed), maxMessageBytes)
      messages.push(readMessage(requireObject(packed)))
    } catch (error) {
      rejected.push(asInvalidMessage(error))
    }
  }
  return { ...link, messages, rejected }
}

type Link = Required<Pick<DecodedFrame, 'streamId' | 'appendId' | 'prev'>>

/** Where a frame stands in the chain, if it says so in full. */
function readLink(raw: JsonObject): Link | undefined {
  const { stream_id: streamId, append_id: appendId, prev } = raw
  if (!isStreamId(streamId) || !isAppendId(appendId)) return undefined
  return prev === '' || isAppendId(prev) ? { streamId, appendId, prev } : undefined
}

/** `<milliseconds>-<sequence>`, each of 1 to 20 digits. */
function isStreamId(value: Json | undefined): value is string {
  if (typeof value !== 'string') return false
  const dash = value.indexOf('-')
  return isDigits(value, 0, dash) && isDigits(value, dash + 1, value.length)
}

function isDigits(text: string, from: number, to: number): boolean {
  if (to - from < 1 || to - from > 20) return false
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at)
    if (code < 48 || code > 57) return false
  }
  return true
}

const appendIdPattern = /^[\w.-]{1,64}$/

function isAppendId(value: Json | undefined): value is string {
  return typeof value === 'string' && appendIdPattern.test(value)
}

/** Packed JSON can nest too deep for `JSON.stringify`: that too is a bad message. */
function asInvalidMessage(error: unknown): InvalidMessageError {
  if (error instanceof InvalidMessageError) return error
  return new InvalidMessageError('Expected a message, got JSON that nests too deep to be one', { cause: error })
}
