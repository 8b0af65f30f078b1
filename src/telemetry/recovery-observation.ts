import type { Attributes, Context, Span } from '@opentelemetry/api'
import type { TraceContext } from '../message/trace-context.js'
import { toError } from '../support/thrown.js'
import { attribute, errorType, type OpenTelemetryApi } from './attributes.js'
import { isRecorded, linksTo } from './propagation.js'
import type { RecoveryFacts, RecoverySpan } from './telemetry.js'

/** A replay can make up for a million publishes; its evicts link to each. */
const maxLinks = 32

/** The span of a replay or a resync. */
export class RecoveryObservation implements RecoverySpan {
  /** For the spans of what it hands over: they are its children, also where they begin after its end. */
  readonly context: Context
  readonly #api: OpenTelemetryApi
  readonly #span: Span
  #links = 0

  constructor(api: OpenTelemetryApi, span: Span) {
    this.#api = api
    this.#span = span
    this.context = api.trace.setSpan(api.ROOT_CONTEXT, span)
  }

  makesUpFor(traces: readonly (TraceContext | undefined)[]): void {
    for (const trace of traces) {
      if (this.#links >= maxLinks) return
      if (!trace || !isRecorded(trace)) continue
      const links = linksTo(trace)
      this.#span.addLinks(links)
      this.#links += links.length
    }
  }

  end(facts: RecoveryFacts): void {
    const { from, to, entries, messages, forked, missed } = facts
    const known: Attributes = {
      [attribute.from]: from,
      [attribute.to]: to,
      [attribute.entries]: entries,
      [attribute.batchCount]: messages,
      [attribute.forked]: forked,
      [attribute.missed]: missed,
    }
    this.#span.setAttributes(known)
    this.#span.end()
  }

  failed(error: unknown): void {
    this.#span.recordException(toError(error))
    this.#span.setAttribute(attribute.errorType, errorType(error))
    this.#span.setStatus({ code: this.#api.SpanStatusCode.ERROR, message: toError(error).message })
    this.#span.end()
  }
}
