import type { Context, Link, Span, SpanContext } from '@opentelemetry/api'
import { isSampled, isValidTraceparent, type TraceContext } from '../message/trace-context.js'
import type { OpenTelemetryApi } from './attributes.js'

/** The span context that a `traceparent` names. */
export function parseTraceparent(traceparent: string): SpanContext {
  return {
    traceId: traceparent.slice(3, 35),
    spanId: traceparent.slice(36, 52),
    traceFlags: parseInt(traceparent.slice(53, 55), 16),
    isRemote: true,
  }
}

/** The same of one that is known to be unsampled. */
export function parseUnsampled(traceparent: string): SpanContext {
  return { traceId: traceparent.slice(3, 35), spanId: traceparent.slice(36, 52), traceFlags: 0, isRemote: true }
}

/**
 * A span's context for a message to carry: as the application's propagator writes it, else in W3C's own form. Where
 * nothing is recorded the propagator is not asked: all that others need know is that.
 */
export function inject(api: OpenTelemetryApi, span: Span, within: Context): TraceContext | undefined {
  if (!span.isRecording()) return format(api, span)
  const carrier: Record<string, unknown> = {}
  api.propagation.inject(api.trace.setSpan(within, span), carrier)
  const { traceparent, tracestate } = carrier
  if (typeof traceparent === 'string')
    return typeof tracestate === 'string' ? { traceparent, tracestate } : { traceparent }
  return format(api, span)
}

/** Whether one of the publishes that a message stands for is recorded. */
export function isRecorded({ traceparent, links = [] }: TraceContext): boolean {
  return isSampled(traceparent) || links.some(isSampled)
}

/** The context of the first recorded publish that a message stands for, for spans to be children in. */
export function extract(api: OpenTelemetryApi, { traceparent, tracestate = '', links = [] }: TraceContext): Context {
  const linked = isSampled(traceparent) ? undefined : links.find(isSampled)
  // A `tracestate` belongs to the message's own `traceparent` alone.
  const carrier = linked === undefined ? { traceparent, tracestate } : { traceparent: linked }
  const extracted = api.propagation.extract(api.ROOT_CONTEXT, carrier)
  if (api.trace.getSpanContext(extracted)) return extracted
  if (!isValidTraceparent(carrier.traceparent)) return extracted
  return api.trace.setSpanContext(extracted, parseTraceparent(carrier.traceparent))
}

/**
 * Links to every recorded publish that a message stands for. A link to one that is not recorded leads nowhere, so there
 * is one only if no publish is recorded: then it says which trace the message came from.
 */
export function linksTo({ traceparent, links = [] }: TraceContext): Link[] {
  const valid = [traceparent, ...links].filter(isValidTraceparent)
  const recorded = valid.filter(isSampled)
  return (recorded.length > 0 ? recorded : valid).map((each) => ({ context: parseTraceparent(each) }))
}

function format(api: OpenTelemetryApi, span: Span): TraceContext | undefined {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext()
  if (traceId === api.INVALID_TRACEID) return undefined
  const traceparent = `00-${traceId}-${spanId}-${traceFlags < 16 ? '0' : ''}${traceFlags.toString(16)}`
  return traceState ? { traceparent, tracestate: traceState.serialize() } : { traceparent }
}
