import { expect, test } from 'vitest'
import { highestPercentile, percentileCurve } from '../../../../bench/rendering/percentile-curve.js'
import type { Run } from '../../../../bench/results.js'

function run(told: Readonly<Record<string, number>>): Run {
  const percentiles = Object.entries(told).map(([percentile, ms]) => [Number(percentile), ms] as const)
  return {
    measurement: 'latency',
    case: '200 a second',
    parameters: {},
    variant: 'ours',
    variantTitle: 'ours',
    repetition: 1,
    figures: {},
    percentiles: percentiles.toSorted(([a], [b]) => a - b),
  }
}

const runs = [
  run({ 0: 1, 50: 2, 90: 3, 99: 8, 99.9: 30, 100: 30 }),
  run({ 0: 1, 50: 4, 90: 6, 99: 7, 99.9: 20, 100: 20 }),
  run({ 0: 1, 50: 3, 90: 5, 99: 6, 99.9: 9, 100: 9 }),
]

test('goes from the median to the percentile at which every repetition has reached its maximum', () => {
  expect(highestPercentile(runs)).toBe(99.9)
  expect(highestPercentile([run({ 50: 1, 90: 9, 99: 9, 99.9: 9, 100: 9 })])).toBe(90)
  expect(highestPercentile([run({ 50: 1, 99: 2, 100: 9 })])).toBe(99)
})

test('has the median, the least and the greatest of the repetitions at each percentile', () => {
  expect(percentileCurve(runs, 99)).toEqual([
    { x: 50, y: 3, min: 2, max: 4 },
    { x: 90, y: 5, min: 3, max: 6 },
    { x: 99, y: 7, min: 6, max: 8 },
  ])
})

test('takes of each repetition the least value that so many do not exceed', () => {
  const [, , at95] = percentileCurve([...runs, run({ 50: 1, 95: 4, 100: 5 })], 95)
  expect(at95).toMatchObject({ x: 95, min: 4, max: 8 })
})

test('has no points where no repetition tells any', () => {
  expect(percentileCurve([], 99)).toEqual([])
  expect(highestPercentile([])).toBe(50)
})
