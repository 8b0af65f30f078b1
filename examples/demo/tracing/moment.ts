import { serviceOf, type Span, type SpanReference } from './span.js'

/** A time during which a service was not there, in ms since the epoch. */
export interface Absence {
  readonly service: string
  readonly fromMs: number
  readonly untilMs: number
}

/** A publish that one service missed: what it caused at once, and what made up for it. */
export interface Moment {
  readonly absence: Absence
  readonly publish: Span
  /** The evicts of the other services, in order: children of the publish. */
  readonly live: readonly Span[]
  /** The evict of the service that came back: in the trace of its replay, with a link to the publish. */
  readonly late: Span
}

/** Of the traced publishes that fell into the absence, the one with the most live evicts; of those, the first. */
export function chooseMoment(spans: readonly Span[], absence: Absence): Moment | undefined {
  const publishes = new Map(spans.filter((span) => isMissed(span, absence)).map((span) => [keyOf(span), span] as const))
  const lates = spans.filter((span) => deliveryOf(span) === 'replay' && serviceOf(span) === absence.service)
  const moments = lates.flatMap((late) => {
    const publish = late.links.map((link) => publishes.get(keyOf(link))).find((span) => span !== undefined)
    return publish ? [{ absence, publish, live: liveEvictsOf(publish, spans), late }] : []
  })
  return moments
    .filter(({ live }) => live.length > 0)
    .toSorted((a, b) => b.live.length - a.live.length || a.publish.startMs - b.publish.startMs)[0]
}

function liveEvictsOf({ traceId, spanId }: Span, spans: readonly Span[]): Span[] {
  return spans
    .filter((span) => span.traceId === traceId && span.parentSpanId === spanId && deliveryOf(span) === 'live')
    .toSorted((a, b) => a.startMs - b.startMs)
}

function isMissed({ attributes, startMs }: Span, { fromMs, untilMs }: Absence): boolean {
  return attributes['messaging.operation.name'] === 'publish' && startMs >= fromMs && startMs <= untilMs
}

function deliveryOf({ attributes }: Span): unknown {
  return attributes['messaging.operation.name'] === 'evict' ? attributes['cache_invalidation.delivery'] : undefined
}

function keyOf({ traceId, spanId }: SpanReference): string {
  return `${traceId}-${spanId}`
}
