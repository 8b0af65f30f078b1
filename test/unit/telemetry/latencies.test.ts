import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bucketCount,
  bucketOf,
  type LatencySummary,
  middleOf,
  SlidingLatencies,
} from '../../../src/telemetry/latencies.js'

const hourMs = 3_600_000
/** Half the width of a bucket, at its lower end. */
const maxError = 1 / 128

const summaryOf = (latencies: readonly number[]): LatencySummary | undefined => {
  const sliding = new SlidingLatencies(60_000)
  for (const ms of latencies) sliding.record(ms, 0)
  return sliding.summary(0)
}

/** By nearest rank: the smallest latency that so many per mille do not exceed. */
const exact = (latencies: readonly number[], perMille: number): number => {
  const sorted = latencies.toSorted((a, b) => a - b)
  return sorted[Math.ceil((sorted.length * perMille) / 1_000) - 1] ?? NaN
}

/** Log-uniform from 1 µs to 1 h. */
const latency = fc.integer({ min: 0, max: 1_000_000 }).map((n) => 0.001 * (hourMs / 0.001) ** (n / 1_000_000))

describe('buckets', () => {
  it('grow with the latency, and their middle is off by less than 0.8 %', () => {
    let last = 0
    for (let ms = 0.001; ms <= hourMs; ms *= 1.0007) {
      const bucket = bucketOf(ms)
      expect(bucket).toBeGreaterThanOrEqual(last)
      expect(Math.abs(middleOf(bucket) - ms) / ms).toBeLessThanOrEqual(maxError)
      last = bucket
    }
  })

  it.each([
    [0, 0],
    [1e-9, 0],
    [1e9, bucketCount - 1],
    [Infinity, bucketCount - 1],
  ])('hold %d ms in an outermost one', (ms, bucket) => {
    expect(bucketOf(ms)).toBe(bucket)
  })
})

describe('latencies', () => {
  it('have percentiles within 0.8 % of those of an exact sort, and exact ends', () => {
    fc.assert(
      fc.property(fc.array(latency, { minLength: 1, maxLength: 500 }), (latencies) => {
        const summary = summaryOf(latencies)
        if (!summary) throw new Error('no summary')
        const { p50, p90, p99, p999 } = summary
        for (const [told, perMille] of [[p50, 500] as const, [p90, 900] as const, [p99, 990] as const]) {
          expect(Math.abs(told / exact(latencies, perMille) - 1)).toBeLessThanOrEqual(maxError)
        }
        expect(Math.abs(p999 / exact(latencies, 999) - 1)).toBeLessThanOrEqual(maxError)
        expect(summary.min).toBe(Math.min(...latencies))
        expect(summary.max).toBe(Math.max(...latencies))
        expect(summary.count).toBe(latencies.length)
        expect(summary.mean).toBeCloseTo(latencies.reduce((sum, ms) => sum + ms, 0) / latencies.length, 6)
        expect([summary.min, p50, p90, p99, p999, summary.max]).toEqual(
          [summary.min, p50, p90, p99, p999, summary.max].toSorted((a, b) => a - b),
        )
      }),
    )
  })

  it('are undefined where there are none', () => {
    expect(summaryOf([])).toBeUndefined()
  })

  it('are all the same where there is one', () => {
    const each = 0.123456
    expect(summaryOf([each])).toEqual({
      count: 1,
      min: each,
      mean: each,
      max: each,
      p50: each,
      p90: each,
      p99: each,
      p999: each,
    })
  })

  it('have the smaller of two as their median, and the larger above it', () => {
    expect(summaryOf([7, 0.3])).toEqual({
      count: 2,
      min: 0.3,
      mean: 3.65,
      max: 7,
      p50: 0.3,
      p90: 7,
      p99: 7,
      p999: 7,
    })
  })

  it('below zero, where clocks disagree, are zero', () => {
    expect(summaryOf([-3, -3])).toMatchObject({ min: 0, p50: 0, max: 0, mean: 0 })
  })

  it('seen several times at once count so often', () => {
    const sliding = new SlidingLatencies(60_000)
    sliding.record(1, 0, 99)
    sliding.record(100, 0)
    expect(sliding.summary(0)).toMatchObject({ count: 100, p999: 100, mean: 1.99 })
    expect(sliding.summary(0)?.p99).toBeCloseTo(1, 1)
  })
})

describe('the window', () => {
  it('holds every latency for five sixths of it, and none for longer than all of it', () => {
    for (let startMs = 0; startMs < 60_000; startMs += 1_700) {
      const sliding = new SlidingLatencies(60_000)
      sliding.record(1, startMs)
      expect(sliding.summary(startMs + 50_000)?.count).toBe(1)
      expect(sliding.summary(startMs + 60_000)).toBeUndefined()
    }
  })

  it('slides: what is new stays while what is old leaves', () => {
    const sliding = new SlidingLatencies(60_000)
    for (let now = 0; now < 600_000; now += 100) sliding.record(now < 300_000 ? 500 : 2, now)
    const summary = sliding.summary(600_000)
    expect(summary).toMatchObject({ min: 2, p50: 2, max: 2 })
    expect(summary?.count).toBe(500)
  })

  it('loses nothing at the edge of a slice, which no double hits', () => {
    const sliding = new SlidingLatencies(1_000)
    const sliceMs = 1_000 / 6
    expect(Math.floor((7 * sliceMs) / sliceMs)).toBe(6)
    sliding.record(1, 6 * sliceMs)
    sliding.record(1, 7 * sliceMs)
    expect(sliding.summary(7 * sliceMs)?.count).toBe(2)
  })

  it('is empty after it was cleared', () => {
    const sliding = new SlidingLatencies(60_000)
    sliding.record(1, 0)
    sliding.clear()
    expect(sliding.summary(0)).toBeUndefined()
    sliding.record(2, 0)
    expect(sliding.summary(0)).toMatchObject({ count: 1, min: 2 })
  })
})
