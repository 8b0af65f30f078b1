import { checked, type OptionRule, resolveOptions, type RulesOf, runtimeRule } from '../support/option-rules.js'
import type { Runtime } from '../support/runtime.js'
import type { EntityType, Invalidation, InvalidationMessage, Json } from './message.js'

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

function createMessage(
  invalidation: Invalidation,
  sourceService: string,
  options: MessageOptions = {},
): InvalidationMessage {
  const { metadata, messageId, timestamp, runtime } = resolveOptions(messageRules, options, 'the message')
  return {
    ...invalidation,
    messageId: messageId ?? runtime.uuid(),
    timestamp: timestamp ?? new Date(runtime.now()).toISOString(),
    sourceService,
    ...(metadata !== undefined && { metadata }),
  }
}
