import type { Span } from './span.js'

/**
 * The spans of an OTLP request in JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).
 *
 * @throws SyntaxError where it is no JSON
 */
export function readSpans(json: string): Span[] {
  return list(JSON.parse(json), 'resourceSpans').flatMap((resourceSpans) => {
    const service = String(attributesOf(field(resourceSpans, 'resource'))['service.name'] ?? '')
    const scopes = list(resourceSpans, 'scopeSpans')
    return scopes.flatMap((scope) => list(scope, 'spans')).map((span) => readSpan(span, service))
  })
}

function readSpan(span: unknown, service: string): Span {
  return {
    ...referenceOf(span),
    parentSpanId: text(span, 'parentSpanId'),
    name: text(span, 'name'),
    service,
    startMs: Number(text(span, 'startTimeUnixNano')) / 1e6,
    endMs: Number(text(span, 'endTimeUnixNano')) / 1e6,
    attributes: attributesOf(span),
    links: list(span, 'links').map(referenceOf),
  }
}

function referenceOf(value: unknown): Pick<Span, 'traceId' | 'spanId'> {
  return { traceId: text(value, 'traceId'), spanId: text(value, 'spanId') }
}

/** Those of a span or a resource that hold a single value. */
function attributesOf(value: unknown): Span['attributes'] {
  const attributes: Record<string, string | number | boolean> = {}
  for (const attribute of list(value, 'attributes')) {
    const held = field(attribute, 'value')
    const values: readonly unknown[] = typeof held === 'object' && held !== null ? Object.values(held) : []
    const single = values[0]
    const isSingle = typeof single === 'string' || typeof single === 'number' || typeof single === 'boolean'
    if (isSingle) attributes[text(attribute, 'key')] = single
  }
  return attributes
}

function list(value: unknown, key: string): readonly unknown[] {
  const found = field(value, key)
  return Array.isArray(found) ? found : []
}

function text(value: unknown, key: string): string {
  const found = field(value, key)
  return typeof found === 'string' ? found : ''
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}
