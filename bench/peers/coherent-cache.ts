import { CoherentCache } from '../../src/cache.js'
import { MemoryLog } from '../../src/testing.js'
import type { MemoryTier } from './memory-tier.js'

/** This library's cache with its defaults, over a log in memory. */
export const coherentCache: MemoryTier = {
  async open(maxEntries) {
    const cache = await CoherentCache.connect(new MemoryLog(), { service: 'bench', memory: { maxEntries } })
    const users = cache.entity<object>('user', { load: () => undefined })
    await cache.caughtUp()
    return {
      set: (id, value) => users.set(id, value),
      get: (id) => users.get(id),
      peek: (id) => users.peek(id),
    }
  },
}
