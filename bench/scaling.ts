import type { Run } from './results.js'
import { median } from './statistics.js'
import { ours } from './summaries.js'

/** What an invalidation costs, as the measurement `scale` tells: medians of one run of the bench. CPU times in µs. */
export interface Costs {
  /** Of Redis, for the invalidation itself. */
  readonly append: number
  /** Of Redis, for each subscriber that it is sent to. */
  readonly delivery: number
  /** Sent to each subscriber. */
  readonly deliveredBytes: number
  readonly publisher: number
  readonly subscriber: number
}

/** In frames of many, as publishers with much in flight fill them; and alone, where each waits for one at a time. */
export interface AllCosts {
  readonly packed: Costs
  readonly alone: Costs
}

/** Undefined where one of the cases was not measured. */
export function costsOf(runs: readonly Run[]): AllCosts | undefined {
  const scale = runs.filter(({ measurement, variant }) => measurement === 'scale' && variant === ours)
  const packed = growthOf(scale.filter(({ parameters }) => parameters.publishers === 1))
  const alone = growthOf(scale.filter(({ parameters }) => isAlone(parameters)))
  return packed && alone && { packed, alone }
}

/** No publisher has two in flight, so that none packs any. */
function isAlone({ publishers, in_flight: inFlight }: Run['parameters']): boolean {
  return publishers === inFlight
}

/**
 * From the case with the fewest subscribers and that with the most, of as many publishers: what is added between them is the
 * deliveries.
 */
function growthOf(runs: readonly Run[]): Costs | undefined {
  const subscribers = runs.map(({ parameters }) => parameters.subscribers ?? 0)
  const [few, many] = [Math.min(...subscribers), Math.max(...subscribers)]
  if (runs.length === 0 || few === many) return undefined
  const at = (count: number, figure: string): number =>
    median(runs.flatMap(({ parameters, figures }) => (parameters.subscribers === count ? (figures[figure] ?? []) : [])))
  const each = (figure: string): number => (at(many, figure) - at(few, figure)) / (many - few)
  const delivery = each('redis_cpu_us')
  return {
    append: at(few, 'redis_cpu_us') - few * delivery,
    delivery,
    deliveredBytes: each('redis_sent_bytes'),
    publisher: at(few, 'publisher_cpu_us'),
    subscriber: at(few, 'subscriber_cpu_us'),
  }
}

/** What is planned with: a share (0 to 1) of a thread, and a link. */
export interface Plan {
  readonly load: number
  readonly linkGigabits: number
}

/** Invalidations a second, each going to so many subscribers, that each part can take. */
export interface Capacity {
  readonly redis: number
  readonly link: number
  readonly subscriber: number
}

export function capacityOf(subscribers: number, costs: Costs, { load, linkGigabits }: Plan): Capacity {
  return {
    redis: (load * 1e6) / (costs.append + costs.delivery * subscribers),
    link: (linkGigabits * 1e9) / 8 / (costs.deliveredBytes * subscribers),
    subscriber: (load * 1e6) / costs.subscriber,
  }
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
  readonly redisThreads: number
  /** Sent by all of Redis. */
  readonly gigabitsPerS: number
  /** Of one service: shares of a thread. */
  readonly subscriber: number
  readonly publisher: number
}

export function demandOf({ services, invalidations, heardBy }: Fleet, costs: Costs): Demand {
  const deliveries = invalidations * heardBy
  return {
    deliveries,
    redisThreads: (invalidations * costs.append + deliveries * costs.delivery) / 1e6,
    gigabitsPerS: (deliveries * costs.deliveredBytes * 8) / 1e9,
    subscriber: ((deliveries / services) * costs.subscriber) / 1e6,
    publisher: ((invalidations / services) * costs.publisher) / 1e6,
  }
}
