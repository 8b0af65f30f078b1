import { describe, expect, it } from 'vitest'
import { curvePercentiles, LatencyHistogram } from '../../../bench/latency-histogram.js'

function histogramOf(values: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram()
  for (const value of values) histogram.record(value)
  return histogram
}

describe('LatencyHistogram', () => {
  const thousand = histogramOf(Array.from({ length: 1_000 }, (_, index) => (1_000 - index) / 10))

  it.each([
    [50, 50],
    [90, 90],
    [99, 99],
    [99.9, 99.9],
    [100, 100],
  ])('finds the value at percentile %d to three digits', (percentile, ms) => {
    expect(thousand.percentile(percentile)).toBeGreaterThan(ms * 0.998)
    expect(thousand.percentile(percentile)).toBeLessThan(ms * 1.002)
  })

  it('gives a curve that ascends from the least to the greatest', () => {
    const curve = thousand.curve()

    expect(curvePercentiles).toEqual(curvePercentiles.toSorted((a, b) => a - b))
    expect(curve).toHaveLength(curvePercentiles.length)
    expect(curve).toEqual(curve.toSorted((a, b) => a - b))
    expect(curve[0]).toBeCloseTo(0.1)
    expect(curve.at(-1)).toBeCloseTo(100, 0)
  })

  it('tells microseconds apart', () => {
    const histogram = histogramOf([0.101, 0.102])

    expect([histogram.percentile(0), histogram.percentile(100)]).toEqual([0.101, 0.102])
  })

  it('takes a latency longer than a minute', () => {
    expect(histogramOf([120_000]).percentile(100)).toBeGreaterThan(119_000)
  })

  it('forgets all when it is reset', () => {
    const histogram = histogramOf([1, 2, 3])
    histogram.reset()

    expect(histogram.count).toBe(0)
    expect(histogram.percentile(50)).toBe(0)
  })
})
