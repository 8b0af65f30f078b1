import type { Machine } from './machine.js'
import type { Figure, Reading, Size } from './measurement.js'

/** All that is known of a run of the bench: what `--json` prints and `results.json` holds. Names in it are stable. */
export interface Results {
  /** When it began: ISO 8601, in UTC. */
  readonly date: string
  readonly seconds: number
  readonly size: Size
  readonly repetitions: number
  readonly machine: Machine
  /** Of this library, Node, redis-server, ioredis and the packages of the peers that were measured. */
  readonly versions: Readonly<Record<string, string>>
  /** Load average of the last minute, the bench's own included. */
  readonly load: { readonly before: number; readonly after: number }
  /** By their names in `ratios.ts`, of this run alone. Absent where it was not measured. */
  readonly ratios: Readonly<Record<string, number>>
  /** What each ratio is to reach, and whether it does. */
  readonly bars: Readonly<Record<string, Bar>>
  /** The measurements, so that a report can be read without the code. */
  readonly measurements: readonly MeasurementInfo[]
  /** In the order in which they were measured. */
  readonly runs: readonly Run[]
}

export interface Bar {
  readonly kind: 'at least' | 'at most'
  readonly bar: number
  readonly met: boolean
}

export interface MeasurementInfo {
  readonly name: string
  readonly title: string
  readonly figures: readonly Figure[]
}

/** One run of one variant. */
export interface Run extends Reading {
  readonly measurement: string
  readonly case: string
  readonly parameters: Readonly<Record<string, number>>
  readonly variant: string
  readonly variantTitle: string
  /** From 1. */
  readonly repetition: number
}
