import { InvalidationPublisher, InvalidationSubscriber } from '../../src/index.js'
import type { Peer } from './peer.js'

/** This library, with its defaults. */
export const library: Peer = {
  name: 'cache-invalidation',
  async openPublisher(url, channel) {
    const publisher = await InvalidationPublisher.connect(url, 'bench', { channel })
    return (id) => publisher.invalidate('user', id)
  },
  async openSubscriber(url, channel, handle) {
    const subscriber = await InvalidationSubscriber.connect(url, { channel })
    const subscription = subscriber.subscribe((message) => {
      if (message.action === 'delete') handle(message.entityId)
    })
    await subscription.caughtUp()
  },
}
