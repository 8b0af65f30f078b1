import { InvalidMessageError } from '../../support/errors.js'
import { exceedsBytes, maxEnvelopeBytes, maxFrameBytes, maxMessageBytes, maxRejected } from '../limits.js'
import type { InvalidationMessage, Json } from '../message.js'
import { isStreamId } from '../stream-id.js'
import { readTraceContext, type TraceContext } from '../trace-context.js'
import { decodePlainFrame } from './decode-plain.js'
import { type DecodedFrame, type Envelope, readMessage } from './decode.js'
import { isArray, type JsonObject, parseObject, requireObject } from './json.js'

/** Packs messages in wire form into one frame: a message alone stays as it is, none at all make the marker. */
export function encodeFrame(messages: readonly string[]): string {
  const [first = ''] = messages
  if (messages.length === 1) return first
  // Added up, and not joined: it is copied once, when it is sent, and not each message by itself before.
  let packed = first
  for (let index = 1; index < messages.length; index++) packed += `,${messages[index] ?? ''}`
  return `{"frame":[${packed}]}`
}

/**
 * Reads what was published on the channel or stored in the stream: a message, or several in a packed frame. A bad
 * message is `rejected` by itself: it costs neither its neighbours nor the frame's place in the chain.
 *
 * @throws InvalidMessageError when the text is no JSON object or too long to be a frame, and nothing else
 */
export function decodeFrame(text: string): DecodedFrame {
  return decodePlainFrame(text) ?? parseFrame(text)
}

/** The same, of whatever it may consist. */
export function parseFrame(text: string): DecodedFrame {
  const raw = parseObject(text, maxFrameBytes)
  const link = readLink(raw)
  const messages: InvalidationMessage[] = []
  const rejected: InvalidMessageError[] = []
  let traces: (TraceContext | undefined)[] | undefined
  const limit = link ? maxMessageBytes + maxEnvelopeBytes : maxMessageBytes
  const measure = exceedsBytes(text, limit)
  for (const packed of isArray(raw.frame) && raw.message_id === undefined ? raw.frame : [raw]) {
    try {
      if (measure) checkSize(packed, limit)
      const object = requireObject(packed)
      const trace = readTraceContext(object)
      messages.push(readMessage(object))
      if (trace) (traces ??= [])[messages.length - 1] = trace
    } catch (error) {
      if (!(error instanceof InvalidMessageError)) throw error
      rejected.push(error)
      if (rejected.length === maxRejected) {
        rejected.push(tooManyRejected())
        break
      }
    }
  }
  return { ...link, messages, ...(traces && { traces }), rejected }
}

function tooManyRejected(): InvalidMessageError {
  return new InvalidMessageError(
    `Expected a frame of messages, got one of which ${maxRejected} are none: the rest of it is not read`,
    { reason: 'size' },
  )
}

function checkSize(value: Json, maxBytes: number): void {
  let bytes: number
  try {
    bytes = Buffer.byteLength(JSON.stringify(value))
  } catch (cause) {
    // JSON.parse takes any depth, JSON.stringify overflows the stack at some thousand levels.
    throw new InvalidMessageError('Expected a message, got JSON that nests too deep to be one', {
      reason: 'size',
      cause,
    })
  }
  if (bytes > maxBytes)
    throw new InvalidMessageError(`Expected a message of at most ${maxBytes} bytes, got ${bytes}`, { reason: 'size' })
}

const appendIdPattern = /^[\w.-]{1,64}$/

/** The frame's place in the chain; undefined unless it is there in full, as in what the crate publishes. */
function readLink(raw: JsonObject): Envelope | undefined {
  const { stream_id: streamId, append_id: appendId, prev } = raw
  if (typeof streamId !== 'string' || typeof appendId !== 'string' || typeof prev !== 'string') return undefined
  if (!isStreamId(streamId) || !appendIdPattern.test(appendId)) return undefined
  return prev === '' || appendIdPattern.test(prev) ? { streamId, appendId, prev } : undefined
}
