import type { Redis } from 'ioredis'
import { connect } from './connect.js'
import { KeyCache } from './key-cache.js'
import { decodeMessage, encodeMessage } from './message.js'
import type { Peer } from './peer.js'

/** As long as this library keeps the stream by default. */
const cap = 100_000
const pageSize = 1_000
const blockMs = 5_000

/**
 * A stream written by XADD and read by XREAD BLOCK, with ioredis and its defaults: what one writes by hand. A reader goes
 * on from the last entry it had, but does not notice what was trimmed before it came there.
 */
export const xread: Peer = {
  async openPublisher(url, channel) {
    const redis = await connect(url)
    return { publish: (id) => redis.xadd(channel, 'MAXLEN', '~', cap, '*', 'm', encodeMessage(id)) }
  },
  async openSubscriber(url, channel, handle) {
    const redis = await connect(url)
    const cache = new KeyCache()
    const [newest] = await redis.xrevrange(channel, '+', '-', 'COUNT', 1)
    void follow(redis, channel, newest?.[0] ?? '0-0', (id) => {
      cache.evict(id)
      handle(id)
    })
    return cache
  },
}

/** Never ends. What it rejects with ends the process. */
async function follow(redis: Redis, stream: string, from: string, handle: (id: string) => void): Promise<never> {
  for (let last = from; ;) {
    const pages = await redis.xread('COUNT', pageSize, 'BLOCK', blockMs, 'STREAMS', stream, last)
    for (const [, entries] of pages ?? []) {
      for (const [entryId, fields] of entries) {
        handle(decodeMessage(fields[1] ?? ''))
        last = entryId
      }
    }
  }
}
