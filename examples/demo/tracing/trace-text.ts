import type { Paint } from '../screen/paint.js'
import type { Moment } from './moment.js'
import type { TraceTarget } from './target.js'
import { drawWaterfall } from './waterfall.js'

export interface TraceTextOptions {
  /** Of the terminal. */
  readonly columns: number
  readonly paint: Paint
  readonly target: TraceTarget | undefined
  /** Why traces could not be passed on to the target. */
  readonly failure: string | undefined
}

/** The moment as a waterfall, and where there is more to see of it. */
export function traceText(moment: Moment | undefined, { columns, paint, target, failure }: TraceTextOptions): string {
  const lines = moment ? describe(moment, columns, paint, target) : ['No publish was traced that a service missed.']
  if (target && failure !== undefined) lines.push(`Traces could not be passed on to ${originOf(target)}: ${failure}`)
  return `\n${lines.join('\n')}\n`
}

function describe(moment: Moment, columns: number, paint: Paint, target: TraceTarget | undefined): string[] {
  const { absence, publish, late } = moment
  return [
    paint.bold(`A publish that ${absence.service} missed, and what made up for it`),
    '',
    ...drawWaterfall(moment, columns, paint),
    '',
    `├ └  children of the publish, in one trace with it:  ${placeOf(publish.traceId, target)}`,
    `⇠    in the trace of its replay, with a link to the publish:  ${placeOf(late.traceId, target)}`,
  ]
}

/** The page of a trace, where there is one. */
function placeOf(traceId: string, target: TraceTarget | undefined): string {
  return target?.jaeger === undefined ? `trace ${traceId}` : `${target.jaeger}/trace/${traceId}`
}

/** Without user and password. */
function originOf({ url }: TraceTarget): string {
  return URL.canParse(url) ? new URL(url).origin : 'what OTEL_EXPORTER_OTLP_ENDPOINT says, which is no URL'
}
