import {
  type Context,
  context,
  type Link,
  propagation,
  ROOT_CONTEXT,
  type SpanContext,
  trace,
  type Tracer,
  type TraceState,
} from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { parseTraceparent } from '../../src/telemetry/propagation.js'

export type { ReadableSpan }

/** OpenTelemetry set up as an application does it, with its spans kept in memory. */
export class TracedSpans {
  /** The application's own. */
  readonly tracer: Tracer
  readonly #exporter = new InMemorySpanExporter()
  readonly #provider: TracerProvider

  /** Registers an SDK, which samples as SDKs do by default: all but what belongs to a trace that is not sampled. */
  static setUp(): TracedSpans {
    return new TracedSpans()
  }

  private constructor() {
    this.#provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: this.#exporter })] })
    this.tracer = this.#provider.getTracer('application')
    trace.setGlobalTracerProvider(this.#provider)
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  }

  /** From now on what is carried is up to this library. */
  removePropagator(): void {
    propagation.disable()
  }

  /** Leaves the process as it was: without an SDK. */
  async tearDown(): Promise<void> {
    for (const api of [trace, context, propagation]) api.disable()
    await this.#provider.shutdown()
  }

  /** Every span that has ended, in order of their ends. */
  get ended(): readonly ReadableSpan[] {
    return this.#exporter.getFinishedSpans()
  }

  /** Those whose name begins with this word, such as `evict`. */
  of(operation: string): ReadableSpan[] {
    return this.ended.filter(({ name }) => name.split(' ')[0] === operation)
  }

  /** The one span of this operation. */
  one(operation: string): ReadableSpan {
    const [span, ...others] = this.of(operation)
    if (span && others.length === 0) return span
    throw new Error(`Expected one span of ${operation}, got ${this.ended.map(({ name }) => name).join(', ')}`)
  }

  /** Runs within a span of the application's own. */
  within<T>(name: string, run: () => Promise<T>): Promise<T> {
    return this.tracer.startActiveSpan(name, async (span) => {
      try {
        return await run()
      } finally {
        span.end()
      }
    })
  }
}

export const sampledTraceparent = '00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01'
export const unsampledTraceparent = '00-11111111111111111111111111111111-2222222222222222-00'

/** A context in which a request came that carried this. */
export function remoteContext(traceparent: string, tracestate = ''): Context {
  const traceState: TraceState = {
    serialize: () => tracestate,
    get: () => undefined,
    set: () => traceState,
    unset: () => traceState,
  }
  return trace.setSpanContext(ROOT_CONTEXT, { ...parseTraceparent(traceparent), traceState })
}

/** Runs as part of a trace that is not recorded. */
export function withinUnsampled<T>(run: () => T): T {
  return context.with(trace.setSpanContext(ROOT_CONTEXT, parseTraceparent(unsampledTraceparent)), run)
}

/** Trace and span id: what makes two contexts name the same span. */
export function idsOf(span: ReadableSpan | SpanContext | Link): string {
  const { traceId, spanId } = 'spanContext' in span ? span.spanContext() : 'context' in span ? span.context : span
  return `${traceId}-${spanId}`
}

export function parentOf({ parentSpanContext }: ReadableSpan): string | undefined {
  return parentSpanContext && idsOf(parentSpanContext)
}

export function linksOf({ links }: ReadableSpan): string[] {
  return links.map(idsOf)
}

export function eventsOf({ events }: ReadableSpan): string[] {
  return events.map(({ name }) => name)
}
