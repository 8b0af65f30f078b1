import { alignColumns } from '../../examples/demo/columns.js'
import { ratios, spreadOf } from '../ratios.js'
import type { MeasurementInfo, Results } from '../results.js'
import { type CaseSummary, faultsOf, type FigureSummary, summariseCases } from '../summaries.js'
import { aboutLines } from './about.js'
import { faultLine } from './faults.js'
import { formatBar, formatFigure, formatMeasured, formatRatio } from './format.js'
import type { Paint } from './paint.js'

const widest = 100

/** A table for each measurement, then how we do by the ratios, and what it was measured on; for a terminal. */
export function resultsText(results: Results, paint: Paint): string {
  const sections = [
    ...results.measurements.map((measurement) => measurementLines(results, measurement, paint)),
    ratioLines(results, paint),
    faultLines(results, paint),
    aboutLines(results, widest),
    results.size === 'smoke' ? [paint('yellow', 'Tiny amounts: these figures mean nothing.')] : [],
  ]
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n')
}

function measurementLines(results: Results, { name, title }: MeasurementInfo, paint: Paint): string[] {
  const lines = summariseCases(results, name).flatMap(caseLines)
  const [head = '', ...rows] = alignColumns(1, [
    columns,
    ...lines.flatMap(({ row }) => (row === undefined ? [] : [row])),
  ])
  const remaining = rows.values()
  const told = lines.map((each) => (each.row === undefined ? each.heading : (remaining.next().value ?? '')))
  return lines.length === 0 ? [] : [paint('bold', title), paint('dim', head), ...told]
}

/** The cells of rows are aligned; a heading may be as long as it is. */
type Line = { readonly heading: string; readonly row?: undefined } | { readonly row: readonly string[] }

const columns = ['', 'median', 'min', 'max', 'ours / this']

function caseLines({ name, figures }: CaseSummary): Line[] {
  const [only, ...others] = figures
  if (only !== undefined && others.length === 0)
    return [{ heading: '' }, { heading: `${name}: ${titleOf(only)}` }, ...variantLines(only, '  ')]
  return [
    { heading: '' },
    { heading: name },
    ...figures.flatMap((figure) => [{ heading: `  ${titleOf(figure)}` }, ...variantLines(figure, '    ')]),
  ]
}

/** `handled (invalidations/s, higher is better)` */
function titleOf({ title, unit, better }: FigureSummary): string {
  return `${title} (${unit === '' ? '' : `${unit}, `}${better} is better)`
}

function variantLines({ variants }: FigureSummary, indent: string): Line[] {
  return variants.map(({ title, median, min, max, oursOverThis }) => {
    const ratio = oursOverThis === undefined ? '' : formatRatio(oursOverThis)
    return { row: [indent + title, ...[median, min, max].map(formatFigure), ratio] }
  })
}

function ratioLines({ ratios: values, bars, runs }: Results, paint: Paint): string[] {
  const measured = ratios.flatMap((ratio) => {
    const [value, bar, spread] = [values[ratio.name], bars[ratio.name], spreadOf(ratio, runs)]
    if (value === undefined || bar === undefined || spread === undefined) return []
    const measured = formatMeasured(value, ratio.unit, bar)
    const [least, greatest] = [spread.min, spread.max].map((each) => formatMeasured(each, ratio.unit))
    return [{ bar, cells: [ratio.name, formatBar(bar, ratio.unit), measured, `${least} to ${greatest}`] }]
  })
  if (measured.length === 0) return []
  const [head = '', ...lines] = alignColumns(2, [
    ['', 'bar', 'measured', 'by repetition'],
    ...measured.map(({ cells }) => cells),
  ])
  const verdicts = lines.map((line, index) =>
    measured[index]?.bar.met === true ? `${line}  ${paint('green', '✓ met')}` : `${line}  ${paint('red', '✗ not met')}`,
  )
  return [paint('bold', 'Ratios of this run'), paint('dim', head), ...verdicts]
}

function faultLines(results: Results, paint: Paint): string[] {
  const faults = faultsOf(results)
  if (faults.length === 0) return []
  return [paint('bold', 'Faults'), ...faults.map((fault) => `  ${faultLine(fault)}`)]
}
