import { InvalidMessageError } from '../errors.js'
import { describeValue } from './describe-value.js'
import { entityTypeFromWire } from './entity.js'
import { exceedsBytes, maxBatchKeys, maxMessageBytes, maxMetadataDepth, maxTextBytes, nestsDeeper } from './limits.js'
import type { EntityType, InvalidationMessage, Json } from './message.js'
import { isTimestamp } from './timestamp.js'

/** A JSON object as parsed: every property is its own, `__proto__` too. */
export type JsonObject = { readonly [key: string]: Json }

/**
 * Reads a message from its wire form. Empty ids and batches, which encoding refuses, are taken: they evict nothing.
 *
 * @throws InvalidMessageError that says what is wrong with it, and nothing else
 */
export function decodeMessage(text: string): InvalidationMessage {
  const raw = parseObject(text, maxMessageBytes)
  checkMessageBytes(text, maxMessageBytes)
  return readMessage(raw)
}

/** Parses a JSON object of at most `maxBytes`, by its length; throws InvalidMessageError. */
export function parseObject(text: string, maxBytes: number): JsonObject {
  if (typeof text !== 'string') throw new InvalidMessageError(`Expected a text, got ${describeValue(text)}`)
  if (text.length > maxBytes) {
    throw new InvalidMessageError(`Expected at most ${maxBytes} bytes, got more: ${describeValue(text)}`)
  }
  let value: Json
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new InvalidMessageError(`Expected a message as JSON, got ${describeValue(text)}`, { cause })
  }
  return requireObject(value)
}

export function checkMessageBytes(text: string, maxBytes: number): void {
  if (exceedsBytes(text, maxBytes)) {
    throw new InvalidMessageError(
      `Expected a message of at most ${maxBytes} bytes, got ${Buffer.byteLength(text)}: ${describeValue(text)}`,
    )
  }
}

export function requireObject(value: Json): JsonObject {
  if (typeof value === 'object' && value !== null && !isArray(value)) return value
  throw new InvalidMessageError(`Expected a message to be a JSON object, got ${describeValue(value)}`)
}

/** Narrows what `Array.isArray` does not: a readonly array. */
export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

/** Reads a message from its parsed wire form; throws InvalidMessageError. */
export function readMessage(raw: JsonObject): InvalidationMessage {
  const message = readFields(raw)
  const metadata = raw.metadata
  if (metadata === undefined || metadata === null) return message
  if (nestsDeeper(metadata, maxMetadataDepth)) {
    throw new InvalidMessageError(`Expected \`metadata\` to nest at most ${maxMetadataDepth} levels`)
  }
  return { ...message, metadata }
}

function readFields(raw: JsonObject): InvalidationMessage {
  const messageId = requireText(raw.message_id, 'message_id')
  const timestamp = requireTimestamp(raw.timestamp)
  const sourceService = requireText(raw.source_service, 'source_service')
  const entityType = requireEntityType(raw.entity_type)
  switch (raw.action) {
    case 'Delete':
    case 'Update': {
      const action = raw.action === 'Delete' ? 'delete' : 'update'
      return {
        action,
        entityType,
        entityId: requireText(raw.entity_id, 'entity_id'),
        messageId,
        timestamp,
        sourceService,
      }
    }
    case 'Pattern':
      return { action: 'pattern', pattern: requireText(raw.pattern, 'pattern'), messageId, timestamp, sourceService }
    case 'Batch':
      return { action: 'batch', cacheKeys: requireKeys(raw.entity_ids), messageId, timestamp, sourceService }
    default:
      throw new InvalidMessageError(
        `Expected \`action\` to be "Delete", "Update", "Pattern" or "Batch", got ${describeValue(raw.action)}`,
      )
  }
}

function requireText(value: Json | undefined, name: string): string {
  if (typeof value !== 'string') {
    throw new InvalidMessageError(`Expected \`${name}\` to be a string, got ${describeValue(value)}`)
  }
  if (exceedsBytes(value, maxTextBytes)) {
    throw new InvalidMessageError(
      `Expected \`${name}\` to be at most ${maxTextBytes} bytes long, got ${Buffer.byteLength(value)}: ${describeValue(value)}`,
    )
  }
  return value
}

function requireTimestamp(value: Json | undefined): string {
  if (typeof value === 'string' && isTimestamp(value)) return value
  throw new InvalidMessageError(
    `Expected \`timestamp\` to be of the form "2026-11-22T10:00:00.000Z", got ${describeValue(value)}`,
  )
}

function requireEntityType(value: Json | undefined): EntityType {
  const type = entityTypeFromWire(value)
  if (type === undefined) {
    throw new InvalidMessageError(
      `Expected \`entity_type\` to be "User", "Post", "Comment", "Notification", "Feed" or {"Custom":"<type>"}, got ${describeValue(value)}`,
    )
  }
  return requireText(type, 'entity_type')
}

function requireKeys(value: Json | undefined): readonly string[] {
  if (!isArray(value)) {
    throw new InvalidMessageError(`Expected \`entity_ids\` to be an array of cache keys, got ${describeValue(value)}`)
  }
  if (value.length > maxBatchKeys) {
    throw new InvalidMessageError(
      `Expected \`entity_ids\` to hold at most ${maxBatchKeys} cache keys, got ${value.length}`,
    )
  }
  return value.map((key) => requireText(key, 'entity_ids'))
}
