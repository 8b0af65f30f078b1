import { ratios } from '../ratios.js'
import type { Results } from '../results.js'
import { formatBar, formatMoment, formatMeasured } from './format.js'

const begin = '<!-- bench:begin -->'
const end = '<!-- bench:end -->'

/**
 * A page in Markdown with what stands between `<!-- bench:begin -->` and `<!-- bench:end -->` replaced: by the ratios of
 * these results, and when and on what they were measured.
 *
 * @throws Error where the page has no such place
 */
export function quoteInto(page: string, results: Results): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`Expected ${begin} and ${end} in the page that quotes the bench`)
  return `${page.slice(0, from + begin.length)}\n\n${quoteOf(results)}\n\n${page.slice(to)}`
}

function quoteOf({ date, machine, versions, load, ratios: values, bars }: Results): string {
  const rows = ratios.flatMap(({ name, meaning, unit }) => {
    const [value, bar] = [values[name], bars[name]]
    if (value === undefined || bar === undefined) return []
    return [[meaning, formatMeasured(value, unit), formatBar(bar, unit), bar.met ? 'yes' : 'no']]
  })
  const about = [
    `Measured on ${formatMoment(date)}: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system};`,
    `Node ${versions.node ?? '?'}, ioredis ${versions.ioredis ?? '?'}, Redis ${versions['redis-server'] ?? '?'};`,
    `load average ${load.before} before and ${load.after} after, the bench's own included.`,
  ]
  return [...table(['what', 'measured', 'bar', 'reached'], rows), '', ...about].join('\n')
}

/** With its columns aligned, as Prettier has it; the second on the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const lineOf = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column === 1 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join(' | ')} |`
  const rule = widths.map((width, column) => (column === 1 ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)))
  return [lineOf(head), lineOf(rule), ...rows.map(lineOf)]
}
