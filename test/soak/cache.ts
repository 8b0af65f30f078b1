import { buildCacheKey, type Invalidation, matchesPattern } from '../../src/index.js'
import { allKeys } from './keys.js'

/** What an invalidation is about. */
export function keysOf(invalidation: Invalidation): readonly string[] {
  switch (invalidation.action) {
    case 'batch':
      return invalidation.cacheKeys
    case 'pattern':
      return allKeys.filter((key) => matchesPattern(invalidation.pattern, key))
    case 'tag':
      return []
    default:
      return [buildCacheKey(invalidation.entityType, invalidation.entityId)]
  }
}

/** Values by key, evicted as told. A value that was asked for before its key was evicted is not taken in. */
export class Cache {
  readonly #values = new Map<string, number>()
  readonly #loading = new Map<string, number>()
  #loads = 0

  get values(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#values)
  }

  evict(invalidation: Invalidation): void {
    for (const key of keysOf(invalidation)) {
      this.#values.delete(key)
      this.#loading.delete(key)
    }
  }

  /** Begins to load what is missing; undefined where nothing is. */
  beginLoad(): { readonly load: number; readonly keys: readonly string[] } | undefined {
    const keys = allKeys.filter((key) => !this.#values.has(key) && !this.#loading.has(key))
    if (keys.length === 0) return undefined
    const load = ++this.#loads
    for (const key of keys) this.#loading.set(key, load)
    return { load, keys }
  }

  endLoad(load: number, values: Readonly<Record<string, number>>): void {
    for (const [key, value] of Object.entries(values)) {
      if (this.#loading.get(key) !== load) continue
      this.#loading.delete(key)
      this.#values.set(key, value)
    }
  }
}
