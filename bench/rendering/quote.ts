import { ratios } from '../ratios.js'
import type { Results } from '../results.js'
import { formatBar, formatMoment, formatMeasured } from './format.js'
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
  return [...markdownTable(['what', 'measured', 'bar', 'reached'], rows, [1]), '', ...about].join('\n')
}
