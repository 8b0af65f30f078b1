import type { Context, Link, Span, SpanContext } from '@opentelemetry/api'
import type { TraceContext } from '../message/trace-context.js'
import type { OpenTelemetryApi } from './api.js'

/** https://www.w3.org/TR/trace-context/#traceparent-header: version, trace id, span id, flags; later versions may add. */
const traceparentPattern = /^(?!ff)[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-|$)/
const invalidId = /^0+$/
const sampledFlag = 1

/** The span context that a `traceparent` names; undefined where it is none. */
export function parseTraceparent(traceparent: string): SpanContext | undefined {
  const [, traceId = '', spanId = '', flags = ''] = traceparentPattern.exec(traceparent) ?? []
  if (traceId === '' || invalidId.test(traceId) || invalidId.test(spanId)) return undefined
  return { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true }
}

/** Whether whoever made this said that its trace is not recorded. */
export function isUnsampled({ traceparent }: TraceContext): boolean {
  return (parseInt(traceparent.slice(53, 55), 16) & sampledFlag) === 0
}

/** A span's context for a message to carry: as the application's propagator writes it, else in W3C's own form. */
export function inject(api: OpenTelemetryApi, span: Span, within: Context): TraceContext | undefined {
  const spanContext = span.spanContext()
  if (!api.isSpanContextValid(spanContext)) return undefined
  const carrier: Record<string, unknown> = {}
  api.propagation.inject(api.trace.setSpan(within, span), carrier)
  const { traceparent, tracestate } = carrier
  if (typeof traceparent !== 'string') return { traceparent: formatTraceparent(spanContext) }
  return { traceparent, ...(typeof tracestate === 'string' && { tracestate }) }
}

/** The context in which a message was published, for spans to be children in. */
export function extract(api: OpenTelemetryApi, trace: TraceContext): Context {
  const { traceparent, tracestate = '' } = trace
  const extracted = api.propagation.extract(api.ROOT_CONTEXT, { traceparent, tracestate })
  if (api.trace.getSpanContext(extracted)) return extracted
  const spanContext = parseTraceparent(traceparent)
  return spanContext ? api.trace.setSpanContext(extracted, spanContext) : extracted
}

/** Links to every publish that a message stands for. */
export function linksTo({ traceparent, links = [] }: TraceContext): Link[] {
  return [traceparent, ...links].flatMap((each) => {
    const context = parseTraceparent(each)
    return context ? [{ context }] : []
  })
}

function formatTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}
