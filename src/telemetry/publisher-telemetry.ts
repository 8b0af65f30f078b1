import type { Attributes, Histogram, Span, Tracer } from '@opentelemetry/api'
import type { Invalidation } from '../message/message.js'
import { splitPosition } from '../message/position-text.js'
import type { TraceContext } from '../message/trace-context.js'
import type { Runtime } from '../support/runtime.js'
import { toError } from '../support/thrown.js'
import {
  attribute,
  channelAttributes,
  destinationAttributes,
  errorType,
  eventName,
  type OpenTelemetryApi,
} from './attributes.js'
import type { OpenTelemetry } from './open-telemetry.js'
import { inject } from './propagation.js'
import type { PublisherTelemetry, PublishSpan } from './telemetry.js'

export interface PublisherTelemetryContext {
  readonly channel: string
  /** `host:port`, where it is known. */
  readonly server: string | undefined
  readonly runtime: Runtime
  readonly tracing: boolean
  /** How many messages wait. */
  readonly queued: () => number
}

/** Tells the application's OpenTelemetry what a publisher does. */
export class OpenTelemetryPublisher implements PublisherTelemetry {
  readonly #openTelemetry: OpenTelemetry
  readonly #context: PublisherTelemetryContext
  readonly #spanName: string
  readonly #spanAttributes: Attributes
  readonly #metricAttributes: Attributes
  readonly #removeSource: () => void

  constructor(openTelemetry: OpenTelemetry, context: PublisherTelemetryContext) {
    const { channel, server, queued } = context
    const operationName = { [attribute.operationName]: 'publish' }
    this.#openTelemetry = openTelemetry
    this.#context = context
    this.#spanName = `publish ${channel}`
    this.#spanAttributes = {
      ...destinationAttributes(channel, server),
      ...operationName,
      [attribute.operationType]: 'send',
    }
    this.#metricAttributes = { ...channelAttributes(channel), ...operationName }
    this.#removeSource = openTelemetry.meters.addPublisher({ channel, queued })
  }

  publish(): PublishSpan | undefined {
    const { api, tracer, meters } = this.#openTelemetry
    const span = tracer && this.#context.tracing ? this.#startSpan(tracer) : undefined
    const histogram = meters.recorders?.operation
    if (!histogram && !span?.isRecording()) return span && new UnrecordedPublish(inject(api, span, api.ROOT_CONTEXT))
    return new PublishObservation(
      api,
      span,
      histogram && new PublishRecorder(histogram, this.#metricAttributes, this.#context.runtime),
    )
  }

  appended(messages: number): void {
    if (messages > 0) this.#openTelemetry.meters.recorders?.sent.add(messages, this.#metricAttributes)
  }

  reconnected(): void {
    this.#openTelemetry.reconnected(this.#context.channel, 'publisher')
  }

  close(): void {
    this.#removeSource()
  }

  /**
   * A child of whatever the caller of `publish()` is in. The sampler sees its name, which says operation and channel,
   * and no attributes: the SDK would look at each of them for every publish, and few publishes are recorded.
   */
  #startSpan(tracer: Tracer): Span {
    const { SpanKind } = this.#openTelemetry.api
    const span = tracer.startSpan(this.#spanName, { kind: SpanKind.PRODUCER })
    return span.isRecording() ? span.setAttributes(this.#spanAttributes) : span
  }
}

/** Most publishes, where few are sampled: their messages say so, and that is all. */
class UnrecordedPublish implements PublishSpan {
  readonly traceContext: TraceContext | undefined
  readonly isRecorded = false

  constructor(traceContext: TraceContext | undefined) {
    this.traceContext = traceContext
  }

  accepted(): void {}
  queued(): void {}
  sent(): void {}
  appended(): void {}
  failed(): void {}
}

/** Measures how long one publish takes. */
class PublishRecorder {
  readonly #histogram: Histogram
  readonly #attributes: Attributes
  readonly #runtime: Runtime
  readonly #startedAt: number

  constructor(histogram: Histogram, attributes: Attributes, runtime: Runtime) {
    this.#histogram = histogram
    this.#attributes = attributes
    this.#runtime = runtime
    this.#startedAt = runtime.monotonic()
  }

  end(failure?: string): void {
    const attributes =
      failure === undefined ? this.#attributes : { ...this.#attributes, [attribute.errorType]: failure }
    this.#histogram.record((this.#runtime.monotonic() - this.#startedAt) / 1_000, attributes)
  }
}

class PublishObservation implements PublishSpan {
  readonly traceContext: TraceContext | undefined
  readonly isRecorded = true
  readonly #api: OpenTelemetryApi
  /** Undefined where it is not recorded, and once it has ended: what timed out may yet be sent. */
  #span: Span | undefined
  readonly #recorder: PublishRecorder | undefined
  #messageId = ''

  constructor(api: OpenTelemetryApi, span: Span | undefined, recorder: PublishRecorder | undefined) {
    this.traceContext = span && inject(api, span, api.ROOT_CONTEXT)
    this.#api = api
    this.#span = span?.isRecording() ? span : undefined
    this.#recorder = recorder
  }

  accepted(messageId: string, invalidation: Invalidation): void {
    if (!this.#span) return
    this.#messageId = messageId
    this.#span.setAttribute(attribute.messageId, messageId)
    this.#span.setAttribute(attribute.action, invalidation.action)
    if ('entityType' in invalidation) this.#span.setAttribute(attribute.entityType, invalidation.entityType)
  }

  queued(waiting: number): void {
    this.#span?.addEvent(eventName.queued, { [attribute.waiting]: waiting })
  }

  sent(): void {
    this.#span?.addEvent(eventName.sent)
  }

  appended(messageId: string, position: string): void {
    const span = this.#span
    if (span) {
      const { streamId, appendId } = splitPosition(position)
      span.setAttribute(attribute.streamId, streamId)
      span.setAttribute(attribute.appendId, appendId)
      if (messageId !== this.#messageId) span.setAttribute(attribute.coalescedInto, messageId)
      this.#end(span)
    }
    this.#recorder?.end()
  }

  failed(error: unknown): void {
    const type = errorType(error)
    const span = this.#span
    if (span) {
      span.recordException(toError(error))
      span.setAttribute(attribute.errorType, type)
      span.setStatus({ code: this.#api.SpanStatusCode.ERROR, message: toError(error).message })
      this.#end(span)
    }
    this.#recorder?.end(type)
  }

  #end(span: Span): void {
    span.end()
    this.#span = undefined
  }
}
