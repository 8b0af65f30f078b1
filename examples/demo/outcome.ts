import type { ActProgress, Board } from './board.js'
import { type ServiceName, serviceNames, type StaleValue } from './services/service.js'
import type { Tally } from './tally.js'
import type { Moment } from './tracing/moment.js'

/** What a service did in all its lives, and what its caches held at the end. */
export interface ServiceOutcome {
  readonly published: number
  readonly live: number
  readonly replayed: number
  readonly duplicates: number
  readonly resyncs: number
  readonly resyncReasons: Readonly<Record<string, number>>
  readonly longestGapMs: number
  readonly failures: number
  readonly reads: number
  /** Cached values that were compared with the database. */
  readonly compared: number
  readonly stale: number
  readonly staleValues: readonly StaleValue[]
}

/** The result of a run; its names are what `--json` prints. */
export interface Outcome {
  readonly ok: boolean
  /** Why not, where that is not for stale values. */
  readonly error?: string
  readonly mode: 'redis' | 'memory'
  readonly seconds: number
  readonly seed: number
  readonly published: number
  readonly live: number
  readonly replayed: number
  readonly duplicates: number
  readonly resyncs: number
  readonly stale: number
  readonly longestGapMs: number
  readonly acts: readonly Readonly<ActProgress>[]
  /** What was traced of a publish that a service missed. */
  readonly moment?: Moment
  readonly services: Readonly<Record<ServiceName, ServiceOutcome>>
}

export function outcomeOf(
  board: Board,
  about: Pick<Outcome, 'mode' | 'seconds' | 'seed' | 'moment'>,
  failure: Error | undefined,
): Outcome {
  const { acts, tallies } = board
  const services = {
    'user-service': serviceOutcome(tallies['user-service']),
    'graphql-gateway': serviceOutcome(tallies['graphql-gateway']),
    'feed-service': serviceOutcome(tallies['feed-service']),
    'search-service': serviceOutcome(tallies['search-service']),
  }
  const each = serviceNames.map((name) => services[name])
  const sum = (of: (service: ServiceOutcome) => number): number => each.map(of).reduce((a, b) => a + b, 0)
  const problems = [failure?.message, ...serviceNames.map((name) => problemOf(name, services[name]))]
  const error = problems.find((problem) => problem !== undefined)
  const stale = sum((service) => service.stale)
  return {
    ok: error === undefined && stale === 0,
    ...(error !== undefined && { error }),
    ...about,
    published: sum((service) => service.published),
    live: sum((service) => service.live),
    replayed: sum((service) => service.replayed),
    duplicates: sum((service) => service.duplicates),
    resyncs: sum((service) => service.resyncs),
    stale,
    longestGapMs: Math.max(...each.map((service) => service.longestGapMs)),
    acts,
    services,
  }
}

function serviceOutcome(tally: Tally): ServiceOutcome {
  const { published, live, replayed, duplicates, resyncs, failures, reads } = tally.total
  const { compared = 0, stale = [] } = tally.latest.audit ?? {}
  return {
    published,
    live,
    replayed,
    duplicates,
    resyncs: tally.resyncs,
    resyncReasons: resyncs,
    longestGapMs: Math.round(tally.longestGapMs),
    failures,
    reads,
    compared,
    stale: stale.length,
    staleValues: stale,
  }
}

function problemOf(name: ServiceName, { failures }: ServiceOutcome): string | undefined {
  return failures > 0 ? `${name} gave up ${failures} times: see what it said` : undefined
}
