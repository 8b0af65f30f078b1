import { readFileSync } from 'node:fs'
import protobuf from 'protobufjs'

/** What OTLP carries, as its JSON has it. In protobuf ids are bytes, and what is left at its default is absent. */
export interface OtlpSpan {
  readonly traceId: Id
  readonly spanId: Id
  readonly parentSpanId?: Id
  readonly name: string
  readonly kind?: number
  readonly attributes?: readonly KeyValue[]
  readonly events?: readonly { readonly name: string; readonly attributes?: readonly KeyValue[] }[]
  readonly links?: readonly { readonly traceId: Id; readonly spanId: Id }[]
  readonly status?: { readonly message?: string; readonly code?: number }
}

export interface OtlpMetric {
  readonly name: string
  readonly unit?: string
  readonly gauge?: { readonly dataPoints: readonly OtlpPoint[] }
  readonly sum?: { readonly dataPoints: readonly OtlpPoint[]; readonly isMonotonic?: boolean }
  readonly histogram?: { readonly dataPoints: readonly OtlpPoint[] }
}

export interface OtlpPoint {
  readonly attributes?: readonly KeyValue[]
  readonly asInt?: number | string
  readonly asDouble?: number
  readonly count?: number | string
  readonly explicitBounds?: readonly number[]
}

export interface KeyValue {
  readonly key: string
  readonly value?: AnyValue
}

interface AnyValue {
  readonly stringValue?: string
  readonly boolValue?: boolean
  readonly intValue?: number | string
  readonly doubleValue?: number
  readonly arrayValue?: { readonly values?: readonly AnyValue[] }
}

export interface Resource {
  readonly attributes?: readonly KeyValue[]
}

export interface TracesRequest {
  readonly resourceSpans?: readonly {
    readonly resource?: Resource
    readonly scopeSpans?: readonly { readonly spans?: readonly OtlpSpan[] }[]
  }[]
}

export interface MetricsRequest {
  readonly resourceMetrics?: readonly {
    readonly resource?: Resource
    readonly scopeMetrics?: readonly {
      readonly scope?: { readonly name?: string }
      readonly metrics?: readonly OtlpMetric[]
    }[]
  }[]
}

type Id = string | Uint8Array

const { root } = protobuf.parse(readFileSync(new URL('otlp.proto', import.meta.url), 'utf8'))

/** Reads what was sent to `/v1/traces` or `/v1/metrics`, in either encoding. */
export function decode(message: string, contentType: string, body: Buffer): unknown {
  if (contentType === 'application/json') return JSON.parse(body.toString())
  if (contentType !== 'application/x-protobuf') throw new Error(`Expected OTLP, got ${contentType}`)
  const type = root.lookupType(`otlp.${message}`)
  return type.toObject(type.decode(body), { longs: Number })
}

/** In hexadecimal digits; undefined where there is none. */
export function idOf(id: Id | undefined): string | undefined {
  if (id === undefined || id.length === 0) return undefined
  return typeof id === 'string' ? id : Buffer.from(id).toString('hex')
}

export type AttributeValue = string | boolean | number | undefined | readonly AttributeValue[]

export function attributesOf(attributes: readonly KeyValue[] = []): Readonly<Record<string, AttributeValue>> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]))
}

function valueOf({ stringValue, boolValue, intValue, doubleValue, arrayValue }: AnyValue = {}): AttributeValue {
  if (arrayValue) return (arrayValue.values ?? []).map(valueOf)
  return stringValue ?? boolValue ?? doubleValue ?? (intValue === undefined ? undefined : Number(intValue))
}
