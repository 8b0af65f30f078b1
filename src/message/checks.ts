import { InvalidMessageError } from '../errors.js'
import { describeValue } from './describe-value.js'
import { exceedsBytes, maxTextBytes } from './limits.js'
import { isTimestamp } from './timestamp.js'

/** The value, if it is a string within the limit; throws InvalidMessageError that names the field. */
export function requireText(value: unknown, name: string): string {
  if (typeof value !== 'string') {
    throw new InvalidMessageError(`Expected \`${name}\` to be a string, got ${describeValue(value)}`)
  }
  if (exceedsBytes(value, maxTextBytes)) {
    throw new InvalidMessageError(
      `Expected \`${name}\` to be at most ${maxTextBytes} bytes long, got ${Buffer.byteLength(value)}: ${describeValue(value)}`,
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
