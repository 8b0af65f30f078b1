import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { within } from '../latch.js'
import {
  attributesOf,
  type AttributeValue,
  decode,
  idOf,
  type MetricsRequest,
  type OtlpMetric,
  type OtlpSpan,
  type TracesRequest,
} from './messages.js'

type Attributes = Readonly<Record<string, AttributeValue>>

/** A span as it was received; spans are named by trace and span id. */
export interface ReceivedSpan {
  readonly id: string
  readonly traceId: string
  readonly parent: string | undefined
  readonly service: string
  readonly resource: Attributes
  readonly name: string
  readonly kind: number
  readonly attributes: Attributes
  readonly events: readonly { readonly name: string; readonly attributes: Attributes }[]
  readonly links: readonly string[]
  readonly status: { readonly code: number; readonly message: string }
}

/** A metric of ours as it was last received from a process. */
export interface ReceivedMetric {
  readonly service: string
  readonly name: string
  readonly unit: string
  readonly kind: 'gauge' | 'counter' | 'histogram' | undefined
  readonly points: readonly {
    readonly attributes: Attributes
    readonly value: number
    readonly bounds: readonly number[]
  }[]
}

/** What takes OTLP over HTTP: both encodings, zipped or not. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = []
  /** The encodings that came, as content types. */
  readonly contentTypes = new Set<string>()
  readonly #metrics = new Map<string, ReceivedMetric>()
  readonly #server = createServer((request, response) => void this.#take(request, response))
  #waiting: (() => void)[] = []

  static async start(): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver()
    receiver.#server.listen(0, '127.0.0.1')
    await once(receiver.#server, 'listening')
    return receiver
  }

  get url(): string {
    const address = this.#server.address()
    if (typeof address !== 'object' || address === null) throw new Error('The receiver does not listen')
    return `http://127.0.0.1:${address.port}`
  }

  /** Resolves with what is found, as soon as something is: it is looked for again whenever something has come. */
  received<T>(find: () => T | undefined, what: string, timeoutMs = 10_000): Promise<T> {
    return within(this.#until(find), timeoutMs, () => `${what} (received: ${this.spans.map(describe).join(', ')})`)
  }

  /** Resolves with the spans that pass, when there are this many. */
  async spansThat(pass: (span: ReceivedSpan) => boolean, count: number, what: string): Promise<ReceivedSpan[]> {
    return this.received(() => {
      const found = this.spans.filter(pass)
      return found.length >= count ? found : undefined
    }, `${count} of ${what}`)
  }

  /** What each process sent last of a metric. */
  metric(name: string): ReceivedMetric[] {
    return this.metrics.filter((metric) => metric.name === name)
  }

  get metrics(): ReceivedMetric[] {
    return [...this.#metrics.values()]
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const contentType = request.headers['content-type'] ?? ''
    const body = await buffer(request)
    const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
    this.contentTypes.add(contentType)
    if (request.url === '/v1/traces') {
      this.#takeSpans(decode('ExportTraceServiceRequest', contentType, plain) as TracesRequest)
    } else if (request.url === '/v1/metrics') {
      this.#takeMetrics(decode('ExportMetricsServiceRequest', contentType, plain) as MetricsRequest)
    }
    response.setHeader('content-type', contentType)
    response.end(contentType === 'application/json' ? '{}' : '')
    for (const wake of this.#waiting.splice(0)) wake()
  }

  #takeSpans({ resourceSpans = [] }: TracesRequest): void {
    for (const { resource, scopeSpans = [] } of resourceSpans) {
      for (const { spans = [] } of scopeSpans) {
        this.spans.push(...spans.map((span) => toSpan(span, attributesOf(resource?.attributes))))
      }
    }
  }

  #takeMetrics({ resourceMetrics = [] }: MetricsRequest): void {
    for (const { resource, scopeMetrics = [] } of resourceMetrics) {
      const attributes = attributesOf(resource?.attributes)
      for (const metric of scopeMetrics.flatMap(({ scope, metrics = [] }) =>
        scope?.name === 'cache-invalidation' ? metrics : [],
      )) {
        const instance = String(attributes['service.instance.id'] ?? attributes['service.name'])
        this.#metrics.set(`${instance} ${metric.name}`, toMetric(metric, String(attributes['service.name'])))
      }
    }
  }

  async #until<T>(find: () => T | undefined): Promise<T> {
    for (;;) {
      const found = find()
      if (found !== undefined) return found
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }
}

function toSpan(span: OtlpSpan, resource: Attributes): ReceivedSpan {
  const { name, kind = 0, attributes, events = [], links = [], status } = span
  const traceId = idOf(span.traceId) ?? ''
  const parentSpanId = idOf(span.parentSpanId)
  return {
    id: `${traceId}-${idOf(span.spanId)}`,
    traceId,
    parent: parentSpanId && `${traceId}-${parentSpanId}`,
    service: String(resource['service.name']),
    resource,
    name,
    kind,
    attributes: attributesOf(attributes),
    events: events.map((event) => ({ name: event.name, attributes: attributesOf(event.attributes) })),
    links: links.map((link) => `${idOf(link.traceId)}-${idOf(link.spanId)}`),
    status: { code: status?.code ?? 0, message: status?.message ?? '' },
  }
}

function toMetric({ name, unit = '', gauge, sum, histogram }: OtlpMetric, service: string): ReceivedMetric {
  const { dataPoints } = gauge ?? sum ?? histogram ?? { dataPoints: [] }
  const points = dataPoints.map(({ attributes, asInt, asDouble, count, explicitBounds = [] }) => ({
    attributes: attributesOf(attributes),
    value: Number(asInt ?? asDouble ?? count ?? 0),
    bounds: explicitBounds,
  }))
  const counter = sum?.isMonotonic ? 'counter' : undefined
  return { service, name, unit, kind: gauge ? 'gauge' : histogram ? 'histogram' : counter, points }
}

function describe({ service, name }: ReceivedSpan): string {
  return `${name} of ${service}`
}
