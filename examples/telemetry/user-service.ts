/** Changes a user and publishes what is to be evicted, all within the span of a request. */
import { setTimeout as delay } from 'node:timers/promises'
import { trace } from '@opentelemetry/api'
import { Redis } from 'ioredis'
import { DEFAULT_CHANNEL, InvalidationPublisher } from '../../src/index.js'

const redis = process.env.REDIS_URL ?? 'redis://localhost:6379'
const publisher = await InvalidationPublisher.connect(redis, 'user-service')

if (!(await isCacheLive(30_000))) console.error('No cache is subscribed: start feed-service.ts to see its evict')

await trace.getTracer('user-service').startActiveSpan('PUT /users/123', async (span) => {
  try {
    await publisher.update('user', '123')
  } finally {
    span.end()
  }
})

await publisher.close()

/**
 * Whether a subscription is live, or is so before the time is up. A service does not wait for its subscribers. Here there
 * is one change, and a cache that is only starting would have nothing to evict.
 */
async function isCacheLive(timeoutMs: number) {
  const client = new Redis(redis)
  const until = Date.now() + timeoutMs
  try {
    while (Date.now() < until) {
      const [, listeners] = await client.pubsub('NUMSUB', DEFAULT_CHANNEL)
      const subscriptions = await client.hvals(`{${DEFAULT_CHANNEL}}:subscribers`)
      if (Number(listeners) > 0 && subscriptions.some((record) => record.includes('"state":"live"'))) return true
      await delay(100)
    }
    return false
  } finally {
    client.disconnect()
  }
}
