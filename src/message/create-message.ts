import {
  checked,
  oneOf,
  type OptionRule,
  type Resolved,
  resolveOptions,
  type RulesOf,
  runtimeRule,
} from '../support/option-rules.js'
import type { Runtime } from '../support/runtime.js'
import type { EntityType, Invalidation, InvalidationMessage, Json, TagInvalidation, TagMode } from './message.js'

/** What of a message can be set by hand. */
export interface MessageOptions {
  /** Anything that JSON can carry; handlers get it. Default: none. */
  readonly metadata?: Json
  /** Names the message. Default: a new UUID. */
  readonly messageId?: string
  /** RFC 3339. Default: now, in UTC with milliseconds. */
  readonly timestamp?: string
  /** Clock and randomness; for tests. Default: the system's. */
  readonly runtime?: Runtime
}

/** How entries that carry a tag are invalidated. */
export interface TagOptions {
  /**
   * `'evict'`: they are never served again. `'expire'`: a cache may serve them while it loads them again, if it is set up
   * to serve stale values. Default: `evict`.
   */
  readonly mode?: TagMode
}

/** What of a message about tags can be set by hand. */
export interface TagMessageOptions extends MessageOptions, TagOptions {}

const metadata: OptionRule<Json | undefined> = checked(
  { expected: 'anything that JSON can carry', defaultText: 'none', isValid: isOfJsonKind },
  undefined,
)

/** Kinds alone: what is in them is checked when the message is published. */
export const messageRules = {
  metadata,
  messageId: string('a new UUID'),
  timestamp: string('now'),
  runtime: runtimeRule,
} satisfies RulesOf<MessageOptions>

export const tagRules = { mode: oneOf(['evict', 'expire'], 'evict') } satisfies RulesOf<TagOptions>

const tagMessageRules = { ...messageRules, ...tagRules } satisfies RulesOf<TagMessageOptions>

function string(defaultText: string): OptionRule<string | undefined> {
  const isValid = (given: unknown): given is string => typeof given === 'string'
  return checked({ expected: 'a string', defaultText, isValid }, undefined)
}

function isOfJsonKind(given: unknown): given is Json {
  return ['string', 'number', 'boolean', 'object'].includes(typeof given)
}

/** A message that says: this entity went away. It is checked when it is published. */
export function deleteMessage(
  entityType: EntityType,
  entityId: string,
  sourceService: string,
  options?: MessageOptions,
): InvalidationMessage {
  return createMessage({ action: 'delete', entityType, entityId }, sourceService, options)
}

/** A message that says: this entity changed. It is checked when it is published. */
export function updateMessage(
  entityType: EntityType,
  entityId: string,
  sourceService: string,
  options?: MessageOptions,
): InvalidationMessage {
  return createMessage({ action: 'update', entityType, entityId }, sourceService, options)
}

/** A message that says: evict every key that matches this Redis glob. It is checked when it is published. */
export function patternMessage(pattern: string, sourceService: string, options?: MessageOptions): InvalidationMessage {
  return createMessage({ action: 'pattern', pattern }, sourceService, options)
}

/** A message that says: evict these cache keys, each given in full. It is checked when it is published. */
export function batchMessage(
  cacheKeys: readonly string[],
  sourceService: string,
  options?: MessageOptions,
): InvalidationMessage {
  return createMessage({ action: 'batch', cacheKeys }, sourceService, options)
}

/**
 * A message that says: evict every entry that carries one of these tags; or, with the mode `expire`, load it again. It is
 * checked when it is published.
 */
export function tagMessage(
  tags: string | readonly string[],
  sourceService: string,
  options: TagMessageOptions = {},
): InvalidationMessage {
  const resolved = resolveOptions(tagMessageRules, options, 'the message')
  return signed(tagInvalidation(tags, resolved), sourceService, resolved)
}

/** Of one tag or several. They are checked when they are published. */
export function tagInvalidation(tags: string | readonly string[], { mode }: Required<TagOptions>): TagInvalidation {
  return {
    action: 'tag',
    tags: typeof tags === 'string' ? [tags] : tags,
    ...(mode === 'expire' && { mode }),
  }
}

function createMessage(
  invalidation: Invalidation,
  sourceService: string,
  options: MessageOptions = {},
): InvalidationMessage {
  return signed(invalidation, sourceService, resolveOptions(messageRules, options, 'the message'))
}

function signed(
  invalidation: Invalidation,
  sourceService: string,
  { metadata, messageId, timestamp, runtime }: Resolved<typeof messageRules>,
): InvalidationMessage {
  return {
    ...invalidation,
    messageId: messageId ?? runtime.uuid(),
    timestamp: timestamp ?? new Date(runtime.now()).toISOString(),
    sourceService,
    ...(metadata !== undefined && { metadata }),
  }
}
