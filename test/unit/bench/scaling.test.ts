import { describe, expect, test } from 'vitest'
import type { Run } from '../../../bench/results.js'
import { type Costs, costsOf, demandOf, redisCapacity } from '../../../bench/scaling.js'

function run(variant: string, parameters: Run['parameters'], figures: Run['figures']): Run {
  const named = { measurement: 'scale', case: JSON.stringify(parameters), variant, variantTitle: variant }
  return { ...named, parameters, repetition: 1, figures }
}

const many = { publishers: 1, in_flight: 1_000 }
const alone = { publishers: 16, in_flight: 16, subscribers: 1 }

/** Of ours an append takes 1 µs, a delivery 0.1 µs and 180 bytes; of plain PUBLISH a delivery takes 0.2 µs. */
const runs = [
  run('cache-invalidation', { ...many, subscribers: 1 }, costs(1.1, 5, 4, 184)),
  run('cache-invalidation', { ...many, subscribers: 8 }, costs(999, 999, 999, 999)),
  run('cache-invalidation', { ...many, subscribers: 31 }, costs(4.1, 7, 3, 5_584)),
  run('cache-invalidation', { ...many, publishers: 4, subscribers: 1 }, costs(999, 999, 999, 999)),
  run('cache-invalidation', alone, costs(20.2, 100, 40, 380)),
  run('ioredis', { ...many, subscribers: 1 }, costs(7, 9, 6, 250)),
  run('ioredis', { ...many, subscribers: 31 }, costs(13, 9, 6, 7_000)),
  run('ioredis', alone, costs(12, 50, 14, 255)),
]

function costs(redis: number, publisher: number, subscriber: number, bytes: number): Run['figures'] {
  const cpu = { redis_cpu_us: redis, publisher_cpu_us: publisher, subscriber_cpu_us: subscriber }
  return { ...cpu, redis_sent_bytes: bytes }
}

function known(): Costs {
  const found = costsOf(runs)
  if (found === undefined) throw new Error('Expected costs')
  return found
}

describe('what scaling is reckoned from', () => {
  test('what grows with the subscribers is the cost of a delivery, and the rest that of the invalidation', () => {
    const { redis, deliveredBytes, publisher, subscriber } = known()
    expect(redis.packed.append).toBeCloseTo(1)
    expect(redis.packed.delivery).toBeCloseTo(0.1)
    expect(deliveredBytes).toBeCloseTo(180)
    expect(redis.alone.append).toBeCloseTo(20)
    expect(redis.alone.delivery).toBeCloseTo(0.2)
    expect({ publisher, subscriber }).toEqual({
      publisher: { packed: 5, alone: 100 },
      subscriber: { packed: 4, alone: 40 },
    })
  })

  test.each(['cache-invalidation', 'ioredis'])('without one of the cases of %s nothing is reckoned', (variant) => {
    expect(costsOf(runs.filter((each) => each.variant !== variant))).toBeUndefined()
    const withoutMany = runs.filter((each) => each.variant !== variant || each.parameters.subscribers === 1)
    expect(costsOf(withoutMany)).toBeUndefined()
    expect(costsOf(runs.filter((each) => each.parameters !== alone))).toBeUndefined()
  })

  test('one thread of Redis is shared by the invalidation and its deliveries', () => {
    expect(redisCapacity({ append: 1, delivery: 0.1 }, 10, 0.5)).toBeCloseTo(250_000)
  })

  test('what a fleet needs is what each invalidation costs, as often as it is published and heard', () => {
    const demand = demandOf({ services: 1_000, invalidations: 1_000_000, heardBy: 100 }, known())
    expect(demand.deliveries).toBe(100_000_000)
    expect(demand.redisThreads.packed).toBeCloseTo(11)
    expect(demand.redisThreads.alone).toBeCloseTo(40)
    expect(demand.gigabitsPerS).toBeCloseTo(144)
    expect(demand.subscriber).toBeCloseTo(0.4)
    expect(demand.publisher.packed).toBeCloseTo(0.005)
    expect(demand.publisher.alone).toBeCloseTo(0.1)
  })
})
