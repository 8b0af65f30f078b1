import { BentoCache, bentostore } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import { redisDriver } from 'bentocache/drivers/redis'
import type { CacheLibrary } from '../cache-library.js'
import { openBus } from './bus.js'

/** bentocache with memory, Redis if wanted, and its bus over Redis. */
export const library: CacheLibrary = {
  async open({ url, shared, load }) {
    const { hostname: host, port } = new URL(url)
    const bus = openBus(url)
    const memory = bentostore().useL1Layer(memoryDriver({ maxItems: 10_000 }))
    const tiers = shared ? memory.useL2Layer(redisDriver({ connection: { host, port: Number(port) } })) : memory
    const cache = new BentoCache({ default: 'records', stores: { records: tiers.useBus(bus.driver) } })
    cache.use()
    await bus.subscribed
    const ttl = '1h'
    return {
      key: {
        get: (key) => cache.getOrSet({ key, ttl, factory: () => load(key) }),
        invalidate: (key) => cache.delete({ key }),
      },
      tag: {
        get: (key) => cache.getOrSet({ key, ttl, tags: [`tag-of-${key}`], factory: () => load(key) }),
        invalidate: (key) => cache.deleteByTag({ tags: [`tag-of-${key}`] }),
      },
    }
  },
}
