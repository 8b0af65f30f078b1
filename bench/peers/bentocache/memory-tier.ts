import { BentoCache, bentostore } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import type { MemoryTier } from '../memory-tier.js'

/** bentocache with its L1 cache alone. */
export const memoryTier: MemoryTier = {
  open(maxItems) {
    const memory = memoryDriver({ maxItems, serialize: false })
    const cache = new BentoCache({ default: 'users', ttl: '1h', stores: { users: bentostore().useL1Layer(memory) } })
    return Promise.resolve({
      set: (id, value) => cache.set({ key: `user:${id}`, value }),
      get: (id) => cache.get({ key: `user:${id}` }),
    })
  },
}
