import { describeValue } from '../support/describe-value.js'
import { InvalidMessageError } from '../support/errors.js'
import type { EntityType } from './message.js'

/** The parts of a cache key. */
export interface ParsedCacheKey {
  readonly entityType: EntityType
  readonly entityId: string
}

/**
 * The cache key of an entity: `user:123`.
 *
 * @throws InvalidMessageError when one of them is no string: a number or `undefined` would name a key that nobody has
 */
export function buildCacheKey(entityType: EntityType, entityId: string): string {
  requireStrings('a cache key', entityType, entityId)
  return `${entityType}:${entityId}`
}

/**
 * Takes a cache key apart at its first colon: `user:a:b` is the user `a:b`.
 *
 * @throws InvalidMessageError when the key has no colon
 */
export function parseCacheKey(key: string): ParsedCacheKey {
  const colon = typeof key === 'string' ? key.indexOf(':') : -1
  if (colon < 0) {
    throw new InvalidMessageError(
      `Expected a cache key of the form "<entity type>:<entity id>", got ${describeValue(key)}`,
    )
  }
  return { entityType: key.slice(0, colon), entityId: key.slice(colon + 1) }
}

/**
 * The glob for cache keys of an entity type: `buildPattern('feed')` is `feed:*`, `buildPattern('feed', 'user_1:*')` is
 * `feed:user_1:*`. Both are put in as they are, glob specials included.
 *
 * @throws InvalidMessageError when one of them is no string
 */
export function buildPattern(entityType: EntityType, rest = '*'): string {
  requireStrings('a pattern', entityType, rest)
  return `${entityType}:${rest}`
}

/**
 * The entity type of a cache key: what stands before its first colon.
 *
 * @throws InvalidMessageError when the key has no colon
 */
export function extractEntityType(key: string): EntityType {
  return parseCacheKey(key).entityType
}

/** Whether a text is a cache key: an entity type, a colon and an entity id, neither of them empty. Never throws. */
export function validateCacheKey(key: string): boolean {
  if (typeof key !== 'string') return false
  const colon = key.indexOf(':')
  return colon > 0 && colon < key.length - 1
}

function requireStrings(what: string, entityType: unknown, rest: unknown): void {
  if (typeof entityType === 'string' && typeof rest === 'string') return
  throw new InvalidMessageError(
    `Expected the parts of ${what} to be strings, got ${describeValue(entityType)} and ${describeValue(rest)}`,
  )
}
