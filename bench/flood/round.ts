import type { Figure, Reading } from '../measurement.js'
import type { Handled, Published } from './questions.js'
import type { RedisState } from './redis-gauge.js'

export interface Round {
  /** By each process of publishers. */
  readonly published: readonly Published[]
  /** By each process of subscribers. */
  readonly handled: readonly Handled[]
  /** In all processes together. */
  readonly subscribers: number
  readonly redis: { readonly before: RedisState; readonly after: RedisState }
}

export const floodFigures: readonly Figure[] = [
  { name: 'handled_per_s', title: 'handled', unit: 'invalidations/s', better: 'higher' },
  { name: 'redis_cpu_us', title: 'CPU of Redis', unit: 'µs', better: 'lower' },
  { name: 'publisher_cpu_us', title: 'CPU of the publisher', unit: 'µs', better: 'lower' },
  { name: 'subscriber_cpu_us', title: 'CPU of a subscriber', unit: 'µs', better: 'lower' },
  { name: 'all_cpu_us', title: 'CPU of all together', unit: 'µs', better: 'lower' },
  { name: 'redis_sent_bytes', title: 'sent by Redis', unit: 'bytes', better: 'lower' },
  { name: 'lost', title: 'lost', unit: 'invalidations', better: 'lower', fault: true },
  { name: 'disconnects', title: 'disconnected', unit: 'connections', better: 'lower', fault: true },
]

/**
 * The rate is what every subscriber handled, from the first `publish()` called until the slowest had handled its last.
 * CPU time, and what Redis sent, is of an invalidation; CPU time of a subscriber, of one that it handled. All together are
 * Redis and the processes of all publishers and subscribers.
 */
export function readingOf({ published, handled, subscribers, redis }: Round): Reading {
  const count = sum(published.map((each) => each.published))
  const lost = sum(handled.map((each) => each.lost))
  const handledByAll = Math.min(...handled.map((each) => each.handledByAll))
  const startedAt = Math.min(...published.map((each) => each.startedAt))
  const endedAt = Math.max(...handled.map((each) => each.lastHandledAt))
  const redisUs = redis.after.cpuUs - redis.before.cpuUs
  const publishersUs = sum(published.map((each) => each.cpuUs))
  const subscribersUs = sum(handled.map((each) => each.cpuUs))
  return {
    figures: {
      handled_per_s: handledByAll === 0 ? 0 : (handledByAll / (endedAt - startedAt)) * 1_000,
      redis_cpu_us: redisUs / count,
      publisher_cpu_us: publishersUs / count,
      // Of nothing there is no cost: it is left out.
      ...(count * subscribers === lost ? {} : { subscriber_cpu_us: subscribersUs / (count * subscribers - lost) }),
      all_cpu_us: (redisUs + publishersUs + subscribersUs) / count,
      redis_sent_bytes: (redis.after.bytesSent - redis.before.bytesSent) / count,
      lost,
      disconnects: Math.max(
        // Whoever lost a connection makes a new one.
        redis.after.connections - redis.before.connections,
        redis.after.buffersOverrun - redis.before.buffersOverrun,
      ),
    },
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
