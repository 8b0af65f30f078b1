import { bucketCount, bucketOf } from './latency-buckets.js'

/** The latencies of one slice of time, by bucket. It is used again for a later slice, so recording allocates nothing. */
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
