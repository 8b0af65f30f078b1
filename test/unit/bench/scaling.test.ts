import { describe, expect, test } from 'vitest'
import type { Run } from '../../../bench/results.js'
import { type AllCosts, capacityOf, costsOf, demandOf } from '../../../bench/scaling.js'

function run(variant: string, parameters: Run['parameters'], figures: Run['figures']): Run {
  const named = { measurement: 'scale', case: JSON.stringify(parameters), variant, variantTitle: variant }
  return { ...named, parameters, repetition: 1, figures }
}

const many = { publishers: 1, in_flight: 1_000 }
const alone = { publishers: 16, in_flight: 16 }

/** In frames an append takes 1 µs, a delivery 0.1 µs and 180 bytes; alone 20 µs, 2 µs and 380 bytes. */
const runs = [
  run('cache-invalidation', { ...many, subscribers: 1 }, figures(1.1, 5, 4, 184)),
  run('cache-invalidation', { ...many, subscribers: 8 }, figures(999, 999, 999, 999)),
  run('cache-invalidation', { ...many, subscribers: 31 }, figures(4.1, 7, 3, 5_584)),
  run('cache-invalidation', { ...many, publishers: 4, subscribers: 1 }, figures(999, 999, 999, 999)),
  run('cache-invalidation', { ...alone, subscribers: 1 }, figures(22, 100, 40, 384)),
  run('cache-invalidation', { ...alone, subscribers: 8 }, figures(36, 999, 999, 3_044)),
  run('ioredis', { ...many, subscribers: 31 }, figures(999, 999, 999, 999)),
  run('ioredis', { ...alone, subscribers: 8 }, figures(999, 999, 999, 999)),
]

function figures(redis: number, publisher: number, subscriber: number, bytes: number): Run['figures'] {
  const cpu = { redis_cpu_us: redis, publisher_cpu_us: publisher, subscriber_cpu_us: subscriber }
  return { ...cpu, redis_sent_bytes: bytes }
}

function known(): AllCosts {
  const found = costsOf(runs)
  if (found === undefined) throw new Error('Expected costs')
  return found
}

function closeTo(expected: Readonly<Record<string, number>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(expected).map(([name, value]) => [name, expect.closeTo(value)]))
}

describe('what scaling is reckoned from', () => {
  test('what grows with the subscribers is the cost of a delivery, and the rest that of the invalidation', () => {
    const { packed, alone } = known()
    expect(packed).toEqual(closeTo({ append: 1, delivery: 0.1, deliveredBytes: 180, publisher: 5, subscriber: 4 }))
    expect(alone).toEqual(closeTo({ append: 20, delivery: 2, deliveredBytes: 380, publisher: 100, subscriber: 40 }))
  })

  test.each(['packed', 'alone'] as const)('without two cases of %s nothing is reckoned', (way) => {
    const { publishers } = way === 'packed' ? many : alone
    const others = runs.filter(({ parameters }) => parameters.publishers !== publishers)
    const one = runs.find(({ parameters }) => parameters.publishers === publishers)
    expect(costsOf(others)).toBeUndefined()
    expect(costsOf([...others, ...(one ? [one] : [])])).toBeUndefined()
  })

  test('one thread of Redis is shared by the invalidation and its deliveries, and a link by the deliveries', () => {
    const capacity = capacityOf(10, known().packed, { load: 0.5, linkGigabits: 10 })
    expect(capacity).toEqual(closeTo({ redis: 250_000, link: 694_444.44, subscriber: 125_000 }))
  })

  test('what a fleet needs is what each invalidation costs, as often as it is published and heard', () => {
    const fleet = { services: 1_000, invalidations: 1_000_000, heardBy: 100 }
    expect(demandOf(fleet, known().packed)).toEqual(
      closeTo({ deliveries: 1e8, redisThreads: 11, gigabitsPerS: 144, subscriber: 0.4, publisher: 0.005 }),
    )
    expect(demandOf(fleet, known().alone)).toEqual(
      closeTo({ deliveries: 1e8, redisThreads: 220, gigabitsPerS: 304, subscriber: 4, publisher: 0.1 }),
    )
  })
})
