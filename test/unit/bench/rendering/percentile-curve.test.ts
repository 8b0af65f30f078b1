import { expect, test } from 'vitest'
import { highestPercentile, percentileCurve } from '../../../../bench/rendering/percentile-curve.js'
import type { Run } from '../../../../bench/results.js'

function run(percentiles: NonNullable<Run['percentiles']>): Run {
  return {
    ...{ measurement: 'latency', case: '200 a second', parameters: {}, variant: 'ours', variantTitle: 'ours' },
    ...{ repetition: 1, figures: {}, percentiles },
  }
}

const runs = [
  run([[0, 1], [50, 2], [90, 3], [99, 8], [99.9, 9], [100, 30]]),
  run([[0, 1], [50, 4], [95, 6], [99, 7], [100, 20]]),
  run([[0, 1], [50, 3], [90, 5], [99, 6], [99.5, 9], [100, 10]]),
] // prettier-ignore

test('goes from the median up to the highest percentile that every repetition tells', () => {
  expect(highestPercentile(runs)).toBe(99)
  const curve = percentileCurve(runs, 99)
  expect(curve.at(0)).toEqual({ x: 50, y: 3, min: 2, max: 4 })
  expect(curve.at(-1)).toEqual({ x: 99, y: 7, min: 6, max: 8 })
  expect(curve.map(({ x }) => x)).toEqual(curve.map(({ x }) => x).toSorted((a, b) => a - b))
})

test('takes of each repetition the least value that so many do not exceed', () => {
  const at90 = percentileCurve(runs, 99.9).find(({ x }) => x > 89 && x <= 90)
  expect(at90).toMatchObject({ y: 5, min: 3, max: 6 })
})

test('has no points where no repetition tells any', () => {
  expect(percentileCurve([], 99)).toEqual([])
  expect(highestPercentile([])).toBe(50)
})
