import { types } from 'node:util'
import { ConfigurationError } from '../support/errors.js'
import { kindOf, type MapTarget } from './targets.js'

/** The text of a function of the engine, the same in each realm. */
const keysOfMap = String(Reflect.get(Map.prototype, 'keys'))

/**
 * Whether this is a Map, of any realm, that lists its keys itself. To iterate one finds each key that is there all the
 * time, whatever others delete and set meanwhile.
 */
function isMap(value: unknown): value is ReadonlyMap<unknown, unknown> {
  return types.isMap(value) && String(Reflect.get(value, 'keys')) === keysOfMap
}

/**
 * The map inside of a cache of lru-cache. The cache's own `keys()` follows a list that each `get` reorders, so entries
 * are missed if it is iterated across turns of the event loop, and it takes 0.7 µs an entry.
 */
function mapInside(cache: object): ReadonlyMap<unknown, unknown> | undefined {
  const constructor: unknown = Reflect.get(cache, 'constructor')
  if (typeof constructor !== 'function') return undefined
  const expose: unknown = Reflect.get(constructor, 'unsafeExposeInternals')
  if (typeof expose !== 'function') return undefined
  try {
    const internals: unknown = Reflect.apply(expose, constructor, [cache])
    const keyMap: unknown = typeof internals === 'object' && internals !== null && Reflect.get(internals, 'keyMap')
    return isMap(keyMap) ? keyMap : undefined
  } catch {
    // Not one of this class after all, such as a proxy: its own `keys()` serves.
    return undefined
  }
}

/** Whether this is surely a cache in memory. */
export function isInMemory(cache: MapTarget<unknown>): boolean {
  return types.isMap(cache) || mapInside(cache) !== undefined
}

/** Whether `clear()` takes no longer for a large cache than for a small one. That of lru-cache visits each entry. */
export function clearsAtOnce(cache: MapTarget<unknown>): boolean {
  return mapInside(cache) === undefined
}

/**
 * The names in a cache, which may be iterated across turns of the event loop: a name that is there all the time is
 * among them. Where the cache itself does not promise that, they are listed here and now.
 */
export function namesIn(cache: MapTarget<unknown>): Iterable<unknown> {
  if (isMap(cache)) return cache.keys()
  const inside = mapInside(cache)
  if (inside) return inside.keys()
  const names: unknown = cache.keys()
  if (typeof names === 'object' && names !== null && Symbol.iterator in names) return [...cache.keys()]
  throw new ConfigurationError(
    `Expected \`keys()\` of the cache to return an iterator of its keys, got ${kindOf(names)}: give \`evict\` a cache whose functions are synchronous`,
  )
}
