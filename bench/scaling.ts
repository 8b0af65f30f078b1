import type { Run } from './results.js'
import { median } from './statistics.js'
import { ours } from './summaries.js'

/** What an invalidation costs, as the measurement `scale` tells: medians of one run of the bench. */
export interface Costs {
  /** CPU time of Redis, in µs. */
  readonly redis: { readonly packed: RedisCosts; readonly alone: RedisCosts }
  /** Bytes that Redis sends to one subscriber, in frames of many. */
  readonly deliveredBytes: number
  /** CPU time of a publisher, in µs. */
  readonly publisher: { readonly packed: number; readonly alone: number }
  /** CPU time of a subscriber, in µs. */
  readonly subscriber: { readonly packed: number; readonly alone: number }
}

export interface RedisCosts {
  /** For the invalidation itself. */
  readonly append: number
  /** For each subscriber that it is sent to. */
  readonly delivery: number
}

/**
 * From the case with the fewest subscribers and that with the most, with one publisher each: what is added between them
 * is the deliveries. What a delivery costs where each invalidation goes alone is taken from plain PUBLISH, which sends
 * each alone. Undefined where one of the cases was not measured.
 */
export function costsOf(runs: readonly Run[]): Costs | undefined {
  const scale = runs.filter(({ measurement }) => measurement === 'scale')
  const packed = growthOf(scale, ours)
  const plain = growthOf(scale, 'ioredis')
  const alone = scale.filter(({ variant, parameters }) => variant === ours && isAlone(parameters))
  if (packed === undefined || plain === undefined || alone.length === 0) return undefined
  return {
    redis: {
      packed: packed.redis,
      alone: { append: medianOf(alone, 'redis_cpu_us') - plain.redis.delivery, delivery: plain.redis.delivery },
    },
    deliveredBytes: packed.deliveredBytes,
    publisher: { packed: medianOf(packed.fewest, 'publisher_cpu_us'), alone: medianOf(alone, 'publisher_cpu_us') },
    subscriber: { packed: medianOf(packed.fewest, 'subscriber_cpu_us'), alone: medianOf(alone, 'subscriber_cpu_us') },
  }
}

/** No publisher has two in flight, so that none packs any. */
function isAlone({ publishers, in_flight: inFlight }: Run['parameters']): boolean {
  return publishers === inFlight
}

function growthOf(scale: readonly Run[], variant: string) {
  const runs = scale.filter((run) => run.variant === variant && run.parameters.publishers === 1)
  const subscribers = runs.map(({ parameters }) => parameters.subscribers ?? 0)
  const [few, many] = [Math.min(...subscribers), Math.max(...subscribers)]
  if (runs.length === 0 || few === many) return undefined
  const at = (count: number): readonly Run[] => runs.filter(({ parameters }) => parameters.subscribers === count)
  const each = (figure: string): number => (medianOf(at(many), figure) - medianOf(at(few), figure)) / (many - few)
  const delivery = each('redis_cpu_us')
  return {
    fewest: at(few),
    redis: { append: medianOf(at(few), 'redis_cpu_us') - few * delivery, delivery },
    deliveredBytes: each('redis_sent_bytes'),
  }
}

function medianOf(runs: readonly Run[], figure: string): number {
  return median(runs.flatMap(({ figures }) => figures[figure] ?? []))
}

/** Invalidations a second that a Redis can take at `load` (0 to 1) of its one thread, with so many subscribers. */
export function redisCapacity({ append, delivery }: RedisCosts, subscribers: number, load: number): number {
  return (load * 1e6) / (append + delivery * subscribers)
}

/** A fleet in which services publish evenly, and each invalidation is heard by so many of them. */
export interface Fleet {
  readonly services: number
  /** A second, of all services together. */
  readonly invalidations: number
  readonly heardBy: number
}

export interface Demand {
  /** A second. */
  readonly deliveries: number
  /** Threads of Redis, fully busy. */
  readonly redisThreads: { readonly packed: number; readonly alone: number }
  /** Sent by all of Redis. */
  readonly gigabitsPerS: number
  /** Of one service: shares of a thread. */
  readonly subscriber: number
  readonly publisher: { readonly packed: number; readonly alone: number }
}

export function demandOf(fleet: Fleet, { redis, deliveredBytes, subscriber, publisher }: Costs): Demand {
  const { services, invalidations, heardBy } = fleet
  const threads = ({ append, delivery }: RedisCosts): number => (invalidations * (append + delivery * heardBy)) / 1e6
  const published = invalidations / services
  return {
    deliveries: invalidations * heardBy,
    redisThreads: { packed: threads(redis.packed), alone: threads(redis.alone) },
    gigabitsPerS: (invalidations * heardBy * deliveredBytes * 8) / 1e9,
    subscriber: ((invalidations * heardBy) / services / 1e6) * subscriber.packed,
    publisher: { packed: (published * publisher.packed) / 1e6, alone: (published * publisher.alone) / 1e6 },
  }
}
