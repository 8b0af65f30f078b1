import { InvalidationPublisher, InvalidationSubscriber } from '../../src/index.js'
import { KeyCache } from './key-cache.js'
import type { Peer } from './peer.js'

/** This library, with its defaults. */
export const cacheInvalidation: Peer = {
  async openPublisher(url, channel) {
    const publisher = await InvalidationPublisher.connect(url, 'bench', { channel })
    return { publish: (id) => publisher.invalidate('user', id) }
  },
  async openSubscriber(url, channel, handle) {
    const subscriber = await InvalidationSubscriber.connect(url, { channel })
    const cache = new KeyCache()
    const subscription = subscriber.subscribe((message) => {
      if (message.action !== 'delete') return
      cache.evict(message.entityId)
      handle(message.entityId)
    })
    await subscription.caughtUp()
    return cache
  },
}
