import { alignColumns } from '../../examples/demo/columns.js'
import { ratios, spreadOf } from '../ratios.js'
import type { MeasurementInfo, Results } from '../results.js'
import { type CaseSummary, faultsOf, type FigureSummary, summariseCases, type VariantSummary } from '../summaries.js'
import { faultLine } from './faults.js'
import { formatBar, formatFigure, formatRatio } from './format.js'
import type { Paint } from './paint.js'
import { aboutLines } from './about.js'

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
  const cases = summariseCases(results, name)
  const lines = isPlain(cases) ? cases.flatMap(plainLine) : cases.flatMap(caseLines)
  const [head = '', ...rows] = alignColumns(1, [
    columns,
    ...lines.flatMap(({ row }) => (row === undefined ? [] : [row])),
  ])
  const remaining = rows.values()
  const told = lines.map((each) => (each.row === undefined ? each.heading : (remaining.next().value ?? '')))
  return lines.length === 0 ? [] : [paint('bold', title), paint('dim', head), ...told]
}

/** A row's cells stand below those of other rows; a heading may be as long as it is. */
type Line = { readonly heading: string; readonly row?: undefined } | { readonly row: readonly string[] }

const columns = ['', 'median', 'min', 'max', 'ours / this']

/** Whether each case has one figure of one variant: a line for each says it all. */
function isPlain(cases: readonly CaseSummary[]): boolean {
  return cases.every(({ figures }) => figures.length === 1 && figures[0]?.variants.length === 1)
}

function plainLine({ name, figures }: CaseSummary): Line[] {
  return figures.flatMap(({ unit, variants }) => variants.map((variant) => variantLine(`${name} (${unit})`, variant)))
}

function caseLines({ name, figures }: CaseSummary): Line[] {
  return [{ heading: '' }, { heading: name }, ...figures.flatMap(figureLines)]
}

function figureLines({ title, unit, better, variants }: FigureSummary): Line[] {
  const about = [...(unit === '' ? [] : [unit]), `${better} is better`].join(', ')
  return [
    { heading: `  ${title} (${about})` },
    ...variants.map((variant) => variantLine(`    ${variant.title}`, variant)),
  ]
}

function variantLine(label: string, { median, min, max, oursOverThis }: VariantSummary): Line {
  const ratio = oursOverThis === undefined ? '' : formatRatio(oursOverThis)
  return { row: [label, ...[median, min, max].map(formatFigure), ratio] }
}

function ratioLines({ ratios: values, bars, runs }: Results, paint: Paint): string[] {
  const measured = ratios.flatMap((ratio) => {
    const [value, bar, spread] = [values[ratio.name], bars[ratio.name], spreadOf(ratio, runs)]
    if (value === undefined || bar === undefined || spread === undefined) return []
    const range = `${formatRatio(spread.min)} to ${formatRatio(spread.max)}`
    return [{ bar, cells: [ratio.name, formatBar(bar, ratio.unit), formatRatio(value), range] }]
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
