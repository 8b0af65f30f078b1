import { bucketCount, bucketOf, middleOf } from './latency-buckets.js'
import { LatencySlice } from './latency-slice.js'

/** Latencies in ms. Percentiles are by nearest rank and off by less than 0.8 %; the smallest and the largest are exact. */
export interface LatencySummary {
  readonly count: number
  readonly min: number
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** What falls out of the window falls out by slices of it: a sixth of the window at a time. */
const slicesPerWindow = 6

/**
 * Latencies over the last `windowMs`: a slice leaves as soon as a part of it is older. However many are recorded, they take
 * 8 KiB for each slice that held some; where there were none, nothing.
 */
export class SlidingLatencies {
  readonly #sliceMs: number
  #slices: LatencySlice[] = []
  #current: LatencySlice | undefined
  #currentUntil = -Infinity

  constructor(windowMs: number) {
    this.#sliceMs = windowMs / slicesPerWindow
  }

  /**
   * Takes in a latency as often as it was seen; `now` is the monotonic time. One that is negative, as between clocks that
   * disagree, counts as 0.
   */
  record(ms: number, now: number, times = 1): void {
    const slice = this.#current && now < this.#currentUntil ? this.#current : this.#turn(now)
    slice.add(ms > 0 ? ms : 0, times)
  }

  /** Undefined where nothing was recorded within the window. */
  summary(now: number): LatencySummary | undefined {
    const oldest = Math.floor(now / this.#sliceMs) - slicesPerWindow
    const slices = this.#slices.filter(({ turn, count }) => turn > oldest && count > 0)
    if (slices.length === 0) return undefined
    const count = slices.reduce((total, slice) => total + slice.count, 0)
    const sum = slices.reduce((total, slice) => total + slice.sum, 0)
    const min = Math.min(...slices.map((slice) => slice.min))
    const max = Math.max(...slices.map((slice) => slice.max))
    const perMille = (share: number): number => {
      const rank = Math.ceil((count * share) / 1_000)
      if (rank === 1) return min
      return rank === count ? max : Math.min(max, Math.max(min, ranked(slices, rank, bucketOf(min))))
    }
    return {
      ...{ count, min, mean: sum / count, max },
      ...{ p50: perMille(500), p90: perMille(900), p99: perMille(990), p999: perMille(999) },
    }
  }

  clear(): void {
    this.#slices = []
    this.#current = undefined
  }

  #turn(now: number): LatencySlice {
    const turn = Math.floor(now / this.#sliceMs)
    const slice = (this.#slices[turn % slicesPerWindow] ??= new LatencySlice())
    if (slice.turn !== turn) slice.begin(turn)
    this.#current = slice
    this.#currentUntil = (turn + 1) * this.#sliceMs
    return slice
  }
}

/** The latency of a rank, from 1; there are that many from the bucket `first` on. */
function ranked(slices: readonly LatencySlice[], rank: number, first: number): number {
  let reached = 0
  for (let bucket = first; bucket < bucketCount; bucket++) {
    for (const slice of slices) reached += slice.at(bucket)
    if (reached >= rank) return middleOf(bucket)
  }
  return Infinity
}
