import { Cacheable, createKeyv } from 'cacheable'
import type { MemoryTier } from '../memory-tier.js'

/** cacheable with its primary store in memory alone, an LRU, which copies nothing. */
export const memoryTier: MemoryTier = {
  open(lruSize) {
    const cache = new Cacheable({ primary: createKeyv({ lruSize, useClone: false }), ttl: '1h' })
    return Promise.resolve({
      set: (id, value) => cache.set(`user:${id}`, value),
      get: (id) => cache.get(`user:${id}`),
    })
  },
}
