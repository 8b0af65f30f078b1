/** A span, as far as the demo looks at it. */
export interface Span {
  readonly traceId: string
  readonly spanId: string
  /** Empty where it begins its trace. */
  readonly parentSpanId: string
  readonly name: string
  /** Of the process that made it. */
  readonly service: string
  /** Since the epoch, with a fraction. */
  readonly startMs: number
  readonly endMs: number
  readonly attributes: Readonly<Record<string, string | number | boolean>>
  readonly links: readonly SpanReference[]
}

export type SpanReference = Pick<Span, 'traceId' | 'spanId'>

/** Where all services share a process, their subscriptions still have their names. */
export function serviceOf({ attributes, service }: Span): string {
  return String(attributes['cache_invalidation.subscription'] ?? service)
}
