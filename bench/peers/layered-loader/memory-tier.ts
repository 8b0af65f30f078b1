import { Loader } from 'layered-loader'
import type { MemoryTier } from '../memory-tier.js'

/** A loader of layered-loader with its cache in memory alone. */
export const memoryTier: MemoryTier = {
  open(maxItems) {
    const loader = new Loader<object>({
      inMemoryCache: { maxItems, ttlInMsecs: 3_600_000 },
      dataSourceGetOneFn: () => Promise.resolve(undefined),
    })
    return Promise.resolve({
      set: (id, value) => loader.forceSetValue(`user:${id}`, value),
      get: (id) => loader.get(`user:${id}`),
      peek: (id) => loader.getInMemoryOnly(`user:${id}`),
    })
  },
}
