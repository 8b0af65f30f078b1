import type { Attributes, SpanKind } from '@opentelemetry/api'
import type { Runtime } from '../support/runtime.js'
import { attribute, destinationAttributes, subscriptionAttributes } from './attributes.js'
import { type EvictContext, FrameObservation } from './frame-observation.js'
import type { OpenTelemetry } from './open-telemetry.js'
import { RecoveryObservation } from './recovery-observation.js'
import type {
  FrameTelemetry,
  MeasuredSubscription,
  RecoverySpan,
  SubscriptionTelemetry,
  TracedFrame,
} from './telemetry.js'

/** Which spans a subscription makes. */
export interface TracingOptions {
  readonly tracing: boolean
  readonly consumerSpan: 'parent+link' | 'link'
  readonly traceUnsampled: boolean
}

export interface SubscriptionTelemetryContext extends TracingOptions, MeasuredSubscription {
  readonly channel: string
  /** `host:port`, where it is known. */
  readonly server: string | undefined
  readonly runtime: Runtime
  /** Reads the wall clock, in ms with a fraction. */
  readonly now: () => number
}

/** Tells the application's OpenTelemetry what a subscription does. */
export class OpenTelemetrySubscription implements SubscriptionTelemetry {
  readonly #openTelemetry: OpenTelemetry
  readonly #context: SubscriptionTelemetryContext
  readonly #spanAttributes: Attributes
  readonly #evictContext: EvictContext
  readonly #removeSource: () => void

  constructor(openTelemetry: OpenTelemetry, context: SubscriptionTelemetryContext) {
    const { channel, name, server, counters, gauges } = context
    this.#openTelemetry = openTelemetry
    this.#context = context
    this.#spanAttributes = {
      ...destinationAttributes(channel, server),
      ...(name !== '' && { [attribute.subscription]: name }),
    }
    const operationName = { [attribute.operationName]: 'evict' }
    this.#evictContext = {
      ...context,
      api: openTelemetry.api,
      spanName: `evict ${channel}`,
      spanAttributes: { ...this.#spanAttributes, ...operationName, [attribute.operationType]: 'process' },
      metricAttributes: { ...subscriptionAttributes(channel, name), ...operationName },
    }
    this.#removeSource = openTelemetry.meters.addSubscription({ channel, name, counters, gauges })
  }

  frame(frame: TracedFrame): FrameTelemetry | undefined {
    const tracer = this.#context.tracing ? this.#openTelemetry.tracer : undefined
    const { recorders } = this.#openTelemetry.meters
    if (!tracer && !recorders) return undefined
    return new FrameObservation(this.#evictContext, tracer, recorders, frame)
  }

  replay(): RecoverySpan | undefined {
    const { SpanKind } = this.#openTelemetry.api
    return this.#recovery('replay', SpanKind.CLIENT, { [attribute.operationType]: 'receive' })
  }

  resync(reason: string): RecoverySpan | undefined {
    return this.#recovery('resync', this.#openTelemetry.api.SpanKind.INTERNAL, { [attribute.reason]: reason })
  }

  close(): void {
    this.#removeSource()
  }

  /** A trace of its own: nobody asked for it. */
  #recovery(operation: string, kind: SpanKind, more: Attributes): RecoverySpan | undefined {
    const { api, tracer } = this.#openTelemetry
    if (!tracer || !this.#context.tracing) return undefined
    const attributes = { ...this.#spanAttributes, [attribute.operationName]: operation, ...more }
    const span = tracer.startSpan(`${operation} ${this.#context.channel}`, { kind, attributes }, api.ROOT_CONTEXT)
    return new RecoveryObservation(api, span)
  }
}
