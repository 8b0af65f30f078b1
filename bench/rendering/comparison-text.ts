import { alignColumns } from '../../examples/demo/columns.js'
import type { Change, Comparison, RatioChange } from '../comparison.js'
import { faultLine } from './faults.js'
import { formatBar, formatChange, formatFigure, formatMeasured } from './format.js'
import type { Paint } from './paint.js'

/** What changed, the greatest first; in lines for a terminal. */
export function comparisonText(comparison: Comparison, paint: Paint): string {
  const { warnings, ratios, changes, withinNoise, unpaired, faults } = comparison
  const sections = [
    ['Compared with before', ...warnings.map((warning) => paint('yellow', `! ${warning}`))],
    ratios.length === 0 ? [] : alignColumns(1, [['Ratios', 'before', 'now', '', '', ''], ...ratios.map(ratioRow)]),
    changeLines(changes, paint),
    [
      `${withinNoise} figures lie within the noise.`,
      ...(unpaired === 0 ? [] : [`${unpaired} were measured in one of the two only.`]),
    ],
    faults.before.length === 0 ? [] : ['Faults before:', ...faults.before.map((fault) => `  ${faultLine(fault)}`)],
    faults.after.length === 0 ? [] : ['Faults now:', ...faults.after.map((fault) => `  ${faultLine(fault)}`)],
  ]
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n')
}

function ratioRow({ name, unit, before, after, beyondNoise, bar }: RatioChange): string[] {
  return [
    name,
    formatMeasured(before, unit),
    formatMeasured(after, unit, bar),
    beyondNoise ? '' : 'within noise',
    ...(bar ? [formatBar(bar, unit), bar.met ? '✓ met' : '✗ not met'] : ['', '']),
  ]
}

function changeLines(changes: readonly Change[], paint: Paint): string[] {
  if (changes.length === 0) return ['Nothing changed beyond the noise.']
  const rows = changes.map(({ measurement, case: caseName, variant, figure, before, after, change }) => [
    `${measurement}, ${caseName}`,
    variant,
    `${figure.title} (${figure.unit})`,
    `${formatFigure(before.median)} → ${formatFigure(after.median)}`,
    change === undefined ? '' : formatChange(change),
  ])
  const lines = alignColumns(3, [['Beyond the noise', '', '', 'median', 'change'], ...rows])
  return lines.map((line, index) => {
    const each = changes[index - 1]
    if (each === undefined) return line
    const { before, after, figure } = each
    return paint(after.median > before.median === (figure.better === 'higher') ? 'green' : 'red', line)
  })
}
