import type { Departure, Eviction } from './memory/departures.js'

/** Why a read did not find what it may serve. */
export type MissReason = Departure | 'absent' | 'ttl' | 'unverified'

/** Why a value past its time was served. */
export type StaleReason = 'revalidate' | 'error' | 'timeout'

/** Why a key was loaded: a read missed, or served a stale value that is loaded again in the background. */
export type LoadReason = MissReason | 'revalidate'

/** What a cache did since it was connected. */
export interface CacheCounts {
  /** Reads that memory served; of them, those that found that there is no value. */
  readonly hits: number
  readonly negativeHits: number
  /**
   * Reads that went to the loader: `absent` (never there, or made room), `ttl` (past its time), `key`, `tag`, `pattern`
   * and `resync` (evicted by one), `fenced` (its last load was not stored), `unverified` (served from the loader, since
   * nothing proved the cache to be complete). Only the last thousand evicted keys are remembered; others are `absent`.
   */
  readonly misses: Readonly<Record<MissReason, number>>
  /** Values past their time that were served: while they were loaded again, since a load failed, or took too long. */
  readonly stale: Readonly<Record<StaleReason, number>>
  /** Calls of a loader for a key; of them, those that failed. */
  readonly loads: number
  readonly failedLoads: number
  /** Values that were not stored, since something newer was invalidated while they were loaded. */
  readonly fencedLoads: number
  /** Reads that waited for a load that was under way. */
  readonly joined: number
  /** Entries that an invalidation evicted. A key that was not in memory does not count. */
  readonly evictions: Readonly<Record<Eviction, number>>
  /** Entries that left to make room. */
  readonly displaced: number
  /** Invalidations handled. */
  readonly invalidations: number
}

/** What a cache did, and what is in it. */
export interface CacheStats extends CacheCounts {
  readonly entries: number
  /** By `sizeOf`; 0 without `maxBytes`. */
  readonly bytes: number
  /** Loads that run. */
  readonly running: number
}

/** The counts as they grow. */
export class CacheCounters implements CacheCounts {
  hits = 0
  negativeHits = 0
  readonly misses = { absent: 0, ttl: 0, key: 0, tag: 0, pattern: 0, resync: 0, unverified: 0, fenced: 0 }
  readonly stale = { revalidate: 0, error: 0, timeout: 0 }
  loads = 0
  failedLoads = 0
  fencedLoads = 0
  joined = 0
  readonly evictions = { key: 0, tag: 0, pattern: 0, resync: 0 }
  displaced = 0
  invalidations = 0

  copy(): CacheCounts {
    const { hits, negativeHits, misses, stale, loads, failedLoads, fencedLoads, joined } = this
    const { evictions, displaced, invalidations } = this
    return {
      hits,
      negativeHits,
      misses: { ...misses },
      stale: { ...stale },
      loads,
      failedLoads,
      fencedLoads,
      joined,
      evictions: { ...evictions },
      displaced,
      invalidations,
    }
  }
}
