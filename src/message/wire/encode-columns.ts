import { minSlice } from '../../support/own-copy.js'
import { version } from '../../support/version.js'
import { type PlainKind, PlainMessage, Stamp } from './encode-plain.js'
import type { PreparedMessage } from './prepared-message.js'

/** A message of a frame. Only a prepared one can be written in columns. */
export type FramePart = PreparedMessage | Pick<PreparedMessage, 'json'>

/** Fewer messages than this take less room as objects. */
const minMessages = 2

/**
 * Writes a frame by columns: once what its messages share, then one list for each thing in which they differ. Messages
 * that no column fits are written as objects, each with its place in the frame. Undefined if fewer than two fit.
 */
export function encodeColumns(parts: readonly FramePart[]): string | undefined {
  const columns = new Columns()
  const others: number[] = []
  for (let place = 0; place < parts.length; place++) {
    if (!columns.add(parts[place])) others.push(place)
  }
  if (columns.length < minMessages) return undefined
  const objects = others.map((place) => `[${place},${parts[place]?.json ?? ''}]`)
  const beside = objects.length === 0 ? '' : `,"others":[${objects.join()}]`
  return `{"columns":${columns.json()}${beside},"version":"${version}"}`
}

/** The messages of a frame that have a stamp, and one source. */
class Columns {
  readonly #kinds = new Map<PlainKind, number>()
  /** For messages in a row that are of one kind: its number, and how many they are. */
  readonly #runs: number[] = []
  /** For each series of message ids: what they begin with, the first count, and how many count up; then for each gap
   * how many counts are left out, and how many count up after it. */
  readonly #messageIds: (string | number)[][] = []
  /** Microseconds from one message to the next. */
  readonly #after: number[] = []
  readonly #entityIds: string[] = []
  readonly #traceparents: string[] = []
  #source: string | undefined
  #timestamp = ''
  #isTraced = false
  #idsLength = 0
  /** Of the last message: its kind, how many in a row are of it, its series, and how many in a row count up. */
  #kind: PlainKind | undefined
  #ofKind = 0
  #series: string | undefined
  #nextCount = -1
  #counting = 0
  #microseconds = 0

  get length(): number {
    return this.#entityIds.length
  }

  /** False if the message does not fit. */
  add(part: FramePart | undefined): boolean {
    if (!(part instanceof PlainMessage)) return false
    const { defaults, kind, coalesceKey, trace } = part
    if (!(defaults instanceof Stamp) || !defaults.isCounted) return false
    if (kind.source !== (this.#source ??= kind.source)) return false
    const { series, count, microseconds } = defaults
    if (kind !== this.#kind) this.#beginKind(kind)
    this.#ofKind++
    if (series !== this.#series || count !== this.#nextCount) this.#skipTo(series, count)
    this.#counting++
    this.#nextCount = count + 1
    if (this.#entityIds.length === 0) this.#timestamp = defaults.timestamp
    else this.#after.push(microseconds - this.#microseconds)
    this.#microseconds = microseconds
    this.#entityIds.push(coalesceKey)
    this.#idsLength += coalesceKey.length
    if (trace) this.#trace(trace.traceparent)
    return true
  }

  json(): string {
    this.#endKind()
    this.#endCounting()
    const kinds = Array.from(this.#kinds.keys(), ({ json }) => json).join()
    const traceparents = this.#isTraced ? `,"traceparents":${JSON.stringify(this.#allTraceparents())}` : ''
    return (
      `{"source_service":"${this.#source ?? ''}","kinds":[${kinds}],"runs":[${this.#runs.join()}]` +
      `,"message_ids":${JSON.stringify(this.#messageIds)},"timestamp":"${this.#timestamp}","after":${JSON.stringify(this.#after)}` +
      `,"entity_ids":${this.#entityIdsJson()}${traceparents}}`
    )
  }

  /**
   * Nothing in them needs an escape. Long ids are cheaper to read as texts of their own, and short ids from one text: V8
   * keeps short texts of JSON once for the whole process, and cuts long ones out of others without copying them.
   */
  #entityIdsJson(): string {
    const areLong = this.#idsLength >= minSlice * this.#entityIds.length
    return areLong ? `["${this.#entityIds.join('","')}"]` : `"${this.#entityIds.join(' ')}"`
  }

  #beginKind(kind: PlainKind): void {
    this.#endKind()
    this.#kind = kind
    if (!this.#kinds.has(kind)) this.#kinds.set(kind, this.#kinds.size)
  }

  #endKind(): void {
    const number = this.#kind && this.#kinds.get(this.#kind)
    if (number !== undefined) this.#runs.push(number, this.#ofKind)
    this.#ofKind = 0
  }

  /** The id does not count on from the last one. */
  #skipTo(series: string, count: number): void {
    this.#endCounting()
    const gap = count - this.#nextCount
    if (series === this.#series && gap > 0) this.#messageIds.at(-1)?.push(gap)
    else this.#messageIds.push([series, count])
    this.#series = series
  }

  #endCounting(): void {
    if (this.#counting > 0) this.#messageIds.at(-1)?.push(this.#counting)
    this.#counting = 0
  }

  #trace(traceparent: string): void {
    this.#isTraced = true
    this.#traceparents[this.#entityIds.length - 1] = traceparent
  }

  /** An empty text for each message without a trace. */
  #allTraceparents(): string[] {
    return this.#entityIds.map((_id, index) => this.#traceparents[index] ?? '')
  }
}
