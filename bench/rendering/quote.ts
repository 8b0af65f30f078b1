import { ratios, spreadOf } from '../ratios.js'
import type { Results } from '../results.js'
import { ours, summariseCases, type VariantSummary } from '../summaries.js'
import { formatBar, formatFigure, formatMeasured, formatMoment, formatRatio } from './format.js'
import { markdownTable, replacePlace } from './markdown.js'

/**
 * A page in Markdown with what stands between `<!-- bench:begin -->` and `<!-- bench:end -->` replaced: by the ratios of
 * these results, and when and on what they were measured.
 *
 * @throws Error where the page has no such place
 */
export function quoteInto(page: string, results: Results): string {
  return replacePlace(page, 'bench', quoteOf(results))
}

function quoteOf(results: Results): string {
  const { date, machine, versions, load, ratios: values, bars, runs } = results
  const rows = ratios.flatMap((ratio) => {
    const { name, meaning, unit } = ratio
    const [value, bar, spread] = [values[name], bars[name], spreadOf(ratio, runs)]
    if (value === undefined || bar === undefined || spread === undefined) return []
    const [least, greatest] = [spread.min, spread.max].map((each) => formatMeasured(each, unit))
    const measured = formatMeasured(value, unit, bar)
    return [[meaning, measured, `${least} to ${greatest}`, formatBar(bar, unit), bar.met ? 'yes' : 'no']]
  })
  const about = [
    `Measured on ${formatMoment(date)}: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system};`,
    `Node ${versions.node ?? '?'}, ioredis ${versions.ioredis ?? '?'}, Redis ${versions['redis-server'] ?? '?'};`,
    `load average ${load.before} before and ${load.after} after, the bench's own included.`,
  ]
  const table = markdownTable(['what', 'measured', 'by repetition', 'bar', 'reached'], rows, [1])
  return [...table, '', ...oneInFlight(results), ...about].join('\n')
}

/** Where nothing can be packed, which no ratio tells. */
function oneInFlight(results: Results): readonly string[] {
  const alone = summariseCases(results, 'throughput').find(
    ({ parameters }) => parameters.in_flight === 1 && parameters.subscribers === 1,
  )
  const variants = alone?.figures.find(({ name }) => name === 'handled_per_s')?.variants ?? []
  const rows = variants.flatMap(({ title, median, min, max, oursOverThis }) => {
    const ratio = oursOverThis === undefined ? '' : formatRatio(oursOverThis)
    return [[title, formatFigure(median), `${formatFigure(min)} to ${formatFigure(max)}`, ratio]]
  })
  if (rows.length === 0) return []
  const head = ['handled a second, one in flight', 'median', 'by repetition', 'ours over it']
  return [
    'One caller that awaits each publish, so that each goes alone:',
    '',
    ...markdownTable(head, rows, [1, 3]),
    '',
    ...rankOf(variants),
  ]
}

/** Nothing where we have no part. */
function rankOf(variants: readonly VariantSummary[]): readonly string[] {
  const own = variants.find(({ name }) => name === ours)
  if (own === undefined) return []
  const faster = variants.filter(({ median }) => median > own.median).length
  return [`Rank of ${own.title} by the medians, the fastest first: ${faster + 1} of ${variants.length}.`, '']
}
