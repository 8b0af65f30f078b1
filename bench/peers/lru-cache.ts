import { LRUCache } from 'lru-cache'
import type { MemoryTier } from './memory-tier.js'

/** lru-cache without a TTL, which would cost more. Nothing is awaited in it: that is the promise alone. */
export const lruCache: MemoryTier = lruWith((id) => `user:${id}`)

/** The same by the id alone, so that no key is made. */
export const lruCacheById: MemoryTier = lruWith((id) => id)

function lruWith(keyOf: (id: string) => string): MemoryTier {
  return {
    open(max) {
      const cache = new LRUCache<string, object>({ max })
      return Promise.resolve({
        set: (id, value) => cache.set(keyOf(id), value),
        get: (id) => Promise.resolve(cache.get(keyOf(id))),
        peek: (id) => cache.get(keyOf(id)),
      })
    },
  }
}
