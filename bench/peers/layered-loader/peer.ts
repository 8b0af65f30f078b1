import { Redis } from 'ioredis'
import { createNotificationPair, ManualCache } from 'layered-loader'
import type { Peer } from '../peer.js'

/** More than a round holds: the default of 500 would evict keys before they are invalidated. */
const inMemoryCache = { maxItems: 5_000_000, ttlInMsecs: 3_600_000 }

/**
 * layered-loader's Redis notifications, with its defaults but for the size of the cache: a key is invalidated on one
 * side, and on the other the cache in memory loses it. `handle` is called when it is no longer found there.
 */
export const peer: Peer = {
  async openPublisher(url, channel) {
    const { publisher } = await openPair(url, channel)
    let notified: Promise<unknown> | undefined
    const cache = new ManualCache<boolean>({
      inMemoryCache,
      notificationPublisher: publisher,
      // It does not wait for its notification. Without this, callers would not await what they publish.
      scheduleBackgroundWork(work) {
        notified = work
      },
    })
    return {
      async publish(id) {
        const invalidated = cache.invalidateCacheFor(id)
        await notified
        await invalidated
      },
    }
  },
  async openSubscriber(url, channel, handle) {
    const { consumer } = await openPair(url, channel)
    const cache = new WatchedCache({ inMemoryCache, notificationConsumer: consumer }, handle)
    await cache.init()
    return {
      async hold(ids) {
        for (const id of ids) await cache.set(id, true)
      },
      holds: (id) => cache.getInMemoryOnly(id) !== undefined,
    }
  },
}

async function openPair(url: string, channel: string) {
  const [publisherRedis, consumerRedis] = await Promise.all([connect(url), connect(url)])
  return createNotificationPair<boolean>({ channel, publisherRedis, consumerRedis })
}

async function connect(url: string): Promise<Redis> {
  const redis = new Redis(url, { lazyConnect: true })
  await redis.connect()
  return redis
}

class WatchedCache extends ManualCache<boolean> {
  readonly #handle: (id: string) => void

  constructor(config: ConstructorParameters<typeof ManualCache<boolean>>[0], handle: (id: string) => void) {
    super(config)
    this.#handle = handle
  }

  override applyRemoteInvalidationFor(key: string): void {
    super.applyRemoteInvalidationFor(key)
    if (this.getInMemoryOnly(key) === undefined) this.#handle(key)
  }
}
