import type { Attributes, Histogram, Span } from '@opentelemetry/api'
import { toError } from '../support/thrown.js'
import { attribute, errorType, type OpenTelemetryApi, subscriptionAttributes } from './attributes.js'
import type { OpenTelemetry } from './open-telemetry.js'
import type { BegunLoads, CacheTelemetry, EndedLoad, LoadSpan, MeasuredCache } from './telemetry.js'

export interface CacheTelemetryContext extends MeasuredCache {
  readonly channel: string
  readonly tracing: boolean
}

/** Reports to the application's OpenTelemetry what a cache does. */
export class OpenTelemetryCache implements CacheTelemetry {
  readonly #openTelemetry: OpenTelemetry
  readonly #tracing: boolean
  readonly #spanName: string
  /** Nothing of messaging: a load is the application's own work. */
  readonly #spanAttributes: Attributes
  readonly #metricAttributes: Attributes
  readonly #removeSource: () => void

  constructor(openTelemetry: OpenTelemetry, { channel, tracing, name, counters, gauges }: CacheTelemetryContext) {
    this.#openTelemetry = openTelemetry
    this.#tracing = tracing
    this.#spanName = `load ${channel}`
    this.#spanAttributes = name === '' ? {} : { [attribute.subscription]: name }
    this.#metricAttributes = subscriptionAttributes(channel, name)
    this.#removeSource = openTelemetry.meters.addCache({ channel, name, counters, gauges })
  }

  load({ keys, entityType }: BegunLoads): LoadSpan | undefined {
    const { api, meters } = this.#openTelemetry
    const span = this.#startSpan()
    const histogram = meters.recorders?.cacheLoad
    if (!span && !histogram) return undefined
    if (span?.isRecording()) {
      span.setAttributes(this.#spanAttributes)
      if (entityType !== undefined) span.setAttribute(attribute.entityType, entityType)
      if (keys > 1) span.setAttribute(attribute.keys, keys)
    }
    const recorder = histogram && new LoadRecorder(histogram, this.#metricAttributes)
    return new LoadObservation(api, span, recorder, keys)
  }

  close(): void {
    this.#removeSource()
  }

  /** A child of whatever the reader is in. The sampler sees its name alone, as for publishes. */
  #startSpan(): Span | undefined {
    const { api, tracer } = this.#openTelemetry
    return this.#tracing ? tracer?.startSpan(this.#spanName, { kind: api.SpanKind.INTERNAL }) : undefined
  }
}

/** Measures how long the loads of one read take. */
class LoadRecorder {
  readonly #histogram: Histogram
  readonly #attributes: Attributes

  constructor(histogram: Histogram, attributes: Attributes) {
    this.#histogram = histogram
    this.#attributes = attributes
  }

  ended({ outcome, durationMs, error }: EndedLoad): void {
    const attributes: Attributes = { ...this.#attributes, [attribute.outcome]: outcome }
    if (outcome === 'failed') attributes[attribute.errorType] = errorType(error)
    this.#histogram.record(durationMs / 1_000, attributes)
  }
}

class LoadObservation implements LoadSpan {
  readonly #api: OpenTelemetryApi
  readonly #span: Span | undefined
  readonly #recorder: LoadRecorder | undefined
  /** How many loads have not ended. */
  #left: number
  readonly #reasons = new Set<string>()
  readonly #outcomes = new Set<string>()
  #failure: { readonly error: unknown } | undefined

  constructor(api: OpenTelemetryApi, span: Span | undefined, recorder: LoadRecorder | undefined, keys: number) {
    this.#api = api
    this.#span = span
    this.#recorder = recorder
    this.#left = keys
  }

  run(load: () => void): void {
    if (!this.#span) load()
    else this.#api.context.with(this.#api.trace.setSpan(this.#api.context.active(), this.#span), load)
  }

  ended(load: EndedLoad): void {
    this.#recorder?.ended(load)
    if (!this.#span) return
    this.#reasons.add(load.reason)
    this.#outcomes.add(load.outcome)
    if (load.outcome === 'failed') this.#failure ??= { error: load.error }
    this.#left -= 1
    if (this.#left === 0) this.#end(this.#span)
  }

  #end(span: Span): void {
    if (span.isRecording()) {
      span.setAttribute(attribute.reason, commonOf(this.#reasons))
      span.setAttribute(attribute.outcome, commonOf(this.#outcomes))
      if (this.#failure) this.#fail(span, this.#failure.error)
    }
    span.end()
  }

  #fail(span: Span, error: unknown): void {
    span.recordException(toError(error))
    span.setAttribute(attribute.errorType, errorType(error))
    span.setStatus({ code: this.#api.SpanStatusCode.ERROR, message: toError(error).message })
  }
}

function commonOf(all: ReadonlySet<string>): string {
  const [first = '', ...others] = all
  return others.length === 0 ? first : 'mixed'
}
