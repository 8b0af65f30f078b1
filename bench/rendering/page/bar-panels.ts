import type { Results } from '../../results.js'
import { type CaseSummary, type Fault, faultsOf, type FigureSummary } from '../../summaries.js'
import { barChart } from '../charts/bars.js'
import { seriesClass } from '../charts/series.js'
import { formatFigure } from '../format.js'
import type { Markup } from '../markup.js'
import { panel } from './chart-panel.js'

/** A panel of bars for each case that has the figure: its variants, with what went wrong. */
export function barPanels(results: Results, cases: readonly CaseSummary[], figureName: string): readonly Markup[] {
  const faults = faultsOf(results)
  return cases.flatMap((each) =>
    each.figures.filter(({ name }) => name === figureName).map((figure) => barPanel(each.name, each, figure, faults)),
  )
}

/** A panel of bars for each of these figures of one case, headed by what it shows, and `where`. */
export function figurePanels(each: CaseSummary, figureNames: readonly string[], where = ''): readonly Markup[] {
  return each.figures
    .filter(({ name }) => figureNames.includes(name))
    .map((figure) => barPanel(figure.title + where, each, figure, []))
}

function barPanel(heading: string, each: CaseSummary, figure: FigureSummary, faults: readonly Fault[]): Markup {
  const bars = figure.variants.map(({ name, title, median, min, max }) => {
    const own = faults.filter(
      (fault) => fault.measurement === each.measurement && fault.case === each.name && fault.variant === title,
    )
    const warning = own.map((fault) => `${fault.figure.title} ${formatFigure(fault.count)}`).join(', ')
    return {
      label: title,
      className: seriesClass(name),
      median,
      min,
      max,
      warning: warning === '' ? undefined : warning,
    }
  })
  const better = figure.better === 'higher' ? 'longer is better' : 'shorter is better'
  const title = `${each.name}: ${figure.title}, ${figure.unit}. ${bars.map((bar) => `${bar.label} ${formatFigure(bar.median)}`).join(', ')}`
  return panel(heading, `${figure.unit}, ${better}`, barChart({ title, bars }))
}
