import type { Run } from '../results.js'
import { summarise } from '../statistics.js'
import type { Point } from './charts/lines.js'

type Curve = NonNullable<Run['percentiles']>

/** The latencies of several repetitions: median, least and greatest, at each percentile from the median to the highest. */
export function percentileCurve(runs: readonly Run[], highest: number): readonly Point[] {
  const curves = curvesOf(runs)
  return percentilesOf(curves)
    .filter((percentile) => percentile <= highest)
    .map((percentile) => {
      const { median, min, max } = summarise(curves.map((curve) => valueAt(curve, percentile)))
      return { x: percentile, y: median, min, max }
    })
}

/** From where on no repetition tells anything but its maximum, which of so few messages says nothing by its percentile. */
export function highestPercentile(runs: readonly Run[]): number {
  const curves = curvesOf(runs)
  const percentiles = percentilesOf(curves)
  const atMaximum = percentiles.find((percentile) =>
    curves.every((curve) => valueAt(curve, percentile) === valueAt(curve, 100)),
  )
  return atMaximum ?? percentiles.at(-1) ?? 50
}

function curvesOf(runs: readonly Run[]): readonly Curve[] {
  return runs.flatMap(({ percentiles }) => (percentiles === undefined ? [] : [percentiles]))
}

/** All that any of them tells, ascending: from the median on, and below 100, which has no place on the axis. */
function percentilesOf(curves: readonly Curve[]): readonly number[] {
  const told = curves.flatMap((curve) => curve.map(([percentile]) => percentile))
  return [...new Set(told)].filter((each) => each >= 50 && each < 100).toSorted((a, b) => a - b)
}

/** The least value that so many percent do not exceed. */
function valueAt(curve: Curve, percentile: number): number {
  const point = curve.find(([at]) => at >= percentile) ?? curve.at(-1)
  if (point === undefined) throw new Error('Expected a percentile curve to have points, got none')
  return point[1]
}
