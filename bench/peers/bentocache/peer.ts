import { BentoCache, bentostore } from 'bentocache'
import { MemoryDriver, memoryDriver } from 'bentocache/drivers/memory'
import type { Peer } from '../peer.js'
import { openBus } from './bus.js'

/** More than a round holds: the default of 1,000 would evict keys before they are invalidated. */
const maxItems = 5_000_000

/**
 * bentocache's bus, with its defaults but for the size of the cache: a key is deleted on one side, and on the other its
 * L1 cache in memory loses it. `handle` is called when the L1 cache says that it deleted the key.
 */
export const peer: Peer = {
  async openPublisher(url, channel) {
    const cache = await openCache(url, channel, () => undefined)
    return { publish: (id) => cache.delete({ key: id }) }
  },
  async openSubscriber(url, channel, handle) {
    const cache = await openCache(url, channel, handle)
    return {
      async hold(ids) {
        for (const id of ids) await cache.set({ key: id, value: true, ttl: '1h', skipBusNotify: true })
      },
      holds: (id) => cache.has({ key: id }),
    }
  },
}

/** Resolves when its bus has subscribed. */
async function openCache(url: string, channel: string, handle: (id: string) => void) {
  const memory = memoryDriver({ maxItems })
  const bus = openBus(url)
  const cache = new BentoCache({
    default: channel,
    stores: {
      [channel]: bentostore()
        .useL1Layer({ ...memory, factory: () => new WatchedMemory(maxItems, handle) })
        .useBus(bus.driver),
    },
  })
  cache.use()
  await bus.subscribed
  return cache
}

class WatchedMemory extends MemoryDriver {
  readonly #handle: (id: string) => void

  constructor(items: number, handle: (id: string) => void) {
    super({ maxItems: items, prefix: 'bentocache' })
    this.#handle = handle
  }

  override delete(key: string): boolean {
    const deleted = super.delete(key)
    if (deleted) this.#handle(key)
    return deleted
  }
}
