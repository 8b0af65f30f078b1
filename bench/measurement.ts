import type { RedisServer } from '../scripts/redis-server-process.js'
import type { Resources } from './resources.js'

/** How long and how much: `smoke` only shows that everything runs, and its figures mean nothing. */
export type Size = 'full' | 'default' | 'smoke'

/** Something that is measured. Each has a file in `measurements/` and a line in `measurements.ts`. */
export interface Measurement {
  /** As in `--only NAME` and in the JSON; stable. */
  readonly name: string
  readonly title: string
  readonly figures: readonly Figure[]
  cases(size: Size): readonly Case[]
}

/** A number that each run of a measurement gives, or that some of its variants give. */
export interface Figure {
  /** Stable: in snake case, with the unit at its end (`handled_per_s`, `p99_ms`, `redis_cpu_us`). */
  readonly name: string
  /** As people read it, such as `handled` or `CPU of Redis`. */
  readonly title: string
  readonly unit: string
  readonly better: 'higher' | 'lower'
  /**
   * Counts what went wrong, such as messages lost: told wherever it is not 0, summed up and never averaged.
   * Default: false.
   */
  readonly fault?: boolean
}

/** Variants that are measured in turns. */
export type Case = CaseWithRedis | CaseWithoutRedis

interface CaseCommon {
  readonly name: string
  /** What sets it apart from the others of its measurement, such as `{ in_flight: 1000, subscribers: 1 }`: stable. */
  readonly parameters: Readonly<Record<string, number>>
}

export interface CaseWithRedis extends CaseCommon {
  /** Arguments of the `redis-server` that is started for this case alone. */
  readonly redis: readonly string[]
  /**
   * Starts what the variants need. Ours comes first of them, then what it is compared with. What it starts is handed
   * to `resources`, and closed when all is measured.
   */
  open(context: CaseContext & { readonly server: RedisServer }): Promise<readonly Variant[]> | readonly Variant[]
}

export interface CaseWithoutRedis extends CaseCommon {
  readonly redis?: undefined
  /** As that of {@link CaseWithRedis}, without a server. */
  open(context: CaseContext): Promise<readonly Variant[]> | readonly Variant[]
}

export interface CaseContext {
  readonly resources: Resources
  readonly say: (line: string) => void
}

export interface Variant {
  /** As in the JSON; stable, such as `cache-invalidation` or `ioredis`. */
  readonly name: string
  /** As people read it, such as `ioredis PUBLISH/SUBSCRIBE`. */
  readonly title: string
  /**
   * The folder of `peers/` that has the packages it needs: they are installed before it first runs. With
   * `--without-peers` it is left out. Default: what the bench has anyway is enough.
   */
  readonly peer?: string
  /** Measures once. */
  run(): Promise<Reading>
}

/** What one run of a variant gave. */
export interface Reading {
  /** By the names of the measurement's figures; one that a variant has not is absent. */
  readonly figures: Readonly<Record<string, number>>
  /** Where latencies were measured: points of the percentile curve, as `[percentile (0 to 100), ms]`, ascending. */
  readonly percentiles?: readonly (readonly [percentile: number, ms: number])[]
}
