import { readVersions } from '../../bench/versions.js'
import type { SoakOptions } from './options.js'
import type { Soak } from './soak.js'

/** The result of a run, as `--json` prints it. */
export interface Outcome {
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly topology: string
  readonly seed: number
  /** For how long it published and audited. */
  readonly seconds: number
  readonly versions: Readonly<Record<string, string>>
  readonly published: number
  readonly acknowledged: number
  /** Messages that handlers finished, all subscriptions together. */
  readonly handled: number
  /** How many of them had been handled before by the same subscription. */
  readonly duplicates: number
  readonly faults: Readonly<Record<string, number>>
  readonly resyncs: Readonly<Record<string, number>>
  /** Frames that publishers appended again after a failover had lost them. */
  readonly repaired: number
  /** From the end of a fault until every subscription was live and verified. Null where nothing was measured. */
  readonly recoverMs: Readonly<Record<'p50' | 'p99' | 'max', number | null>>
  /** High-water mark of each process, in bytes. */
  readonly memory: Readonly<Record<string, number>>
  /** Acknowledged messages that a subscription neither handled nor resynced over. */
  readonly lost: number
  /** Cached values that differed from the source of truth when all was at rest. */
  readonly stale: number
}

export async function outcomeOf(soak: Soak, { topology, sharded, seed }: SoakOptions): Promise<Outcome> {
  const versions = await readVersions()
  const { startedAt, ledger, score, vitals, clock } = soak
  return {
    startedAt: startedAt.toISOString(),
    topology: sharded ? `${topology}, sharded` : topology,
    seed,
    seconds: soak.seconds,
    versions,
    ...ledger.counts,
    faults: score.faults,
    repaired: vitals.repaired,
    recoverMs: percentiles(clock.samples),
    memory: vitals.memory,
    lost: score.lost,
    stale: score.stale,
  }
}

/** By the nearest rank. */
export function percentiles(samples: readonly number[]): Outcome['recoverMs'] {
  const sorted = samples.toSorted((a, b) => a - b)
  const rank = (share: number): number | null => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null
  return { p50: rank(0.5), p99: rank(0.99), max: rank(1) }
}
