import { connect } from './connect.js'
import { KeyCache } from './key-cache.js'
import { decodeMessage, encodeMessage } from './message.js'
import type { Peer } from './peer.js'

/** Plain Pub/Sub with ioredis and its defaults, the same message as JSON: nothing is kept, nothing can be read again. */
export const ioredis: Peer = plainPubSub(false)

/** The same, where ioredis writes what is published in one turn of the loop at once. */
export const ioredisAutopipelining: Peer = plainPubSub(true)

function plainPubSub(enableAutoPipelining: boolean): Peer {
  return {
    async openPublisher(url, channel) {
      const redis = await connect(url, { enableAutoPipelining })
      return { publish: (id) => redis.publish(channel, encodeMessage(id)) }
    },
    async openSubscriber(url, channel, handle) {
      const redis = await connect(url)
      const cache = new KeyCache()
      redis.on('message', (_channel, text) => {
        const id = decodeMessage(text)
        cache.evict(id)
        handle(id)
      })
      await redis.subscribe(channel)
      return cache
    },
  }
}
