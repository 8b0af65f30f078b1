import { describeValue } from '../../support/describe-value.js'
import { InvalidationError, InvalidMessageError, SerializationError } from '../../support/errors.js'
import { describeThrown } from '../../support/thrown.js'
import { idsOfType, untypedBatch } from '../batch-keys.js'
import { keyOfTag, maxTagBytes, tagDataToJson, tagType } from '../cache-tags.js'
import { builtInMeantBy, entityTypeToJson } from '../entity.js'
import { maxBatchKeys, maxMessageBytes, maxMetadataDepth, nestsDeeper } from '../limits.js'
import type { BatchInvalidation, Invalidation, InvalidationMessage, TagInvalidation } from '../message.js'
import { encodeTraceContext, type TraceContext, traceLinksBytes, withTraceLinks } from '../trace-context.js'
import { encodeColumns, type FramePart } from './encode-columns.js'
import { plainGroup, preparePlain } from './encode-plain.js'
import { requireText, requireTimestamp } from './json.js'
import type { MessageDefaults, PreparedMessage } from './prepared-message.js'

/**
 * Half a surrogate pair as `JSON.stringify` escapes it, behind an even number of backslashes. It is no Unicode text:
 * parsers on strings of UTF-8, such as the crate's, refuse the whole message for it.
 */
const halfPair = /(?<!\\)(?:\\\\)*\\ud[89a-f]/

/**
 * A received message in wire form, with the trace that it came with: its links too, where there is room. A built-in
 * entity type may be in another case: services on the crate can send that as a custom type.
 *
 * @throws InvalidMessageError and SerializationError as {@link prepareMessage} does
 */
export function encodeWithTrace(message: InvalidationMessage, trace: TraceContext | undefined): string {
  const { json, bytes, trace: carried } = prepare(message, message, trace)
  const { links = [] } = carried ?? {}
  if (links.length === 0 || bytes + traceLinksBytes(links) > maxMessageBytes) return json
  return withTraceLinks(json, links, true)
}

/**
 * Checks an invalidation and encodes it as one JSON object. A whole message keeps its message id, timestamp and source
 * service; an invalidation takes the defaults. A trace without room is left out, and so are fields that are not of the
 * wire format, such as a `stream_id` from another message.
 *
 * @throws InvalidMessageError when a field is missing, of the wrong shape, empty, or over a limit, and for a built-in
 *   entity type in another case, such as `User`
 * @throws SerializationError when JSON can't carry `metadata`
 */
export function prepareMessage(
  given: Invalidation & Partial<MessageDefaults>,
  defaults: MessageDefaults,
  trace?: TraceContext,
): PreparedMessage {
  requireInvalidation(given)
  try {
    return preparePlain(given, defaults, trace) ?? prepare(withRightCase(given), defaults, trace)
  } catch (error) {
    if (error instanceof InvalidationError) throw error
    // A getter or a proxy threw, which is no different from a field that is none.
    throw new InvalidMessageError(`Expected an invalidation whose fields can be read: ${describeThrown(error)}`, {
      cause: error,
    })
  }
}

/**
 * Packs messages into one frame. A message alone stays as it is, and no message makes the marker. Two messages or more
 * that share most of what they say are written in columns.
 */
export function encodeFrame(parts: readonly FramePart[]): string {
  const [first] = parts
  if (first && parts.length === 1) return first.json
  const columns = encodeColumns(parts)
  if (columns !== undefined) return columns
  // Added up, and not joined: it is copied once, when it is sent, and not each message by itself before.
  let packed = first?.json ?? ''
  for (let index = 1; index < parts.length; index++) packed += `,${parts[index]?.json ?? ''}`
  return `{"frame":[${packed}]}`
}

/**
 * A message that was encoded. A class: V8 learns for a literal whether its objects grow old, and allocates them in the
 * old space from then on. Learnt in a burst at the start, it would keep every published message, with its text, until
 * the next full collection.
 */
class EncodedMessage implements PreparedMessage {
  readonly messageId: string
  readonly json: string
  readonly bytes: number
  readonly coalesceGroup: string
  readonly coalesceKey: string
  readonly trace: TraceContext | undefined

  get packedBytes(): number {
    return this.bytes
  }

  constructor({ messageId, json, bytes, coalesceGroup, coalesceKey, trace }: Omit<PreparedMessage, 'packedBytes'>) {
    this.messageId = messageId
    this.json = json
    this.bytes = bytes
    this.coalesceGroup = coalesceGroup
    this.coalesceKey = coalesceKey
    this.trace = trace
  }
}

function prepare(
  given: Invalidation & Partial<MessageDefaults>,
  defaults: MessageDefaults,
  trace: TraceContext | undefined,
): PreparedMessage {
  const messageId = given.messageId ?? defaults.messageId
  const timestamp = given.timestamp ?? defaults.timestamp
  const sourceService = given.sourceService ?? defaults.sourceService
  const head = `{"message_id":${quote(messageId, 'messageId')},"timestamp":"${requireTimestamp(timestamp)}"`
  const source = quote(sourceService, 'sourceService')
  const metadata = metadataOf(given)
  const body = `${encodeTarget(given)},"source_service":${source}${metadata && `,"metadata":${metadata}`}}`
  const isOurs = metadata === '' && sourceService === defaults.sourceService
  const [coalesceGroup, coalesceKey] = (isOurs ? plainKey(given) : undefined) ?? ['', body]
  if (trace) {
    const json = `${head}${encodeTraceContext(trace)},${body}`
    const bytes = Buffer.byteLength(json)
    if (bytes <= maxMessageBytes) {
      return new EncodedMessage({ messageId, json, bytes, coalesceGroup, coalesceKey, trace })
    }
  }
  const json = `${head},${body}`
  const bytes = Buffer.byteLength(json)
  if (bytes > maxMessageBytes) {
    throw new InvalidMessageError(
      `Expected a message of at most ${maxMessageBytes} bytes as JSON, got ${bytes} (${given.action}, messageId ${describeValue(messageId)}): shorten its metadata, split the batch, or use a pattern`,
      { reason: 'size' },
    )
  }
  return new EncodedMessage({ messageId, json, bytes, coalesceGroup, coalesceKey, trace: undefined })
}

