import { build } from 'hdr-histogram-js'

/** Of the percentile curve, ascending. */
export const curvePercentiles: readonly number[] = [
  0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 97.5, 99, 99.5, 99.75, 99.9, 99.95, 99.99, 100,
]

const minuteInMicroseconds = 60_000_000

/** Latencies in ms, kept in microseconds with three digits that count. */
export class LatencyHistogram {
  readonly #histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: minuteInMicroseconds,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 32,
    autoResize: true,
  })

  get count(): number {
    return this.#histogram.totalCount
  }

  record(ms: number): void {
    this.#histogram.recordValue(Math.max(0, Math.round(ms * 1_000)))
  }

  /** In ms; 0 where nothing was recorded. */
  percentile(percentile: number): number {
    return this.#histogram.getValueAtPercentile(percentile) / 1_000
  }

  /** In ms, at each of {@link curvePercentiles}. */
  curve(): readonly number[] {
    return curvePercentiles.map((percentile) => this.percentile(percentile))
  }

  reset(): void {
    this.#histogram.reset()
  }
}
