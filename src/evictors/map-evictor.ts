import { matchesPattern } from '../message/glob.js'
import type { Evictor, TargetSettings } from './evictor.js'
import { clearsAtOnce, namesIn } from './names.js'
import { sweep } from './sweep.js'
import { carriesOne } from './tagged.js'
import type { MapTarget } from './targets.js'

/** Evicts from a cache in memory. */
export class MapEvictor implements Evictor {
  readonly isRemote = false
  readonly #cache: MapTarget<unknown>
  readonly #settings: TargetSettings

  constructor(cache: MapTarget<unknown>, settings: TargetSettings) {
    this.#cache = cache
    this.#settings = settings
  }

  evictKeys(keys: readonly string[]): void {
    const { prefix } = this.#settings
    for (const key of keys) this.#cache.delete(prefix + key)
  }

  evictMatching(pattern: string, signal: AbortSignal): void | Promise<void> {
    const { prefix } = this.#settings
    if (pattern === '*' && prefix === '' && clearsAtOnce(this.#cache)) {
      this.#cache.clear()
      return
    }
    return deleteWhere(
      this.#cache,
      (name) => name.startsWith(prefix) && matchesPattern(pattern, name.slice(prefix.length)),
      signal,
    )
  }

  evictTagged(tags: readonly string[], signal: AbortSignal): void | Promise<void> {
    const { prefix, tagsOf } = this.#settings
    if (!tagsOf) return
    const peek = peekerOf(this.#cache)
    const isTagged = (name: string): boolean => {
      const value = name.startsWith(prefix) ? peek(name) : undefined
      return value !== undefined && carriesOne(tags, tagsOf, value, name.slice(prefix.length))
    }
    return deleteWhere(this.#cache, isTagged, signal)
  }
}

/** Deletes the entries with these names. Keys that are no strings are of no message. */
export function deleteWhere(
  cache: MapTarget<unknown>,
  concerns: (name: string) => boolean,
  signal: AbortSignal,
): void | Promise<void> {
  const visit = (name: unknown): void => {
    if (typeof name === 'string' && concerns(name)) cache.delete(name)
  }
  return sweep(namesIn(cache), visit, signal)
}

/** Reads a value without making it the one used last, if the cache can. */
function peekerOf(cache: MapTarget<unknown>): (name: string) => unknown {
  const peek: unknown = Reflect.get(cache, 'peek')
  if (typeof peek !== 'function') return (name) => cache.get(name)
  return (name): unknown => Reflect.apply(peek, cache, [name])
}
