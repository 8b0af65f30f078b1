import { describeValue } from '../../support/describe-value.js'
import { InvalidMessageError } from '../../support/errors.js'
import { keysOfType, untypedBatch } from '../batch-keys.js'
import { maxTagBytes, tagDataFromWire, tagOfKey, tagType } from '../cache-tags.js'
import { entityTypeFromWire } from '../entity.js'
import { maxBatchKeys, maxMessageBytes, maxMetadataDepth, nestsDeeper } from '../limits.js'
import { type EntityType, type InvalidationMessage, isArray, type Json, type JsonObject } from '../message.js'
import type { TraceContext } from '../trace-context.js'
import { parseObject, requireText, requireTimestamp } from './json.js'

/** What one append carried. */
export interface DecodedFrame {
  /** Set, together with `appendId` and `prev`, where the text came over the channel from one of our publishers. */
  readonly streamId?: string
  readonly appendId?: string
  /** Append id of the entry before; empty where this one continues nothing. */
  readonly prev?: string
  /** Number of the log's database; undefined if the frame lacks it, as frames of older versions do. */
  readonly database?: number | undefined
  readonly messages: readonly InvalidationMessage[]
  /** The trace of the message at the same place; absent where none carries one. */
  readonly traces?: readonly (TraceContext | undefined)[]
  /** When each message was made, in ms since the epoch; only given if that is known without reading `timestamp`. */
  readonly times?: readonly number[]
  /** Why each of the others is no message; a frame with more than 1,000 of those is read no further. */
  readonly rejected: readonly InvalidMessageError[]
  /** The version of this package that wrote the frame, if it names one; absent if nothing was rejected. */
  readonly writer?: string
  /** Whether a rejected message names something to evict, and is invalid only because of its size. */
  readonly oversized?: boolean
}

/** A frame's place in the log. */
export type Envelope = Required<Pick<DecodedFrame, 'streamId' | 'appendId' | 'prev'>> & Pick<DecodedFrame, 'database'>

/**
 * Reads a message from its wire form. Empty strings and batches, which encoding refuses, are taken: the crate can
 * write them, and they evict nothing.
 *
 * @throws InvalidMessageError that says what is wrong with it, and nothing else
 */
export function decodeMessage(text: string): InvalidationMessage {
  return readMessage(parseObject(text, maxMessageBytes))
}

/** Reads a message from its parsed wire form; throws InvalidMessageError and nothing else. */
export function readMessage(raw: JsonObject): InvalidationMessage {
  const message = readFields(raw)
  const { metadata = null } = message.action === 'tag' ? message : raw
  if (metadata === null) return message
  if (nestsDeeper(metadata, maxMetadataDepth)) {
    throw new InvalidMessageError(`Expected \`metadata\` to nest at most ${maxMetadataDepth} levels, got more`, {
      reason: 'size',
    })
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
      const entityId = requireText(raw.entity_id, 'entity_id')
      return { action, entityType, entityId, messageId, timestamp, sourceService }
    }
    case 'Pattern': {
      const pattern = requireText(raw.pattern, 'pattern')
      return { action: 'pattern', pattern, messageId, timestamp, sourceService }
    }
    case 'Batch': {
      const ids = requireKeys(raw.entity_ids)
      if (entityType === tagType) {
        const tags = ids.map((id) => requireText(tagOfKey(id), 'entity_ids', maxTagBytes))
        return { action: 'tag', tags, ...tagDataFromWire(raw.metadata), messageId, timestamp, sourceService }
      }
      if (entityType === untypedBatch || entityType === '') {
        return { action: 'batch', cacheKeys: ids, messageId, timestamp, sourceService }
      }
      const cacheKeys = keysOfType(entityType, ids)
      return { action: 'batch', entityType, cacheKeys, messageId, timestamp, sourceService }
    }
    default:
      throw new InvalidMessageError(
        `Expected \`action\` to be "Delete", "Update", "Pattern" or "Batch", got ${describeValue(raw.action)}`,
      )
  }
}

function requireEntityType(value: Json | undefined): EntityType {
  const type = entityTypeFromWire(value)
  if (type !== undefined) return requireText(type, 'entity_type')
  throw new InvalidMessageError(
    `Expected \`entity_type\` to be "User", "Post", "Comment", "Notification", "Feed" or {"Custom":"<type>"}, got ${describeValue(value)}`,
  )
}

function requireKeys(value: Json | undefined): readonly string[] {
  if (!isArray(value) || value.length > maxBatchKeys) {
    throw new InvalidMessageError(
      `Expected \`entity_ids\` to be an array of at most ${maxBatchKeys} cache keys, got ${describeValue(value)}`,
      { reason: isArray(value) ? 'size' : 'field' },
    )
  }
  return value.map((key) => requireText(key, 'entity_ids'))
}

/** Whether an object is a message except that its parts are too large: the crate has no limits, so it can send one. */
export function isMessageOfAnySize(raw: JsonObject): boolean {
  const texts = [raw.message_id, raw.timestamp, raw.source_service]
  if (!texts.every((text) => typeof text === 'string') || entityTypeFromWire(raw.entity_type) === undefined)
    return false
  switch (raw.action) {
    case 'Delete':
    case 'Update':
      return typeof raw.entity_id === 'string'
    case 'Pattern':
      return typeof raw.pattern === 'string'
    case 'Batch':
      return isArray(raw.entity_ids) && raw.entity_ids.every((key) => typeof key === 'string')
    default:
      return false
  }
}
