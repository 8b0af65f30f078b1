import type { Entry } from '../../log/model/entry.js'
import { formatPosition, type Position } from '../../log/model/position.js'
import type { ResyncReason } from '../../log/model/resync-reason.js'
import type { DecodedFrame } from '../../message/wire/decode.js'
import type { SubscriptionCounters } from '../../telemetry/counters.js'
import type { Origin } from '../handling/delivery.js'
import type { Ground, Proof } from '../progress/look.js'
import { type Finish, Progress } from '../progress/progress.js'
import { type Effect, type Handed, type HandOver, type LogFrame, noEffects, type Ticket } from './effect.js'
import { History } from './history.js'

/** Messages, and the length of the JSON that carried them. */
export interface Load {
  readonly messages: number
  readonly bytes: number
}

/** Whether more may wait besides what does. What is too large by itself may, if nothing else waits. */
export function fits(more: Load, waiting: Load, limits: Load): boolean {
  if (waiting.messages === 0) return true
  return waiting.messages + more.messages <= limits.messages && waiting.bytes + more.bytes <= limits.bytes
}

export interface IntakeContext {
  /** What may wait for the handler. */
  readonly limits: Load
  /** The handler's queue, as it is at each event. */
  readonly queue: {
    readonly pending: number
    readonly pendingBytes: number
    /** How many of the pending messages failed and hold up no others: they have their own limit. */
    readonly aside: number
    /** Whether that limit is reached. */
    readonly isFull: boolean
  }
  readonly counters: SubscriptionCounters
}

export const noLoad: Load = { messages: 0, bytes: 0 }

/** The load with one frame more or less. A frame without messages takes room as well. */
export function withFrame(load: Load, { messages, bytes }: Handed, sign: 1 | -1): Load {
  const { length } = messages
  return { messages: load.messages + sign * Math.max(1, length), bytes: load.bytes + sign * bytes }
}

/** Takes frames into the history, hands them over while the handler has room, and counts them. Pure. */
export class Intake {
  readonly history = new History()
  readonly progress: Progress
  readonly #context: IntakeContext
  #effects: Effect[] = []
  /** Handed over by the effects of this event: it waits for the handler from now on. */
  #handedOver = noLoad

  constructor(context: IntakeContext) {
    this.#context = context
    this.progress = new Progress({
      onHandled: (position, newHistory) => this.add({ type: 'advanced', position, newHistory }),
      onHandledAhead: (position) => this.add({ type: 'entry-handled', position }),
      onVerified: () => this.add({ type: 'verified' }),
    })
  }

  /** Whether the given load fits into the handler's queue. Of failed messages only the bytes take room in it. */
  hasRoom(more: Load): boolean {
    const { limits, queue } = this.#context
    const { messages, bytes } = this.#waiting
    if (queue.isFull) return false
    const { aside } = queue
    if (aside === 0) return fits(more, { messages, bytes }, limits)
    const first = messages === aside
    return (first || messages - aside + more.messages <= limits.messages) && bytes + more.bytes <= limits.bytes
  }

  /** Whether at least half of the room is free. */
  get isEased(): boolean {
    const { messages, bytes } = this.#waiting
    const { limits, queue } = this.#context
    if (queue.isFull) return false
    return 2 * (messages - queue.aside) <= limits.messages && 2 * bytes <= limits.bytes
  }

  /** Takes the next frame of the history from the live channel, read in full; false if there is no room for it. */
  live(frame: LogFrame): boolean {
    const { position, messages, bytes } = frame
    if (!this.hasRoom({ messages: messages.length, bytes })) return false
    this.#context.counters.live += messages.length
    const finish = this.#accept(position)
    // A marker: there is nothing to wait for.
    if (messages.length === 0) finish()
    else this.#handOver(frame, { mode: 'live', position: formatPosition(position) }, finish)
    return true
  }

  /** Takes a frame that is not in the log; false if there is no room for it. */
  foreign(frame: Handed): boolean {
    if (!this.hasRoom({ messages: frame.messages.length, bytes: frame.bytes })) return false
    this.#context.counters.foreign += frame.messages.length
    this.#handOver(frame, { mode: 'live' }, undefined)
    return true
  }

