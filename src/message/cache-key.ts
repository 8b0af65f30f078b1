import { describeValue } from '../support/describe-value.js'
import { InvalidMessageError } from '../support/errors.js'
import type { EntityType, Invalidation } from './message.js'

/** The parts of a cache key. */
export interface ParsedCacheKey {
  readonly entityType: EntityType
  readonly entityId: string
}

/**
 * The cache key of an entity: `user:123`. The type is used as given: `buildCacheKey('User', '123')` is `User:123`, which
 * no invalidation of a `user` evicts.
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

/** Why a key of a batch, or a pattern, may evict less than is meant. */
type KeyDoubt = 'untyped' | 'case'

const builtInInAnyCase = /^(?:user|post|comment|notification|feed):/i
const lowerA = 'a'.charCodeAt(0)

/** Reports doubtful keys: each reason once, since a service that sends one sends thousands. */
export class KeyDoubts {
  readonly #warn: (text: string) => void
  readonly #reported = new Set<KeyDoubt>()

  constructor(warn: (text: string) => void) {
    this.#warn = warn
  }

  report(invalidation: Invalidation): void {
    for (const [doubt, key] of doubtfulKeys(invalidation)) {
      if (!this.#reported.has(doubt)) this.#warn(describeDoubt(doubt, key))
      this.#reported.add(doubt)
    }
  }
}

/**
 * The first key of a batch, or the pattern, that is doubtful for each reason: it has no entity type, as `42`, or a
 * built-in one in another case, as `User:42`. Both are allowed, since a cache may have such keys of its own.
 */
function doubtfulKeys(invalidation: Invalidation): ReadonlyMap<KeyDoubt, string> {
  const doubtful = new Map<KeyDoubt, string>()
  if (invalidation.action === 'pattern') noteCase(doubtful, invalidation.pattern)
  // With a type, as the crate can send it, keys may be ids.
  if (invalidation.action !== 'batch' || invalidation.entityType !== undefined) return doubtful
  for (const key of invalidation.cacheKeys) {
    if (key.indexOf(':') <= 0 && !doubtful.has('untyped')) doubtful.set('untyped', key)
    noteCase(doubtful, key)
  }
  return doubtful
}

/** What to say of a doubtful key. */
function describeDoubt(doubt: KeyDoubt, key: string): string {
  const got = describeValue(key)
  if (doubt === 'untyped') {
    return `Expected the keys of a batch to be cache keys in full, such as "user:42", got ${got}: it evicts only what a cache holds under exactly this key. This is reported once`
  }
  const type = key.slice(0, key.indexOf(':'))
  return `Expected '${type.toLowerCase()}', got '${type}' in ${got}: the cache keys of built-in entity types begin in lower case, so this evicts none of them. This is reported once`
}

function noteCase(doubtful: Map<KeyDoubt, string>, key: string): void {
  // Of the spellings in use, `User` and `USER`, all begin with a capital; nearly all keys don't, and cost nothing more.
  if (key.charCodeAt(0) >= lowerA || doubtful.has('case')) return
  if (builtInInAnyCase.test(key)) doubtful.set('case', key)
}

function requireStrings(what: string, entityType: unknown, rest: unknown): void {
  if (typeof entityType === 'string' && typeof rest === 'string') return
  throw new InvalidMessageError(
    `Expected the parts of ${what} to be strings, got ${describeValue(entityType)} and ${describeValue(rest)}`,
  )
}