/** The coalesce group and key of an entity's invalidation by the publisher itself; undefined for all else. */
function plainKey(given: Invalidation): [group: string, key: string] | undefined {
  if (given.action !== 'delete' && given.action !== 'update') return undefined
  return [plainGroup(given.action, given.entityType), given.entityId]
}

function requireInvalidation(given: unknown): void {
  if (typeof given === 'object' && given !== null) return
  throw new InvalidMessageError(`Expected an invalidation, got ${describeValue(given)}`)
}

function encodeTarget(given: Invalidation): string {
  switch (given.action) {
    case 'delete':
      return `${encodeEntity(given.entityType, given.entityId)},"action":"Delete"`
    case 'update':
      return `${encodeEntity(given.entityType, given.entityId)},"action":"Update"`
    case 'pattern':
      return `"entity_type":{"Custom":"pattern"},"pattern":${quote(given.pattern, 'pattern')},"action":"Pattern"`
    case 'batch':
      return encodeBatch(given)
    case 'tag':
      return batchBody(tagType, requireTags(given).map(keyOfTag))
    default:
      throw unknownAction(given)
  }
}

/** No cache has the keys of a `user` under `User:`. Such a message would evict nothing, and nothing would show it. */
function withRightCase<Given extends Invalidation>(given: Given): Given {
  if (given.action === 'pattern' || given.action === 'tag') return given
  const { entityType } = given
  const meant = typeof entityType === 'string' ? builtInMeantBy(entityType) : undefined
  if (meant === undefined) return given
  throw new InvalidMessageError(
    `Expected '${meant}', got '${entityType}': \`entityType\` of a built-in type is written in lower case, as in its cache keys (${meant}:<id>)`,
  )
}

function unknownAction(given: { readonly action?: unknown }): InvalidMessageError {
  return new InvalidMessageError(
    `Expected \`action\` to be "delete", "update", "pattern", "batch" or "tag", got ${describeValue(given.action)}`,
  )
}

function encodeEntity(entityType: string, entityId: string): string {
  const type = entityTypeToJson(requireFilled(entityType, 'entityType'))
  return `"entity_type":${type},"entity_id":${quote(entityId, 'entityId')}`
}

function encodeBatch({ cacheKeys, entityType }: BatchInvalidation): string {
  if (entityType === undefined) return batchBody(untypedBatch, requireKeys(cacheKeys, maxBatchKeys))
  const type = requireFilled(entityType, 'entityType')
  // Each id may have become two keys.
  return batchBody(type, requireKeys(idsOfType(type, requireKeys(cacheKeys, 2 * maxBatchKeys)), maxBatchKeys))
}

function batchBody(type: string, ids: readonly string[]): string {
  return `"entity_type":${entityTypeToJson(type)},"entity_ids":${JSON.stringify(ids)},"action":"Batch"`
}

function requireKeys(cacheKeys: readonly string[], most: number): readonly string[] {
  if (!Array.isArray(cacheKeys) || cacheKeys.length === 0 || cacheKeys.length > most) {
    throw new InvalidMessageError(
      `Expected \`cacheKeys\` to be an array of 1 to ${maxBatchKeys} cache keys, got ${describeValue(cacheKeys)}: split a larger batch, or use a pattern`,
    )
  }
  // What was checked, and not what the array gives when it is read again: it may be a proxy, or have a toJSON.
  return Array.from(cacheKeys, (key) => requireFilled(key, 'cacheKeys'))
}

function requireTags({ tags }: TagInvalidation): readonly string[] {
  if (!Array.isArray(tags) || tags.length === 0 || tags.length > maxBatchKeys) {
    throw new InvalidMessageError(
      `Expected \`tags\` to be an array of 1 to ${maxBatchKeys} tags, got ${describeValue(tags)}: split a longer list`,
    )
  }
  return Array.from(tags, (tag) => requireFilled(tag, 'tags', maxTagBytes))
}

function metadataOf(given: Invalidation): string {
  const metadata = encodeMetadata(given.metadata)
  return given.action === 'tag' ? tagDataToJson(given.mode, metadata) : metadata
}

/** As JSON; empty if there is none. */
function encodeMetadata(metadata: unknown): string {
  if (metadata === undefined || metadata === null) return ''
  let json: string | undefined
  let cause: unknown
  try {
    if (!nestsDeeper(metadata, maxMetadataDepth)) json = JSON.stringify(metadata)
  } catch (error) {
    cause = error
  }
  if (json !== undefined && !halfPair.test(json)) return json
  throw new SerializationError(
    `Expected \`metadata\` that JSON can carry, without cycles or halves of surrogate pairs and at most ${maxMetadataDepth} levels deep, got ${describeValue(metadata)}`,
    { cause },
  )
}

function quote(value: unknown, name: string): string {
  return JSON.stringify(requireFilled(value, name))
}

function requireFilled(value: unknown, name: string, maxBytes?: number): string {
  const text = requireText(value, name, maxBytes)
  if (text === '') throw new InvalidMessageError(`Expected \`${name}\` to be a string that is not empty, got ""`)
  if (!text.isWellFormed()) {
    throw new InvalidMessageError(
      `Expected \`${name}\` to be Unicode text, got half a surrogate pair in ${describeValue(text)}`,
    )
  }
  return text
}
