import { maxMessageBytes } from '../message/limits.js'
import {
  isSampled,
  maxTraceLinks,
  type TraceContext,
  traceLinksBytes,
  withTraceLinks,
} from '../message/trace-context.js'
import type { PreparedMessage } from '../message/wire/prepared-message.js'
import { WaitingQueue } from '../support/waiting-queue.js'
import type { Caller, Receipt } from './callers.js'

/** A message to be appended, with the callers who wait for it: they settle together. */
export class QueuedMessage {
  readonly prepared: PreparedMessage
  /** Its place in the order of acceptance; if it covers several, that of the first. */
  readonly sequence: number
  #count: number
  #deadline: number
  #first: Caller | undefined
  /** Made only when it is needed: most messages have one caller. */
  #others: WaitingQueue<Caller> | undefined
  /** Traces of further publishes that it covers. */
  #links: string[] | undefined

  constructor(prepared: PreparedMessage, sequence: number, caller?: Caller) {
    this.prepared = prepared
    this.sequence = sequence
    this.#first = caller
    this.#deadline = caller?.deadline ?? Infinity
    this.#count = caller ? 1 : 0
  }

  /** When the first of those who wait for it gives up, on the monotonic clock. */
  get deadline(): number {
    return this.#deadline
  }

  /** How many accepted invalidations it covers. */
  get count(): number {
    return this.#count
  }

  /** The message in wire form, with links to the traces of all that it covers. */
  get json(): string {
    const { json, trace } = this.prepared
    return this.#links ? withTraceLinks(json, this.#links, trace !== undefined) : json
  }

  /** Size of `json`, or somewhat more. */
  get bytes(): number {
    return this.prepared.bytes + (this.#links ? traceLinksBytes(this.#links) : 0)
  }

  /** It leaves the send queue. */
  leave(): void {
    this.#first?.sent()
    if (this.#others) for (const caller of this.#others) caller.sent()
  }

  /** From now on it covers one more accepted invalidation. */
  join(caller: Caller, trace?: TraceContext): void {
    this.#link(trace?.traceparent)
    this.#count++
    this.#others ??= new WaitingQueue()
    this.#others.add(caller)
  }

  /** From now on it also covers all that another message covered. */
  absorb(other: QueuedMessage): void {
    this.#count += other.#count
    this.#deadline = Math.min(this.#deadline, other.#deadline)
    this.#others ??= new WaitingQueue()
    if (other.#first?.waiting) this.#others.add(other.#first)
    if (other.#others) for (const caller of other.#others) this.#others.add(caller)
    for (const link of [other.prepared.trace?.traceparent, ...(other.#links ?? [])]) this.#link(link)
  }

  resolve(receipt: Receipt): void {
    this.#first?.resolve(receipt)
    for (let caller = this.#others?.oldest; caller; caller = this.#others?.oldest) caller.resolve(receipt)
  }

  reject(error: Error): void {
    this.#first?.reject(error)
    for (let caller = this.#others?.oldest; caller; caller = this.#others?.oldest) caller.reject(error)
  }

  /**
   * Links to a publish that is recorded: to another one a link would lead nowhere. Links are the first to go without:
   * they never cost a message its place within the limits.
   */
  #link(traceparent: string | undefined): void {
    if (traceparent === undefined || !isSampled(traceparent)) return
    const links = [...(this.#links ?? []), traceparent]
    const fits = this.prepared.bytes + traceLinksBytes(links) <= maxMessageBytes
    if (fits && links.length <= maxTraceLinks) this.#links = links
  }
}
