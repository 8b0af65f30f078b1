import { alignColumns } from '../columns.js'
import type { Paint } from '../screen/paint.js'
import type { Moment } from './moment.js'
import { serviceOf, type Span } from './span.js'
import { TimeAxis } from './time-axis.js'

const minBarWidth = 16
const maxBarWidth = 60
/** Of all columns but the bars. */
const otherWidth = 60

/** A publish and the evicts it led to, as bars over time: its children, and the late one that is linked to it. */
export function drawWaterfall({ publish, live, late }: Moment, columns: number, paint: Paint): string[] {
  const width = Math.min(Math.max(columns - otherWidth, minBarWidth), maxBarWidth)
  const axis = new TimeAxis([publish, ...live], late, width)
  const row = (what: string, span: Span): string[] => [
    serviceOf(span),
    what,
    axis.bar(span),
    `${Math.round(span.startMs - publish.startMs).toLocaleString('en-US')} ms`,
    `${(span.endMs - span.startMs).toFixed(1)} ms`,
  ]
  const [heading = '', ...lines] = alignColumns(3, [
    ['service', 'span', ''.padEnd(width), 'after', 'took'],
    row('publish', publish),
    ...live.map((span, index) => row(`${index < live.length - 1 ? '├' : '└'} evict, live`, span)),
    row('⇠ evict, replayed', late),
  ])
  return [paint.bold(heading), ...lines.slice(0, -1), ...lines.slice(-1).map((line) => paint.good(line))]
}
