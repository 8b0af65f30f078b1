/**
 * Buckets for latencies: each octave, from one power of two to the next, is cut into 64 of equal width, so that the
 * middle of a bucket differs from what fell into it by less than 0.8 %. In a double they are the exponent with the
 * first six bits of the mantissa, so finding one takes no logarithm and no search.
 */
const bitsPerOctave = 6
/** From 2⁻¹⁰ ms, about a microsecond, up to 2²² ms, which is 70 minutes; what lies outside falls into the outermost. */
const firstOctave = -10
const octaves = 32

export const bucketCount = octaves << bitsPerOctave

/** What is left of the upper half of a double behind those bits. */
const shift = 20 - bitsPerOctave
const exponentBias = 1023
const firstBits = (exponentBias + firstOctave) << bitsPerOctave

const double = new DataView(new ArrayBuffer(8))

/** The bucket of a latency in ms that is not negative. */
export function bucketOf(ms: number): number {
  double.setFloat64(0, ms)
  const bucket = (double.getUint32(0) >>> shift) - firstBits
  if (bucket < 0) return 0
  return bucket < bucketCount ? bucket : bucketCount - 1
}

/** The middle of a bucket, in ms. */
export function middleOf(bucket: number): number {
  double.setUint32(0, ((bucket + firstBits) << shift) | (1 << (shift - 1)))
  double.setUint32(4, 0)
  return double.getFloat64(0)
}

/**
 * The latencies of one slice of time, by bucket. It is used again for a later slice, so recording allocates nothing.
 */
export class LatencySlice {
  readonly buckets = new Uint32Array(bucketCount)
  /** Which slice of time this is, counted from the beginning of the clock. */
  turn = -1
  count = 0
  sum = 0
  min = Infinity
  max = 0

  begin(turn: number): void {
    this.buckets.fill(0)
    this.turn = turn
    this.count = 0
    this.sum = 0
    this.min = Infinity
    this.max = 0
  }

  add(ms: number, times: number): void {
    const bucket = bucketOf(ms)
    this.buckets[bucket] = this.at(bucket) + times
    this.count += times
    this.sum += ms * times
    if (ms < this.min) this.min = ms
    if (ms > this.max) this.max = ms
  }

  /** How many latencies fell into a bucket. */
  at(bucket: number): number {
    return this.buckets[bucket] ?? 0
  }
}

/**
 * Latencies in ms. Percentiles are by nearest rank and off by less than 0.8 %; the smallest and the largest are exact.
 */
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
 * Latencies over the last `windowMs`: a slice leaves as soon as a part of it is older. However many are recorded, they
 * take 8 KiB for each slice that held some; where there were none, nothing.
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
   * Takes in a latency as often as it was seen; `now` is the monotonic time. One that is negative, as between clocks
   * that disagree, counts as 0.
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
      count,
      min,
      mean: sum / count,
      max,
      p50: perMille(500),
      p90: perMille(900),
      p99: perMille(990),
      p999: perMille(999),
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
