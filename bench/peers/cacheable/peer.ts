import { Cacheable } from 'cacheable'
import { KeyvHooks } from 'keyv'
import type { Peer } from '../peer.js'
import { openSync } from './synced.js'

/**
 * cacheable's sync over Redis, with its defaults: a key is deleted on one side, and on the other its primary store in
 * memory loses it. `handle` is called when that store says that it deleted the key. A publisher tells only of keys that
 * it holds itself.
 */
export const peer: Peer = {
  async openPublisher(url, channel) {
    const cache = await openCache(url, channel)
    return {
      publish: (id) => cache.delete(id),
      hold: (ids) => fill(cache, ids),
    }
  },
  async openSubscriber(url, channel, handle) {
    const cache = await openCache(url, channel)
    cache.primary.hooks.addHandler(KeyvHooks.POST_DELETE, ({ key, value }: { key: string; value: boolean }) => {
      if (value) handle(key.slice(channel.length + 1))
    })
    return {
      hold: (ids) => fill(cache, ids),
      holds: (id) => cache.primary.has(id),
    }
  },
}

/** Resolves when it has subscribed to what the others set and delete. */
async function openCache(url: string, channel: string): Promise<Cacheable> {
  const { sync, subscribed } = openSync(url)
  const cache = new Cacheable({ namespace: channel, sync })
  await subscribed
  return cache
}

/** Into its primary store alone: `cache.set()` would tell the others, too. */
async function fill(cache: Cacheable, ids: readonly string[]): Promise<void> {
  for (const id of ids) await cache.primary.set(id, true)
}
