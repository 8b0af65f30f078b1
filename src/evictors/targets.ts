import type { KeyClient } from '../log/redis/redis-like.js'

/** A cache in memory with the functions of a `Map`: a `Map` itself, lru-cache, quick-lru. All of them are synchronous. */
export interface MapTarget<Value> {
  has(key: string): boolean
  get(key: string): Value | undefined
  delete(key: string): boolean
  clear(): void
  keys(): Iterable<unknown>
}

/** What of a Keyv is used. Those of Keyv 5 and 6 are both assignable. */
export interface KeyvTarget {
  readonly namespace?: string | undefined
  readonly store: unknown
  get(key: string): Promise<unknown>
  delete(key: string): Promise<unknown>
  clear(): Promise<unknown>
  on(event: 'error', listener: (error: unknown) => void): unknown
  off(event: 'error', listener: (error: unknown) => void): unknown
}

/** What of a cache of cache-manager 7 is used: its stores, each of which is a Keyv. */
export interface CacheManagerTarget {
  readonly stores: readonly KeyvTarget[]
  mdel(keys: string[]): Promise<unknown>
}

/** A cache that {@link evict} evicts from. */
export type EvictTarget<Value = unknown> = MapTarget<Value> | KeyvTarget | CacheManagerTarget | KeyClient

function hasFunctions(value: unknown, ...names: readonly string[]): value is object {
  return (
    typeof value === 'object' && value !== null && names.every((name) => typeof Reflect.get(value, name) === 'function')
  )
}

/** Whether this has the functions of a `Map` that are used here. */
export function isMapTarget(value: unknown): value is MapTarget<unknown> {
  return hasFunctions(value, 'has', 'get', 'delete', 'clear', 'keys')
}

/** Whether this is a Keyv. */
export function isKeyv(value: unknown): value is KeyvTarget {
  return hasFunctions(value, 'get', 'delete', 'clear', 'on', 'off') && 'store' in value && 'namespace' in value
}

/** Whether this is a cache of cache-manager. */
export function isCacheManager(value: unknown): value is CacheManagerTarget {
  if (!hasFunctions(value, 'mdel', 'wrap')) return false
  const stores: unknown = Reflect.get(value, 'stores')
  return Array.isArray(stores) && stores.every(isKeyv)
}

/** Names what was given, without what is in it. */
export function kindOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value
  if ('then' in value) return 'a promise: await it first'
  const constructor: unknown = Reflect.get(value, 'constructor')
  return `an object of class ${typeof constructor === 'function' ? constructor.name : 'unknown'}`
}
