import { InvalidMessageError } from '../../support/errors.js'
import { maxRejected } from '../limits.js'
import { type InvalidationMessage, isArray, type Json, type JsonObject } from '../message.js'
import { readTraceContext, type TraceContext } from '../trace-context.js'
import { type ColumnMessages, readColumns } from './decode-columns.js'
import { type DecodedFrame, isMessageOfAnySize, readMessage } from './decode.js'
import { requireObject } from './json.js'

/** Reads the messages of a frame one by one. A bad message costs only itself, until there are too many. */
export class MessageReader {
  readonly #messages: InvalidationMessage[] = []
  readonly #rejected: InvalidMessageError[] = []
  readonly #limit: number | undefined
  #traces: (TraceContext | undefined)[] | undefined
  #oversized = false

  /** @param limit how large a message may be, in bytes; only given if one of them may be larger */
  constructor(limit: number | undefined) {
    this.#limit = limit
  }

  get hasRejectedTooMany(): boolean {
    return this.#rejected.length >= maxRejected
  }

  read(value: Json): void {
    if (this.hasRejectedTooMany) return
    try {
      if (this.#limit !== undefined) checkSize(value, this.#limit)
      const object = requireObject(value)
      this.add(readMessage(object), readTraceContext(object))
    } catch (error) {
      const reason = requireInvalid(error)
      this.#oversized ||= reason.reason === 'size' && isOversizedMessage(value)
      this.reject(reason)
    }
  }

  add(message: InvalidationMessage, trace: TraceContext | undefined): void {
    if (trace) (this.#traces ??= [])[this.#messages.length] = trace
    this.#messages.push(message)
  }

  reject(reason: InvalidMessageError): void {
    this.#rejected.push(reason)
    if (this.hasRejectedTooMany) this.#rejected.push(tooManyRejected())
  }

  frame(): DecodedFrame {
    const traces = this.#traces
    const oversized = this.#oversized
    return {
      messages: this.#messages,
      ...(traces && { traces }),
      rejected: this.#rejected,
      ...(oversized && { oversized }),
    }
  }
}

/** Reads columns, and the messages beside them in their places. Bad columns cost none of those. */
export function readColumnsFrame({ columns = null, others }: JsonObject, reader: MessageReader): DecodedFrame {
  const { messages, traces, times } = attemptColumns(columns, reader)
  if (others === undefined) return { ...reader.frame(), messages, ...(traces && { traces }), times }
  let next = 0
  const addUntil = (end: number): void => {
    for (const message of messages.slice(next, Math.max(next, end))) {
      reader.add(message, traces?.[next])
      next += 1
    }
  }
  for (const [index, other] of (isArray(others) ? others : [others]).entries()) {
    const [place, message = null] = isArray(other) ? other : []
    // A place counts all messages of the frame, of which `index` are among the others.
    if (typeof place === 'number') addUntil(place - index)
    reader.read(message)
  }
  addUntil(messages.length)
  return reader.frame()
}

function attemptColumns(columns: Json, reader: MessageReader): ColumnMessages {
  try {
    return readColumns(columns)
  } catch (error) {
    reader.reject(requireInvalid(error))
    return { messages: [], traces: undefined, times: [] }
  }
}

function isOversizedMessage(value: Json): boolean {
  return typeof value === 'object' && value !== null && !isArray(value) && isMessageOfAnySize(value)
}

/** The error, if it says what is wrong with a message; any other is thrown on. */
export function requireInvalid(error: unknown): InvalidMessageError {
  if (error instanceof InvalidMessageError) return error
  throw error
}

function tooManyRejected(): InvalidMessageError {
  return new InvalidMessageError(
    `Expected a frame of messages, got one with ${maxRejected} values that are not messages: the rest of it is not read`,
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
