import { describeValue } from '../../support/describe-value.js'
import { InvalidMessageError } from '../../support/errors.js'
import { exceedsBytes, maxTextBytes } from '../limits.js'
import { isArray, type Json, type JsonObject } from '../message.js'
import { isTimestamp } from '../timestamp.js'

/** Parses a JSON object of at most `maxBytes`; throws InvalidMessageError and nothing else. */
export function parseObject(text: string, maxBytes: number): JsonObject {
  if (typeof text !== 'string')
    throw new InvalidMessageError(`Expected a message as text, got ${describeValue(text)}`, { reason: 'json' })
  if (exceedsBytes(text, maxBytes)) {
    throw new InvalidMessageError(
      `Expected a message or frame of at most ${maxBytes} bytes, got ${Buffer.byteLength(text)}: ${describeValue(text)}`,
      { reason: 'size' },
    )
  }
  let value: Json
  try {
    value = JSON.parse(text) as Json
  } catch (cause) {
    throw new InvalidMessageError(`Expected a message as JSON, got ${describeValue(text)}`, { reason: 'json', cause })
  }
  return requireObject(value)
}

/** The value, if it is a JSON object; throws InvalidMessageError. */
export function requireObject(value: Json): JsonObject {
  if (typeof value === 'object' && value !== null && !isArray(value)) return value
  throw new InvalidMessageError(`Expected a message to be a JSON object, got ${describeValue(value)}`, {
    reason: 'json',
  })
}

/** The value, if it is a string within the limit; throws InvalidMessageError that names the field. */
export function requireText(value: unknown, name: string, maxBytes = maxTextBytes): string {
  if (typeof value !== 'string') {
    throw new InvalidMessageError(`Expected \`${name}\` to be a string, got ${describeValue(value)}`)
  }
  if (exceedsBytes(value, maxBytes)) {
    throw new InvalidMessageError(
      `Expected \`${name}\` to be at most ${maxBytes} bytes long, got ${Buffer.byteLength(value)}: ${describeValue(value)}`,
      { reason: 'size' },
    )
  }
  return value
}

/** The value, if it is a timestamp; throws InvalidMessageError. */
export function requireTimestamp(value: unknown): string {
  if (typeof value === 'string' && isTimestamp(value)) return value
  throw new InvalidMessageError(
    `Expected \`timestamp\` to be of the form "2026-11-22T10:00:00.000Z", got ${describeValue(value)}`,
  )
}
