import { expect, test } from 'vitest'
import { readingOf, type Round } from '../../../bench/flood/round.js'
import { spread } from '../../../bench/measurements/scale.js'

const idle = { cpuUs: 0, connections: 0, buffersOverrun: 0, bytesSent: 0 }

/** Two publishers' processes and two of two subscribers each: 1,000 published, all handled. */
const round: Round = {
  published: [
    { published: 400, startedAt: 1_010, tookMs: 80, cpuUs: 3_000 },
    { published: 600, startedAt: 1_000, tookMs: 90, cpuUs: 5_000 },
  ],
  handled: [
    { handledByAll: 1_000, lost: 0, lastHandledAt: 1_100, cpuUs: 8_000 },
    { handledByAll: 1_000, lost: 0, lastHandledAt: 1_200, cpuUs: 12_000 },
  ],
  subscribers: 4,
  redis: { before: { ...idle, connections: 9 }, after: { ...idle, connections: 9, cpuUs: 2_500, bytesSent: 180_000 } },
}

test('the rate is that of the slowest, and costs are those of one invalidation', () => {
  expect(readingOf(round).figures).toEqual({
    handled_per_s: 5_000,
    redis_cpu_us: 2.5,
    publisher_cpu_us: 8,
    subscriber_cpu_us: 5,
    all_cpu_us: 30.5,
    redis_sent_bytes: 180,
    lost: 0,
    disconnects: 0,
  })
})

test('what one subscriber lost is told, and does not count as handled', () => {
  const handled = [
    { handledByAll: 1_000, lost: 0, lastHandledAt: 1_100, cpuUs: 8_000 },
    { handledByAll: 250, lost: 750, lastHandledAt: 1_050, cpuUs: 5_000 },
  ]
  const redis = { before: idle, after: { ...idle, connections: 1, buffersOverrun: 1 } }
  const { figures } = readingOf({ ...round, handled, redis })
  expect(figures).toMatchObject({ handled_per_s: 2_500, subscriber_cpu_us: 4, lost: 750, disconnects: 1 })
})

test('where nothing was handled, the rate is 0 and a subscriber has no cost', () => {
  const handled = [{ handledByAll: 0, lost: 4_000, lastHandledAt: 990, cpuUs: 70 }]
  const { figures } = readingOf({ ...round, handled })
  expect(figures).toMatchObject({ handled_per_s: 0, lost: 4_000 })
  expect(figures).not.toHaveProperty('subscriber_cpu_us')
})

test('a connection that Redis closed counts, whether or not it came back in the round', () => {
  const redis = { before: idle, after: { ...idle, connections: 1, buffersOverrun: 3 } }
  expect(readingOf({ ...round, redis }).figures).toMatchObject({ disconnects: 3 })
})

test.each([
  [1, [1]],
  [4, [1, 1, 1, 1]],
  [6, [1, 1, 2, 2]],
  [64, [16, 16, 16, 16]],
])('%d are spread over at most four processes', (count, expected) => {
  expect(spread(count)).toEqual(expected)
})
