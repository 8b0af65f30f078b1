import KeyvRedis from '@keyv/redis'
import { Cacheable } from 'cacheable'
import type { CachedRecord, CacheLibrary } from '../cache-library.js'
import { openSync } from './synced.js'

/** cacheable with memory, Redis if wanted, and its sync over Redis. Its tags are kept in Redis, which is read at each lookup. */
export const library: CacheLibrary = {
  async open({ url, shared, load }) {
    const { sync, subscribed } = openSync(url)
    const cache = new Cacheable({
      sync,
      namespace: 'records',
      ...(shared ? { secondary: new KeyvRedis(url), tags: true } : {}),
    })
    await subscribed
    const ttl = '1h'
    return {
      key: {
        get: (key) => cache.getOrSet(key, () => load(key), { ttl }),
        invalidate: (key) => cache.delete(key),
      },
      tag: {
        // `getOrSet` takes no tags.
        async get(key) {
          const cached = await cache.get<CachedRecord>(key)
          if (cached !== undefined) return cached
          const loaded = await load(key)
          await cache.set(key, loaded, { ttl, tags: [`tag-of-${key}`] })
          return loaded
        },
        invalidate: (key) => cache.tags.invalidateTag(`tag-of-${key}`),
      },
    }
  },
}
