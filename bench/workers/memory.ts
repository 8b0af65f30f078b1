/**
 * Subscribes, and handles nothing to its end: `memory.ts <cache-invalidation | ioredis> <url> <channel>`. Asked with a
 * number of messages, answers, when so many wait for the handler, with what the process takes after a garbage
 * collection, in bytes: resident, and on the heap and held by it. Needs `--expose-gc`.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { collectGarbage } from './heap.js'
import { serve } from './serve.js'

const [peer = '', url = '', channel = ''] = process.argv.slice(2)
const waiting = await subscribe()

serve(async (messages = 0) => {
  while (waiting() < messages) await delay(5)
  await collectGarbage()
  const { rss, heapUsed, external } = process.memoryUsage()
  return [rss, heapUsed + external]
})

/** Resolves to what tells how many messages wait. Loads what it is asked for, and nothing else. */
async function subscribe(): Promise<() => number> {
  switch (peer) {
    case 'cache-invalidation': {
      const { InvalidationSubscriber } = await import('../../src/index.js')
      const subscriber = await InvalidationSubscriber.connect(url, { channel })
      const subscription = subscriber.subscribe(() => new Promise(() => undefined))
      await subscription.caughtUp()
      return () => subscription.freshness().behind
    }
    case 'ioredis': {
      const { Redis } = await import('ioredis')
      const redis = new Redis(url, { lazyConnect: true })
      await redis.connect()
      const queue: unknown[] = []
      redis.on('message', (_channel, text) => queue.push(JSON.parse(text)))
      await redis.subscribe(channel)
      return () => queue.length
    }
    default:
      throw new RangeError(`Expected cache-invalidation or ioredis, got ${peer}`)
  }
}
