import type { Results } from '../results.js'
import { type Costs, costsOf, demandOf, redisCapacity } from '../scaling.js'
import { formatFigure, formatMoment } from './format.js'
import { markdownTable, replacePlace } from './markdown.js'

/** What is planned with: half of a thread, so that the other half is there when a node is not; and a fast link. */
const [load, linkGigabits] = [0.5, 10]
const fleet = { services: 1_000, invalidations: 1_000_000 }

/**
 * The page on scaling with its three places filled: what an invalidation costs, where one Redis ends, and what a large
 * fleet needs. As it is where `scale` was not measured.
 */
export function quoteScaling(page: string, results: Results): string {
  const costs = costsOf(results.runs)
  if (costs === undefined) return page
  const places = { costs: costsText(costs, results), 'one-redis': oneRedisText(costs), fleet: fleetText(costs) }
  return Object.entries(places).reduce((quoted, [place, text]) => replacePlace(quoted, place, text), page)
}

function costsText({ redis, deliveredBytes, publisher, subscriber }: Costs, { date, machine, load }: Results): string {
  const rows = [
    ['Redis, for the invalidation, µs', redis.packed.append, redis.alone.append],
    ['Redis, for each subscriber it goes to, µs', redis.packed.delivery, redis.alone.delivery],
    ['publisher, µs', publisher.packed, publisher.alone],
    ['subscriber, µs', subscriber.packed, subscriber.alone],
  ] as const
  return [
    ...markdownTable(
      ['CPU time of an invalidation', 'in frames of many', 'alone'],
      rows.map(([what, packed, alone]) => [what, formatFigure(packed), formatFigure(alone)]),
      [1, 2],
    ),
    '',
    `In frames of many, Redis sends ${formatFigure(deliveredBytes)} bytes for an invalidation to each subscriber. Measured on`,
    `${formatMoment(date)}: ${machine.cpu}, ${machine.cores} cores; load average ${load.before} before and ${load.after} after.`,
  ].join('\n')
}

function oneRedisText({ redis, deliveredBytes, subscriber }: Costs): string {
  const rows = [1, 10, 100, 1_000].map((subscribers) => [
    subscribers,
    redisCapacity(redis.packed, subscribers, load),
    redisCapacity(redis.alone, subscribers, load),
    (linkGigabits * 1e9) / 8 / (deliveredBytes * subscribers),
    (load * 1e6) / subscriber.packed,
  ])
  return markdownTable(
    ['subscribers', 'Redis, frames of many', 'Redis, alone', `${linkGigabits} Gbit/s`, 'a subscriber'],
    rows.map((row) => row.map(formatRoughly)),
    [0, 1, 2, 3, 4],
  ).join('\n')
}

function fleetText(costs: Costs): string {
  const rows = [1_000, 100, 10, 1].map((heardBy) => {
    const { deliveries, redisThreads, gigabitsPerS, subscriber, publisher } = demandOf({ ...fleet, heardBy }, costs)
    const numbers = [heardBy, deliveries, redisThreads.packed, redisThreads.alone, gigabitsPerS, subscriber]
    return [...numbers, publisher.alone].map(formatRoughly)
  })
  const head = [
    'heard by',
    'deliveries/s',
    'Redis, frames of many',
    'Redis, alone',
    'Gbit/s',
    'a subscriber',
    'a publisher, alone',
  ]
  return markdownTable(head, rows, [0, 1, 2, 3, 4, 5, 6]).join('\n')
}

/** Two digits that count: what is reckoned is not more exact. */
function formatRoughly(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 2 })
}
