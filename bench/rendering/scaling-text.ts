import type { Results } from '../results.js'
import { type AllCosts, capacityOf, type Costs, costsOf, demandOf } from '../scaling.js'
import { formatFigure, formatMoment } from './format.js'
import { markdownTable, replacePlace } from './markdown.js'

/** Half of a thread, so that the other half is there when a node is not; and a fast link. */
const plan = { load: 0.5, linkGigabits: 10 }
const fleet = { services: 1_000, invalidations: 1_000_000 }

/**
 * The page on scaling with its three places filled: what an invalidation costs, where one Redis ends, and what a large
 * fleet needs. As it is where `scale` was not measured.
 */
export function quoteScaling(page: string, results: Results): string {
  const costs = costsOf(results.runs)
  if (costs === undefined) return page
  const places = {
    costs: costsText(costs, results),
    'one-redis': bothWays(costs, oneRedisTable),
    fleet: bothWays(costs, fleetTable),
  }
  return Object.entries(places).reduce((quoted, [place, text]) => replacePlace(quoted, place, text), page)
}

function costsText({ packed, alone }: AllCosts, { date, machine, load }: Results): string {
  const rows = [
    ['CPU time of Redis for it, µs', packed.append, alone.append],
    ['CPU time of Redis for each subscriber it goes to, µs', packed.delivery, alone.delivery],
    ['bytes to each subscriber', packed.deliveredBytes, alone.deliveredBytes],
    ['CPU time of the publisher, µs', packed.publisher, alone.publisher],
    ['CPU time of a subscriber, µs', packed.subscriber, alone.subscriber],
  ] as const
  return [
    ...markdownTable(
      ['an invalidation', 'in frames of many', 'alone'],
      rows.map(([what, ...each]) => [what, ...each.map(formatFigure)]),
      [1, 2],
    ),
    '',
    `Measured on ${formatMoment(date)}: ${machine.cpu}, ${machine.cores} cores;`,
    `load average ${load.before} before and ${load.after} after.`,
  ].join('\n')
}

function bothWays({ packed, alone }: AllCosts, tableOf: (costs: Costs) => readonly string[]): string {
  return ['In frames of many:', '', ...tableOf(packed), '', 'Alone:', '', ...tableOf(alone)].join('\n')
}

function oneRedisTable(costs: Costs): readonly string[] {
  return numberTable(
    ['subscribers', 'Redis', `${plan.linkGigabits} Gbit/s`, 'a subscriber'],
    [1, 10, 100, 1_000].map((subscribers) => {
      const { redis, link, subscriber } = capacityOf(subscribers, costs, plan)
      return [subscribers, redis, link, subscriber]
    }),
  )
}

function fleetTable(costs: Costs): readonly string[] {
  return numberTable(
    ['heard by', 'deliveries/s', 'Redis', 'Gbit/s', 'a subscriber', 'a publisher'],
    [1_000, 100, 10, 1].map((heardBy) => {
      const { deliveries, redisThreads, gigabitsPerS, subscriber, publisher } = demandOf({ ...fleet, heardBy }, costs)
      return [heardBy, deliveries, redisThreads, gigabitsPerS, subscriber, publisher]
    }),
  )
}

/** By two digits that count: what is reckoned is not more exact. */
function numberTable(head: readonly string[], rows: readonly (readonly number[])[]): readonly string[] {
  const cells = rows.map((row) => row.map((value) => value.toLocaleString('en-US', { maximumSignificantDigits: 2 })))
  return markdownTable(head, cells, [...head.keys()])
}
