import type { CaseSummary } from '../../summaries.js'
import { lineChart, type Series } from '../charts/lines.js'
import { linearScale, logScaleAround, stepScale } from '../charts/scale.js'
import { seriesClass } from '../charts/series.js'
import type { Markup } from '../markup.js'
import { panel } from './chart-panel.js'

export interface Growth {
  readonly figure: string
  /** The parameter that grows; cases in which others than it differ from the first are left out. */
  readonly parameter: string
  /** Such as `entries missed`. */
  readonly grows: string
  /** Both axes by powers of ten, or the upright one from 0. */
  readonly upright: 'log' | 'linear'
}

/** A panel of lines: how a figure of each variant grows with a parameter. None where fewer than two values were measured. */
export function growthPanel(cases: readonly CaseSummary[], growth: Growth): readonly Markup[] {
  const { figure: figureName, parameter, grows, upright } = growth
  const measured = casesThatGrow(cases, parameter).filter(({ figures }) =>
    figures.some(({ name }) => name === figureName),
  )
  const figure = measured[0]?.figures.find(({ name }) => name === figureName)
  if (figure === undefined || measured.length < 2) return []
  const series = seriesOf(measured, growth)
  const values = series.flatMap(({ points }) => points.flatMap(({ min, max }) => [min, max]))
  const steps = measured.map((each) => each.parameters[parameter] ?? 0)
  const chart = lineChart({
    title: `${figure.title} by ${grows}, ${figure.unit}: ${series.map(({ label }) => label).join(', ')}`,
    x: { title: grows, scale: (range) => stepScale(steps, range) },
    y: {
      title: figure.unit,
      scale: (range) => (upright === 'log' ? logScaleAround(values, range) : linearScale(Math.max(...values), range)),
    },
    series,
  })
  const better = figure.better === 'higher' ? 'higher is better' : 'lower is better'
  return [panel(`${figure.title}, by ${grows}`, better, chart)]
}

function casesThatGrow(cases: readonly CaseSummary[], parameter: string): readonly CaseSummary[] {
  const others = ({ parameters }: CaseSummary): string =>
    JSON.stringify(Object.entries(parameters).filter(([name]) => name !== parameter))
  const first = cases.find(({ parameters }) => parameter in parameters)
  return cases
    .filter((each) => parameter in each.parameters && first !== undefined && others(each) === others(first))
    .toSorted((a, b) => (a.parameters[parameter] ?? 0) - (b.parameters[parameter] ?? 0))
}

function seriesOf(cases: readonly CaseSummary[], { figure, parameter }: Growth): readonly Series[] {
  const measured = cases.flatMap(({ parameters, figures }) => {
    const variants = figures.find(({ name }) => name === figure)?.variants ?? []
    return variants.map((variant) => ({ variant, x: parameters[parameter] ?? 0 }))
  })
  return [...Map.groupBy(measured, ({ variant }) => variant.name)].map(([name, ofVariant]) => ({
    label: ofVariant[0]?.variant.title ?? name,
    className: seriesClass(name),
    points: ofVariant.map(({ variant: { median, min, max }, x }) => ({ x, y: median, min, max })),
    marked: true,
  }))
}
