import { subscribe } from 'node:diagnostics_channel'
import { CoherentCache } from '../../src/cache.js'
import { cacheInvalidation } from './cache-invalidation.js'
import type { Peer } from './peer.js'

/** Entries that stay, beside those of a round. */
const others = 1_000_000
const value = { name: 'Ada' }

/** This library's cache with its defaults but for its size: a million other entries are in it. */
export const cachedSubscriber: Peer = {
  openPublisher: (url, channel) => cacheInvalidation.openPublisher(url, channel),
  async openSubscriber(url, channel, handle) {
    const memory = { maxEntries: 8 * others }
    const cache = await CoherentCache.connect(url, { service: 'bench', channel, memory })
    const users = cache.entity<object>('user', { load: () => undefined })
    await cache.caughtUp()
    for (let other = 0; other < others; other++) users.set(`other-${other}`, value)
    subscribe('cache-invalidation:cache:handled', (event) => {
      const id = handledId(event, cache)
      if (id !== undefined) handle(id)
    })
    return {
      hold(ids) {
        for (const id of ids) users.set(id, value)
        return Promise.resolve()
      },
      holds: (id) => users.peek(id) !== undefined,
    }
  },
}

/** The id that the cache has evicted, if the event is about this cache. */
function handledId(event: unknown, cache: CoherentCache): string | undefined {
  if (typeof event !== 'object' || event === null || !('cache' in event) || !('message' in event)) return undefined
  const { message } = event
  if (event.cache !== cache || typeof message !== 'object' || message === null || !('entityId' in message))
    return undefined
  return String(message.entityId)
}
