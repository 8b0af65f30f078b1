import { streamIdTime } from '../message/stream-id.js'

/** How fast a log grows. Entries, not invalidations: one entry may carry many. */
export interface AppendRate {
  readonly entriesPerSecond: number
  /** How many entries were counted, and over how long. */
  readonly entries: number
  readonly windowMs: number
}

/** What a rate is taken over at most. */
const longestWindowMs = 60_000

/**
 * Over the last minute or, where the entries that were read do not reach back so far, since the first of them.
 *
 * @param newest stream IDs, oldest first
 * @param now by the server's clock
 */
export function appendRate(newest: readonly string[], now: number): AppendRate {
  const times = newest.map(streamIdTime)
  const since = Math.max(now - longestWindowMs, times[0] ?? 0)
  const entries = times.filter((time) => time > since).length
  const windowMs = Math.max(1, now - since)
  return { entriesPerSecond: (entries * 1_000) / windowMs, entries, windowMs }
}

const maxEntries = 1_000

/**
 * How many of the newest entries to read, where no more than `maxBytes` should come; few where their size is unknown.
 */
export function sampleSize(length: number, bytes: number | undefined, maxBytes: number): number {
  if (bytes === undefined || bytes === 0 || length === 0) return maxEntries / 10
  const fitting = Math.floor((maxBytes * length) / bytes)
  return Math.min(maxEntries, Math.max(10, fitting))
}
