import type { Attributes, Context, Span, SpanOptions, Tracer } from '@opentelemetry/api'
import type { InvalidationMessage } from '../message/message.js'
import { splitPosition } from '../message/position-text.js'
import { streamIdTime } from '../message/stream-id.js'
import { timestampMs } from '../message/timestamp.js'
import type { TraceContext } from '../message/trace-context.js'
import type { Runtime } from '../support/runtime.js'
import { attribute, errorType, eventName, type OpenTelemetryApi } from './attributes.js'
import type { Recorders } from './meters.js'
import { extract, isRecorded, linksTo, parseUnsampled } from './propagation.js'
import { RecoveryObservation } from './recovery-observation.js'
import type { EvictSpan, FrameTelemetry, TracedFrame } from './telemetry.js'

/** What the evicts of a subscription share. */
export interface EvictContext {
  readonly api: OpenTelemetryApi
  readonly runtime: Runtime
  /** Reads the wall clock, in ms with a fraction. */
  readonly now: () => number
  readonly consumerSpan: 'parent+link' | 'link'
  readonly traceUnsampled: boolean
  readonly spanName: string
  readonly spanAttributes: Attributes
  readonly metricAttributes: Attributes
}

/** A frame on its way through the handler: makes a span for each of its messages, and measures them. */
export class FrameObservation implements FrameTelemetry {
  readonly #context: EvictContext
  readonly #tracer: Tracer | undefined
  readonly #recorders: Recorders | undefined
  readonly #frame: TracedFrame
  /** With how the frame came; what a resync hands over was never published, so it has not propagated. */
  readonly #metricAttributes: Attributes
  #handed = 0

  constructor(context: EvictContext, tracer: Tracer | undefined, recorders: Recorders | undefined, frame: TracedFrame) {
    this.#context = context
    this.#tracer = tracer
    this.#recorders = recorders
    this.#frame = frame
    this.#metricAttributes = { ...context.metricAttributes, [attribute.delivery]: frame.origin.mode }
  }

  evict(index: number, startedAt: number): EvictSpan {
    this.#handed++
    const { messages, traces } = this.#frame
    const message = messages[index]
    const trace = traces?.[index]
    const { api, traceUnsampled } = this.#context
    const measured = { attributes: this.#metricAttributes, startedAt }
    const recorder = message && this.#recorders && new EvictRecorder(this.#context, this.#recorders, message, measured)
    if (!message || !this.#tracer) return new EvictObservation(api, undefined, undefined, recorder)
    if (trace && !traceUnsampled && !isRecorded(trace)) {
      const unsampled = api.trace.setSpanContext(api.ROOT_CONTEXT, parseUnsampled(trace.traceparent))
      return new EvictObservation(api, undefined, unsampled, recorder)
    }
    const parent = this.#parent(trace)
    const span = this.#tracer.startSpan(this.#context.spanName, this.#spanOptions(trace), parent)
    if (span.isRecording()) span.setAttributes(this.#attributes(message))
    return new EvictObservation(api, span, api.trace.setSpan(parent, span), recorder)
  }

  end(): void {
    if (this.#handed > 0) this.#recorders?.consumed.add(this.#handed, this.#metricAttributes)
  }

  #parent(trace: TraceContext | undefined): Context {
    const { api, consumerSpan } = this.#context
    const { recovery } = this.#frame
    if (recovery instanceof RecoveryObservation) return recovery.context
    // As the child of a span that is not recorded, a span would not be either, by most samplers.
    return trace && consumerSpan === 'parent+link' && isRecorded(trace) ? extract(api, trace) : api.ROOT_CONTEXT
  }

  #spanOptions(trace: TraceContext | undefined): SpanOptions {
    const { api, spanAttributes } = this.#context
    const options = { kind: api.SpanKind.CONSUMER, attributes: spanAttributes }
    return trace ? { ...options, links: linksTo(trace) } : options
  }

  #attributes(message: InvalidationMessage): Attributes {
    const { origin, messages } = this.#frame
    const attributes: Attributes = {
      [attribute.messageId]: message.messageId,
      [attribute.action]: message.action,
      [attribute.sourceService]: message.sourceService,
      [attribute.delivery]: origin.mode,
    }
    if ('entityType' in message) attributes[attribute.entityType] = message.entityType
    if (messages.length > 1) attributes[attribute.batchCount] = messages.length
    if (origin.position !== undefined) {
      const { streamId, appendId } = splitPosition(origin.position)
      attributes[attribute.streamId] = streamId
      attributes[attribute.appendId] = appendId
      attributes[attribute.lagMs] = Math.max(0, this.#context.runtime.now() - streamIdTime(streamId))
    }
    return attributes
  }
}

interface MeasuredEvict {
  readonly attributes: Attributes
  /** Monotonic clock, in ms. */
  readonly startedAt: number
}

/** Measures one message. */
class EvictRecorder {
  readonly #context: EvictContext
  readonly #recorders: Recorders
  readonly #message: InvalidationMessage
  readonly #attributes: Attributes
  readonly #startedAt: number

  constructor(
    context: EvictContext,
    recorders: Recorders,
    message: InvalidationMessage,
    { attributes, startedAt }: MeasuredEvict,
  ) {
    this.#context = context
    this.#recorders = recorders
    this.#message = message
    this.#attributes = attributes
    this.#startedAt = startedAt
  }

  end(failure: string | undefined, endedAt: number): void {
    const { now, metricAttributes } = this.#context
    const { process, propagation } = this.#recorders
    const failed = failure === undefined ? metricAttributes : { ...metricAttributes, [attribute.errorType]: failure }
    process.record((endedAt - this.#startedAt) / 1_000, failed)
    if (failure !== undefined || this.#attributes[attribute.delivery] === 'resync') return
    const published = timestampMs(this.#message.timestamp)
    // Clocks of two machines may disagree: nothing is handled before it was published.
    if (published !== undefined) propagation.record(Math.max(0, now() - published) / 1_000, this.#attributes)
  }
}

class EvictObservation implements EvictSpan {
  readonly #api: OpenTelemetryApi
  readonly #span: Span | undefined
  readonly #within: Context | undefined
  readonly #recorder: EvictRecorder | undefined
  #failure: string | undefined

  constructor(
    api: OpenTelemetryApi,
    span: Span | undefined,
    within: Context | undefined,
    recorder: EvictRecorder | undefined,
  ) {
    this.#api = api
    this.#span = span
    this.#within = within
    this.#recorder = recorder
  }

  run<T>(handler: () => T): T {
    return this.#within ? this.#api.context.with(this.#within, handler) : handler()
  }

  tryFailed(error: Error, attempt: number): void {
    const attributes = { [attribute.attempt]: attempt, [attribute.errorType]: errorType(error) }
    this.#span?.addEvent(eventName.retry, { ...attributes, 'exception.message': error.message })
  }

  gaveUp(error: Error, tries: number): void {
    this.#failure = errorType(error)
    this.#span?.recordException(error)
    this.#span?.addEvent(eventName.deadLetter, { [attribute.attempt]: tries })
    this.#span?.setAttribute(attribute.errorType, this.#failure)
    this.#span?.setStatus({ code: this.#api.SpanStatusCode.ERROR, message: error.message })
  }

  ended(finished: boolean, endedAt: number): void {
    if (finished) this.#recorder?.end(this.#failure, endedAt)
    else this.#span?.setStatus({ code: this.#api.SpanStatusCode.ERROR, message: 'Cut short by close()' })
    this.#span?.end()
  }
}
