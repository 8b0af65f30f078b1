import type { Run } from '../results.js'
import { summarise } from '../statistics.js'
import { ninesOf } from './charts/scale.js'
import type { Point } from './charts/lines.js'

const pointsPerNine = 16

/** The latencies of several repetitions at the same percentiles: median, least and greatest, from the median up. */
export function percentileCurve(runs: readonly Run[], highest: number): readonly Point[] {
  const curves = runs.flatMap(({ percentiles }) => (percentiles === undefined ? [] : [percentiles]))
  if (curves.length === 0) return []
  return gridUpTo(highest).map((percentile) => {
    const { median, min, max } = summarise(curves.map((curve) => valueAt(curve, percentile)))
    return { x: percentile, y: median, min, max }
  })
}

/** The highest percentile below 100 that every repetition tells. */
export function highestPercentile(runs: readonly Run[]): number {
  const highest = runs.flatMap(({ percentiles }) =>
    percentiles === undefined
      ? []
      : Math.max(50, ...percentiles.map(([percentile]) => percentile).filter((each) => each < 100)),
  )
  return highest.length === 0 ? 50 : Math.min(...highest)
}

function gridUpTo(highest: number): number[] {
  const from = ninesOf(50)
  const steps = Math.max(1, Math.ceil((ninesOf(highest) - from) * pointsPerNine))
  return Array.from({ length: steps + 1 }, (_, index) => {
    const nines = from + ((ninesOf(highest) - from) * index) / steps
    return index === steps ? highest : 100 * (1 - 10 ** -nines)
  })
}

/** The least value that so many percent do not exceed. */
function valueAt(curve: NonNullable<Run['percentiles']>, percentile: number): number {
  const point = curve.find(([at]) => at >= percentile - 1e-9) ?? curve.at(-1)
  if (point === undefined) throw new Error('Expected a percentile curve to have points, got none')
  return point[1]
}
