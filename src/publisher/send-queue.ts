import type { PreparedMessage } from '../message/wire/prepared-message.js'
import { Fifo } from '../support/fifo.js'
import type { Caller } from './callers.js'
import { QueuedMessage } from './queued-message.js'

export interface SendQueueContext {
  readonly maxQueued: number
  readonly maxQueuedBytes: number
  /** Makes the message that evicts everything. */
  readonly evictAll: () => PreparedMessage
  /** Called when the waiting messages became one that evicts all; `collapsed` counts invalidations. */
  readonly onOverflow: (collapsed: number) => void
}

const manyTaken = 1_000

/**
 * The messages that wait to be sent, in order. Equal ones become one, and so does everything when there is too much of
 * it: one message that evicts all, which takes in all that comes until it is sent. Coarser, never lost. What was taken out
 * is no longer here, so nothing ever joins a message that may have been sent already.
 */
export class SendQueue {
  readonly #context: SendQueueContext
  readonly #waiting = new Fifo<QueuedMessage>()
  #newest = new NewestMessages()
  #evictAll: QueuedMessage | undefined
  #bytes = 0
  #accepted = 0

  constructor(context: SendQueueContext) {
    this.#context = context
  }

  /** How many messages wait. */
  get length(): number {
    return this.#waiting.length
  }

  get bytes(): number {
    return this.#bytes
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
    const { maxQueued, maxQueuedBytes } = this.#context
    if (this.length > 1 && (this.length > maxQueued || this.#bytes > maxQueuedBytes)) this.#collapse()
  }

  /** Takes out the oldest messages, as many as the limits allow, but at least one where there is one. */
  take(maxMessages: number, maxBytes: number): QueuedMessage[] {
    const taken: QueuedMessage[] = []
    let bytes = 0
    for (let next = this.first; next && taken.length < maxMessages; next = this.first) {
      bytes += next.prepared.bytes
      if (bytes > maxBytes && taken.length > 0) break
      taken.push(next)
      this.#waiting.shift()
      this.#bytes -= next.prepared.bytes
      next.leave()
    }
    if (taken[0] === this.#evictAll) this.#evictAll = undefined
    if (this.#newest.added > this.length * 2 + manyTaken || this.length === 0) this.#forgetTaken()
    return taken
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
    this.#bytes += message.prepared.bytes
  }

  #collapse(): void {
    const evictAll = new QueuedMessage(this.#context.evictAll(), this.first?.sequence ?? this.#accepted)
    for (const message of this.#waiting) evictAll.absorb(message)
    this.#waiting.clear()
    this.#newest = new NewestMessages()
    this.#bytes = 0
    this.#push(evictAll)
    this.#evictAll = evictAll
    this.#context.onOverflow(evictAll.count)
  }
}

/**
 * The newest message of each coalesce key. None is ever taken out: maps made anew now and then cost half of deleting each
 * key. The tables that a churning map leaves behind refer to each other, and as soon as one is old, all that went through
 * the map survives the minor collections.
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