  /**
   * Takes a frame that is not part of the history: it is handled, and no position moves. False if there is no room.
   *
   * @param isAbsent whether the log is known not to have it. Only then does it count as handled for its waiters, since
   *   anybody may have written it
   */
  orphan(frame: LogFrame, isAbsent: boolean): boolean {
    const { position, messages, bytes, rejected } = frame
    const isWhole = rejected.length === 0
    if (messages.length > 0 && !this.hasRoom({ messages: messages.length, bytes })) return false
    if (!isWhole) this.add({ type: 'garbage', rejected })
    if (messages.length === 0) return true
    this.#context.counters.orphaned += messages.length
    const text = formatPosition(position)
    // A waiter for a frame waits for all its messages.
    this.#handOver(frame, { mode: 'live', position: text }, isAbsent && isWhole ? { orphan: position } : undefined)
    return true
  }

  /** Takes a frame that a resync will cover: its messages are handled at once if there is room. No position moves. */
  early(frame: LogFrame): void {
    const { position, messages } = frame
    if (this.history.includes(position)) this.duplicate(messages.length)
    else this.orphan(frame, false)
  }

  /** Drops messages that were read from the log already. */
  duplicate(messages: number): void {
    this.#context.counters.duplicates += messages
  }

  /** The live channel did not continue the history, or the log has grown without it. */
  gap(): void {
    this.#context.counters.gaps += 1
  }

  /** Everything is evicted. */
  resynced(reason: ResyncReason): void {
    this.#context.counters.countResync(reason)
  }

  /**
   * Takes the next entry of the history from the log. The caller makes sure that there is room before it hands it over.
   */
  entry(entry: Entry, { messages, traces, times }: DecodedFrame): HandOver {
    const { counters } = this.#context
    counters.replayed += messages.length
    const frame = { messages, traces, times, bytes: entry.frame.length }
    const origin: Origin = { mode: 'replay', position: formatPosition(entry.position) }
    return { type: 'hand-over', frame, origin, ticket: this.#accept(entry.position) }
  }

  /** So many parts of the next entry of the log could not be read. */
  unreadable(parts: number): void {
    this.#context.counters.invalid += parts
  }

  /** Goes on from an entry; everything up to it counts as handled, within the limits of the ground. */
  begin(position: Position, ground: Ground, ordinal?: number): void {
    this.progress.trust.begun(ground)
    const sequence = this.history.begin(position, ordinal)
    this.progress.accepted(position, sequence, this.history.forks)()
  }

  /** Something that was handed over has been handled. */
  handled(ticket: Ticket): void {
    if (typeof ticket === 'function') ticket()
    else if (ticket !== undefined) this.add({ type: 'entry-handled', position: ticket.orphan })
  }

  /** A look at the server found that the log ends with this entry, or is empty. */
  headRead(head: string | undefined, proof: Proof | undefined): void {
    this.progress.headRead(head, this.history.sequenceOf(head), proof)
  }

  add(effect: Effect): void {
    this.#effects.push(effect)
  }

  /** The effects of this event, in order. */
  takeEffects(): readonly Effect[] {
    if (this.#effects.length === 0) return noEffects
    const effects = this.#effects
    this.#effects = []
    this.#handedOver = noLoad
    return effects
  }

  get #waiting(): Load {
    const { queue } = this.#context
    const { messages, bytes } = this.#handedOver
    return { messages: queue.pending + messages, bytes: queue.pendingBytes + bytes }
  }

  #accept(position: Position): Finish {
    return this.progress.accepted(position, this.history.accept(position), this.history.forks)
  }

  #handOver(frame: Handed, origin: Origin, ticket: Ticket): void {
    const { messages, bytes } = this.#handedOver
    this.#handedOver = { messages: messages + frame.messages.length, bytes: bytes + frame.bytes }
    this.add({ type: 'hand-over', frame, origin, ticket })
  }
}
