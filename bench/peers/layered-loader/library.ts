import { Redis } from 'ioredis'
import {
  createGroupNotificationPair,
  createNotificationPair,
  GroupLoader,
  Loader,
  RedisCache,
  RedisGroupCache,
} from 'layered-loader'
import type { CachedRecord, CacheLibrary } from '../cache-library.js'

const ttlInMsecs = 3_600_000
const asyncCache = { json: true, ttlInMsecs }

/** layered-loader with memory, Redis if wanted, and its notifications over Redis; in place of a tag, each record is in a group of its own. */
export const library: CacheLibrary = {
  async open({ url, shared, load }) {
    const redis = (): Redis => new Redis(url)
    const channels = { flat: 'records', groups: 'grouped-records' }
    const flat = createNotificationPair<CachedRecord>({
      channel: channels.flat,
      publisherRedis: redis(),
      consumerRedis: redis(),
    })
    const grouped = createGroupNotificationPair<CachedRecord>({
      channel: channels.groups,
      publisherRedis: redis(),
      consumerRedis: redis(),
    })
    const loader = new Loader<CachedRecord>({
      inMemoryCache: { ttlInMsecs, maxItems: 10_000 },
      ...(shared
        ? { asyncCache: new RedisCache<CachedRecord>(redis(), { ...asyncCache, prefix: channels.flat }) }
        : {}),
      notificationPublisher: flat.publisher,
      notificationConsumer: flat.consumer,
      dataSourceGetOneFn: load,
    })
    const groups = new GroupLoader<CachedRecord>({
      inMemoryCache: { ttlInMsecs, maxGroups: 100, maxItemsPerGroup: 100 },
      ...(shared
        ? { asyncCache: new RedisGroupCache<CachedRecord>(redis(), { ...asyncCache, prefix: channels.groups }) }
        : {}),
      notificationPublisher: grouped.publisher,
      notificationConsumer: grouped.consumer,
      dataSources: [{ name: 'records', getFromGroup: load, getManyFromGroup: (ids) => Promise.all(ids.map(load)) }],
    })
    await Promise.all([loader.init(), groups.init()])
    return {
      key: {
        get: async (id) => (await loader.get(id)) ?? undefined,
        invalidate: (id) => loader.invalidateCacheFor(id),
      },
      tag: {
        get: async (id) => (await groups.get(id, `group-of-${id}`)) ?? undefined,
        invalidate: (id) => groups.invalidateCacheForGroup(`group-of-${id}`),
      },
    }
  },
}
