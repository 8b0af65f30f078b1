import type { Absence } from '../../../examples/demo/tracing/moment.js'
import type { Span } from '../../../examples/demo/tracing/span.js'

/** The gateway was down from the first to the fifth second. */
export const absence: Absence = { service: 'graphql-gateway', fromMs: 1_000, untilMs: 5_000 }

const evict = { 'messaging.operation.name': 'evict' }

/** Took 2 ms; the trace is named after it. */
export function publishAt(id: string, startMs: number): Span {
  return {
    traceId: `trace-of-${id}`,
    spanId: id,
    parentSpanId: '',
    name: 'publish demo',
    service: 'user-service',
    startMs,
    endMs: startMs + 2,
    attributes: { 'messaging.operation.name': 'publish' },
    links: [],
  }
}

/** Took 1 ms, as a child of its publish. */
export function liveEvict(publish: Span, service: string, startMs: number): Span {
  const attributes = { ...evict, 'cache_invalidation.delivery': 'live', 'cache_invalidation.subscription': service }
  return {
    traceId: publish.traceId,
    spanId: `${publish.spanId}-at-${service}`,
    parentSpanId: publish.spanId,
    name: 'evict demo',
    service,
    startMs,
    endMs: startMs + 1,
    attributes,
    links: [publish],
  }
}

/** Took 1 ms, in the trace of a replay. */
export function replayedEvict(publish: Span, service: string, startMs: number): Span {
  const attributes = { ...evict, 'cache_invalidation.delivery': 'replay', 'cache_invalidation.subscription': service }
  return {
    traceId: 'trace-of-replay',
    spanId: `${publish.spanId}-again-at-${service}`,
    parentSpanId: 'replay',
    name: 'evict demo',
    service,
    startMs,
    endMs: startMs + 1,
    attributes,
    links: [publish],
  }
}
