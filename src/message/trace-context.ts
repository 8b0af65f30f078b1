import { isArray, type JsonObject } from './message.js'

/**
 * The trace a message belongs to, in the text form of W3C Trace Context (https://www.w3.org/TR/trace-context/). It
 * travels in fields of the message's JSON that other readers ignore.
 */
export interface TraceContext {
  readonly traceparent: string
  readonly tracestate?: string
  /** The `traceparent` of each further `publish()` that this message stands for. */
  readonly links?: readonly string[]
}

/** More publishes than that may become one message; the others are not linked. */
export const maxTraceLinks = 16

/** A `tracestate` longer than that may be dropped, says W3C, and is. */
const maxTracestateBytes = 512
const minTraceparentBytes = 55
const maxTraceparentBytes = 128
/** Version, trace id, span id, flags. Ids of zeros alone and the version `ff` are invalid; `00` ends with the flags. */
const traceparentPattern = /^(?!ff|00.{54})[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:-|$)/
const dash = 45
const nine = 57

/**
 * The trace context among the fields of a message; undefined where there is none. What is not of its shape is left out.
 */
export function readTraceContext({
  traceparent,
  tracestate,
  trace_links: links,
}: JsonObject): TraceContext | undefined {
  if (!isTraceparent(traceparent)) return undefined
  if (tracestate === undefined && links === undefined) return { traceparent }
  return {
    traceparent,
    ...(typeof tracestate === 'string' && tracestate.length <= maxTracestateBytes && { tracestate }),
    ...(links !== undefined && isArray(links) && { links: links.slice(0, maxTraceLinks).filter(isTraceparent) }),
  }
}

/** Whether whoever made this records its trace: the lowest bit of the flags. Every message is asked, so it is quick. */
export function isSampled(traceparent: string): boolean {
  const digit = traceparent.charCodeAt(54)
  // Odd digits have odd codes, odd letters (b, d, f) have even ones.
  return (digit & 1) === (digit > nine ? 0 : 1)
}

/** Whether it is one to the letter, and not only of its shape. */
export function isValidTraceparent(traceparent: string): boolean {
  return traceparentPattern.test(traceparent)
}

/** The fields that carry a trace context, to stand behind another field of an object: `,"traceparent":"…"`. */
export function encodeTraceContext({ traceparent, tracestate }: TraceContext): string {
  const state =
    tracestate !== undefined && tracestate !== '' && tracestate.length <= maxTracestateBytes
      ? `,"tracestate":${JSON.stringify(tracestate)}`
      : ''
  return `,"traceparent":${JSON.stringify(traceparent)}${state}`
}

/** What links add to a message: names, quotes and commas included. */
export function traceLinksBytes(links: readonly string[]): number {
  return links.reduce((bytes, link) => bytes + link.length + 3, 40)
}

/** A message's JSON with links to further publishes; the first becomes its own trace where it has none. */
export function withTraceLinks(json: string, links: readonly string[], isTraced: boolean): string {
  const [first = '', ...others] = links
  const fields = isTraced
    ? `,"trace_links":${JSON.stringify(links)}`
    : `${encodeTraceContext({ traceparent: first })},"trace_links":${JSON.stringify(others)}`
  return `${json.slice(0, -1)}${fields}}`
}

/**
 * Whether it has the shape of one; whoever makes a span of it looks closer. Who does not, because its flags say
 * unsampled, takes it at its word: it is not worth what looking at every message costs.
 */
function isTraceparent(value: unknown): value is string {
  if (typeof value !== 'string' || value.length < minTraceparentBytes || value.length > maxTraceparentBytes)
    return false
  return value.charCodeAt(2) === dash && value.charCodeAt(35) === dash && value.charCodeAt(52) === dash
}
