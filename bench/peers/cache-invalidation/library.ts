import { CoherentCache } from '../../../src/cache.js'
import type { CachedRecord, CacheLibrary } from '../cache-library.js'

/** This library's cache with its defaults: values are in memory alone. */
export const library: CacheLibrary = {
  async open({ url, load }) {
    const cache = await CoherentCache.connect(url, { service: 'bench' })
    const byKey = cache.entity<CachedRecord>('record', { load: (id) => load(id) })
    const byTag = cache.entity<CachedRecord>('tagged-record', {
      load: (id) => load(id),
      tags: (_record, id) => [`tag-of-${id}`],
    })
    await cache.caughtUp()
    return {
      key: { get: (id) => byKey.get(id), invalidate: (id) => byKey.invalidate(id) },
      tag: { get: (id) => byTag.get(id), invalidate: (id) => cache.invalidateTag(`tag-of-${id}`) },
    }
  },
}
