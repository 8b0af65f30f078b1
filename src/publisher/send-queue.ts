import { maxMessageBytes } from '../message/limits.js'
import {
  isSampled,
  maxTraceLinks,
  type TraceContext,
  traceLinksBytes,
  withTraceLinks,
} from '../message/trace-context.js'
import type { FramePart } from '../message/wire/encode-columns.js'
import type { PreparedMessage } from '../message/wire/prepared-message.js'
import { Fifo } from '../support/fifo.js'
import { WaitingQueue } from '../support/waiting-queue.js'
import type { Caller, Receipt } from './callers.js'

/** A message to be appended, with the callers that wait for it: they settle together. */
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

  /** When the first of its callers is rejected, on the monotonic clock. */
  get deadline(): number {
    return this.#deadline
  }

  /** How many accepted invalidations it covers. */
  get count(): number {
    return this.#count
  }

  /** The message, with links to the traces of all that it covers. */
  get part(): FramePart {
    const { prepared } = this
    return this.#links ? { json: withTraceLinks(prepared.json, this.#links, prepared.trace !== undefined) } : prepared
  }

  /** What it adds to a frame of many, in bytes, or somewhat more. */
  get packedBytes(): number {
    const { packedBytes, bytes } = this.prepared
    return this.#links ? bytes + traceLinksBytes(this.#links) : packedBytes
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
   * Links to a publish that is recorded: a link to any other would lead nowhere. A link that would make the message too
   * large is left out.
   */
  #link(traceparent: string | undefined): void {
    if (traceparent === undefined || !isSampled(traceparent)) return
    const links = [...(this.#links ?? []), traceparent]
    const fits = this.prepared.bytes + traceLinksBytes(links) <= maxMessageBytes
    if (fits && links.length <= maxTraceLinks) this.#links = links
  }
}

/** How much may wait: beyond either limit all of it becomes one message. */
export interface SendQueueLimits {
  readonly maxQueued: number
  readonly maxQueuedBytes: number
}

/** Invalidations that became one message `*`, which evicts all. */
export interface Overflow {
  /** How many of them are reported for the first time. */
  readonly collapsed: number
  /** How many that message covers by now. */
  readonly total: number
}

export interface SendQueueContext {
  /** Makes the message that evicts everything. */
  readonly makeEvictAll: () => PreparedMessage
  /** Called when the waiting messages became one: `reportOverflow()` must follow soon. */
  readonly onCollapse: () => void
  readonly onOverflow: (overflow: Overflow) => void
}

const manyTaken = 1_000

/**
 * The messages that wait to be sent, in order. Equal ones become one. When too many wait, all of them become one
 * message that evicts everything, and that covers what comes until it is sent: coarser, never lost. A message that was
 * taken out is no longer here, so nothing ever joins a message that may have been sent already.
 */
export class SendQueue {
  readonly #limits: SendQueueLimits
  readonly #context: SendQueueContext
  readonly #waiting = new Fifo<QueuedMessage>()
  #newest = new NewestMessages()
  #evictAll: QueuedMessage | undefined
  /** How many of the invalidations that it covers were reported. */
  #reported = 0
  #bytes = 0
  #packedBytes = 0
  #accepted = 0

  constructor(limits: SendQueueLimits, context: SendQueueContext) {
    this.#limits = limits
    this.#context = context
  }

  /** How many messages wait. */
  get length(): number {
    return this.#waiting.length
  }

  get bytes(): number {
    return this.#bytes
  }

  /** What the waiting messages add to frames of many. */
  get packedBytes(): number {
    return this.#packedBytes
  }

  get first(): QueuedMessage | undefined {
    return this.#waiting.first
  }

  /** How many invalidations were ever accepted: the sequence of the newest. */
  get accepted(): number {
    return this.#accepted
  }

  /** How many accepted invalidations the waiting messages cover. */
  get count(): number {
    let count = 0
    for (const message of this.#waiting) count += message.count
    return count
  }

  /** Takes a message in, alone or into an equal one that waits. */
  add(prepared: PreparedMessage, caller: Caller): void {
    this.#accepted++
    const waiting = this.#evictAll ?? this.#newest.find(prepared)
    if (waiting && this.#holds(waiting)) {
      waiting.join(caller, prepared.trace)
      return
    }
    const message = new QueuedMessage(prepared, this.#accepted, caller)
    this.#newest.add(message)
    this.#push(message)
    const { maxQueued, maxQueuedBytes } = this.#limits
    if (this.length > 1 && (this.length > maxQueued || this.#bytes > maxQueuedBytes)) this.#collapse()
  }

  /** Takes out the oldest messages, as many as the limits allow, but at least one if any waits. */
  take(maxMessages: number, maxBytes: number): QueuedMessage[] {
    const taken: QueuedMessage[] = []
    let bytes = 0
    for (let next = this.first; next && taken.length < maxMessages; next = this.first) {
      bytes += next.packedBytes
      if (bytes > maxBytes && taken.length > 0) break
      taken.push(next)
      this.#waiting.shift()
      this.#count(next, -1)
      next.leave()
    }
    if (this.#evictAll && taken[0] === this.#evictAll) {
      this.reportOverflow()
      this.#evictAll = undefined
    }
    if (this.#newest.added > this.length * 2 + manyTaken || this.length === 0) this.#forgetTaken()
    return taken
  }

  /**
   * Reports the invalidations that became part of the message since the last report; the next one reports later ones.
   */
  reportOverflow(): void {
    const total = this.#evictAll?.count ?? 0
    const collapsed = total - this.#reported
    if (this.#evictAll === undefined || collapsed === 0) return
    this.#reported = total
    this.#context.onOverflow({ collapsed, total })
  }

  /** Whether a message still waits: they are taken out in order. */
  #holds({ sequence }: QueuedMessage): boolean {
    return this.first !== undefined && sequence >= this.first.sequence
  }

  /** The newest messages that were taken out linger until they are many. */
  #forgetTaken(): void {
    this.#newest = new NewestMessages()
    for (const message of this.#waiting) this.#newest.add(message)
  }

  #push(message: QueuedMessage): void {
    this.#waiting.push(message)
    this.#count(message, 1)
  }

  #count({ prepared }: QueuedMessage, sign: 1 | -1): void {
    this.#bytes += sign * prepared.bytes
    this.#packedBytes += sign * prepared.packedBytes
  }

  #collapse(): void {
    const evictAll = new QueuedMessage(this.#context.makeEvictAll(), this.first?.sequence ?? this.#accepted)
    for (const message of this.#waiting) evictAll.absorb(message)
    this.#waiting.clear()
    this.#newest = new NewestMessages()
    this.#bytes = 0
    this.#packedBytes = 0
    this.#push(evictAll)
    this.#evictAll = evictAll
    this.#reported = 0
    this.#context.onCollapse()
  }
}

/**
 * The newest message of each coalesce key. None is ever taken out: maps made anew now and then cost half of deleting
 * each key. The tables that a churning map leaves behind refer to each other, and as soon as one is old, all that went
 * through the map survives the minor collections.
 */
class NewestMessages {
  readonly #groups = new Map<string, Map<string, QueuedMessage>>()
  #added = 0

  /** How many were added, those included that newer ones replaced. */
  get added(): number {
    return this.#added
  }

  find({ coalesceGroup, coalesceKey }: PreparedMessage): QueuedMessage | undefined {
    return this.#groups.get(coalesceGroup)?.get(coalesceKey)
  }

  add(message: QueuedMessage): void {
    const { coalesceGroup, coalesceKey } = message.prepared
    const group = this.#groups.get(coalesceGroup) ?? new Map<string, QueuedMessage>()
    if (group.size === 0) this.#groups.set(coalesceGroup, group)
    group.set(coalesceKey, message)
    this.#added++
  }
}
