import { BasicClientSideCache, createClient } from 'redis'
import type { Peer } from '../peer.js'

/** Keys that are written or read in one go. */
const batch = 1_000

/**
 * node-redis with its client-side cache: one side deletes a key in Redis, which tells every client that read it since it
 * last told it so. `handle` is called when the cache has invalidated the key.
 */
export const peer: Peer = {
  async openPublisher(url, channel) {
    const client = await createClient({ url, RESP: 3 }).connect()
    return { publish: (id) => client.del(`${channel}:${id}`) }
  },
  async openSubscriber(url, channel, handle) {
    const prefix = `${channel}:`
    const cache = new BasicClientSideCache()
    const writer = await createClient({ url, RESP: 3 }).connect()
    const reader = await createClient({ url, RESP: 3, clientSideCache: cache }).connect()
    cache.on('invalidate', (key: Buffer | string | null) => {
      if (key !== null) handle(key.toString().slice(prefix.length))
    })
    return {
      async hold(ids) {
        for (let from = 0; from < ids.length; from += batch) {
          const keys = ids.slice(from, from + batch).map((id) => prefix + id)
          // Where another subscriber wrote it before, nothing changes, and so nobody is told.
          await Promise.all(keys.map((key) => writer.set(key, '1', { condition: 'NX' })))
          await Promise.all(keys.map((key) => reader.get(key)))
        }
      },
      /** It reads the key, and so holds it from then on. */
      async holds(id) {
        const { hitCount } = cache.stats()
        await reader.get(prefix + id)
        return cache.stats().hitCount > hitCount
      },
    }
  },
}
