/** A value that JSON can carry. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** A JSON object as parsed: every property is its own, one named `__proto__` too. */
export type JsonObject = Readonly<Record<string, Json>>

/** Narrows to a readonly array, which `Array.isArray` does not. */
export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

/** The entity types that have a name of their own on the wire. */
export type BuiltInEntity = 'user' | 'post' | 'comment' | 'notification' | 'feed'

/**
 * Entity types of your own. Augment it, and `invalidate('session', id)` is checked by the compiler:
 *
 * ```ts
 * declare module 'cache-invalidation' {
 *   interface CustomEntities { session: true }
 * }
 * ```
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- an interface so that users can augment it
export interface CustomEntities {}

/**
 * The type of an entity: a plain string that is also the prefix of its cache key. On the wire `user` is `"User"`, any
 * other is `{"Custom": …}`. While `CustomEntities` is empty every string is taken.
 */
export type EntityType =
  | BuiltInEntity
  | ([keyof CustomEntities] extends [never] ? string & Record<never, never> : Extract<keyof CustomEntities, string>)

/** What to evict. */
export type Invalidation = EntityInvalidation | PatternInvalidation | BatchInvalidation | TagInvalidation

/** One entity changed or went away: evict `<entityType>:<entityId>`. */
export interface EntityInvalidation {
  readonly action: 'delete' | 'update'
  readonly entityType: EntityType
  readonly entityId: string
  /**
   * Anything that JSON can carry. A handler gets it as `JSON.parse` reads it, so an integer above 2^53 loses digits.
   * The Rust crate can send one: services on it should write such numbers as strings.
   */
  readonly metadata?: Json
}

/** Evict every key that matches a Redis glob. */
export interface PatternInvalidation {
  readonly action: 'pattern'
  readonly pattern: string
  readonly metadata?: Json
}

/** Evict these cache keys, each given in full. */
export interface BatchInvalidation {
  readonly action: 'batch'
  readonly cacheKeys: readonly string[]
  /**
   * Set if a service on the Rust crate gave the batch a type, and perhaps ids in place of keys. `cacheKeys` always has
   * the full keys. If the message is published again, keys of this type are written as ids, as received.
   */
  readonly entityType?: EntityType
  readonly metadata?: Json
}

/** Evict every entry that carries one of these tags. Only a cache knows which tags its entries carry. */
export interface TagInvalidation {
  readonly action: 'tag'
  /** Each a string that is not empty, such as `tenant:42`. */
  readonly tags: readonly string[]
  /** Absent means `evict`. A message that was read has a mode only if it is `expire`. */
  readonly mode?: TagMode
  readonly metadata?: Json
}

/** Whether entries are evicted, or expire: an expired one may be served while it is loaded again. */
export type TagMode = 'evict' | 'expire'

/** An invalidation as it travels: named, timed and signed. */
export type InvalidationMessage = Invalidation & {
  readonly messageId: string
  /** When it was made, RFC 3339; kept as the string it was. */
  readonly timestamp: string
  readonly sourceService: string
}
