import { InvalidMessageError } from '../errors.js'
import { describeValue } from './describe-value.js'
import type { EntityType } from './message.js'

/** The parts of a cache key. */
export interface ParsedCacheKey {
  readonly entityType: EntityType
  readonly entityId: string
}

/** The cache key of an entity: `user:123`. */
export function buildCacheKey(entityType: EntityType, entityId: string): string {
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
 */
export function buildPattern(entityType: EntityType, rest = '*'): string {
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
