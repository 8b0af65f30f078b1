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
  const rows = isPlain(cases) ? cases.flatMap(plainRow) : cases.flatMap(caseRows)
  if (rows.length === 0) return []
  const [head = '', ...lines] = alignColumns(1, [['', 'median', 'min', 'max', 'ours / this'], ...rows])
  return [paint('bold', title), paint('dim', head), ...lines]
}

/** Whether each case has one figure of one variant: a line for each says it all. */
function isPlain(cases: readonly CaseSummary[]): boolean {
  return cases.every(({ figures }) => figures.length === 1 && figures[0]?.variants.length === 1)
}

function plainRow({ name, figures }: CaseSummary): string[][] {
  return figures.flatMap(({ unit, variants }) => variants.map((variant) => variantRow(`${name} (${unit})`, variant)))
}

function caseRows({ name, figures }: CaseSummary): string[][] {
  return [[''], [name], ...figures.flatMap(figureRows)]
}

function figureRows({ title, unit, better, variants }: FigureSummary): string[][] {
  const about = [...(unit === '' ? [] : [unit]), `${better} is better`].join(', ')
  return [[`  ${title} (${about})`], ...variants.map((variant) => variantRow(`    ${variant.title}`, variant))]
}

function variantRow(label: string, { median, min, max, oursOverThis }: VariantSummary): string[] {
  const ratio = oursOverThis === undefined ? '' : formatRatio(oursOverThis)
  return [label, ...[median, min, max].map(formatFigure), ratio]
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
