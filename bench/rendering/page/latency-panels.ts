import type { Results, Run } from '../../results.js'
import { lineChart, type Series } from '../charts/lines.js'
import { logScaleAround, percentileScale } from '../charts/scale.js'
import { seriesClass } from '../charts/series.js'
import type { Markup } from '../markup.js'
import { highestPercentile, percentileCurve } from '../percentile-curve.js'
import { panel } from './chart-panel.js'

/** A panel of percentile curves for each case in which latencies were measured. */
export function latencyPanels({ runs }: Results, measurement: string): readonly Markup[] {
  const told = runs.filter((run) => run.measurement === measurement && run.percentiles !== undefined)
  return [...Map.groupBy(told, (run) => run.case)].map(([name, ofCase]) => latencyPanel(name, ofCase))
}

function latencyPanel(name: string, runs: readonly Run[]): Markup {
  const highest = highestPercentile(runs)
  const series = [...Map.groupBy(runs, ({ variant }) => variant)].map(([variant, ofVariant]): Series => {
    const label = ofVariant[0]?.variantTitle ?? variant
    return { label, className: seriesClass(variant), points: percentileCurve(ofVariant, highest), marked: false }
  })
  const values = series.flatMap(({ points }) => points.flatMap(({ min, max }) => [min, max]))
  const chart = lineChart({
    title: `Latency by percentile, ${name}: ${series.map(({ label }) => label).join(', ')}`,
    x: { title: 'percentile', scale: (range) => percentileScale(highest, range) },
    y: { title: 'ms', scale: (range) => logScaleAround(values, range) },
    series,
  })
  return panel(name, 'lower is better', chart)
}
