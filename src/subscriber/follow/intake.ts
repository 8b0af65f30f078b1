import type { Entry } from '../../log/model/entry.js'
import { formatPosition, type Position } from '../../log/model/position.js'
import type { InvalidationMessage } from '../../message/message.js'
import type { SubscriptionCounters } from '../../telemetry/counters.js'
import type { RecoverySpan } from '../../telemetry/telemetry.js'
import type { Origin } from '../handling/delivery.js'
import type { Work } from '../handling/dispatcher.js'
import type { Progress } from '../progress/progress.js'
import { type ArrivalBuffer, fits, type Load, type LogFrame } from './arrival-buffer.js'
import type { FrameReader } from './frame-reader.js'

/** What the intake needs of the dispatcher. */
export interface WorkQueue {
  readonly pending: number
  readonly pendingBytes: number
  push(works: readonly Work[]): void
  when(isMet: () => boolean): Promise<void>
}

export interface IntakeContext {
  readonly progress: Progress
  readonly buffer: ArrivalBuffer
  readonly queue: WorkQueue
  readonly counters: SubscriptionCounters
  readonly frames: FrameReader
  /** What may wait for the handler. */
  readonly limits: Load
  onOrphanHandled(appendId: string): void
}

/** Messages handed to the queue at once from a backlog: long enough to be cheap, short enough to stop between. */
const sliceMessages = 256
const sliceBytes = 256 * 1024

/** What of a frame is handed over. */
export type Handed = Pick<LogFrame, 'messages' | 'traces' | 'bytes'>

const nothing = (): void => undefined

/** Hands what was accepted to the handler's queue, and keeps the books on it. */
export class Intake {
  readonly #context: IntakeContext

  constructor(context: IntakeContext) {
    this.#context = context
  }

  /** Resolves when one more message may wait, or at close. */
  whenRoom(): Promise<void> {
    return this.#context.queue.when(() => this.#hasRoom({ messages: 1, bytes: 0 }))
  }

  /** Whether at least half of the room is free. */
  get isEased(): boolean {
    const { queue, limits } = this.#context
    return 2 * queue.pending <= limits.messages && 2 * queue.pendingBytes <= limits.bytes
  }

  /** Takes the next frame of the history from the live channel; false where there is no room for it. */
  takeLive(frame: LogFrame): boolean {
    const { messages, traces, bytes } = frame
    if (!this.#hasRoom({ messages: messages.length, bytes })) return false
    const { progress, queue, counters } = this.#context
    counters.live += messages.length
    const handled = progress.accept(frame.position)
    if (messages.length === 0) {
      // All of it was garbage: there is nothing to wait for, and nothing to hold while a handler is slow.
      handled()
      return true
    }
    queue.push([{ messages, traces, bytes, origin: liveFrom(frame.position), handled }])
    return true
  }

  /** Takes a frame that is not part of the history any more: it is handled, and no position moves. */
  takeOrphan(frame: LogFrame): void {
    const { queue, counters } = this.#context
    const { messages, traces, bytes } = frame
    counters.orphaned += messages.length
    if (messages.length === 0) return
    const handled = (): void => {
      this.#context.onOrphanHandled(frame.position.appendId)
    }
    queue.push([{ messages, traces, bytes, origin: liveFrom(frame.position), handled }])
  }

  /** Takes messages that are not in the log; false where there is no room for them. */
  takeForeign({ messages, traces, bytes }: Handed): boolean {
    if (!this.#hasRoom({ messages: messages.length, bytes })) return false
    const { queue, counters } = this.#context
    counters.foreign += messages.length
    queue.push([{ messages, traces, bytes, origin: { mode: 'live' }, handled: nothing }])
    return true
  }

  /** Takes entries read from the log, at the handler's pace. Resolves to the number of messages they carried. */
  async takeReplayed(entries: readonly Entry[], isStopped: () => boolean, recovery?: RecoverySpan): Promise<number> {
    const { limits } = this.#context
    const sliceLimit = Math.min(sliceMessages, limits.messages)
    let slice: Work[] = []
    let [messages, bytes, total] = [0, 0, 0]
    for (const entry of entries) {
      if (isStopped()) return total
      const work = this.#replayed(entry, recovery)
      slice.push(work)
      messages += work.messages.length
      bytes += entry.frame.length
      total += work.messages.length
      if (messages < sliceLimit && slice.length < sliceMessages && bytes < sliceBytes) continue
      await this.#pushWhenThereIsRoom(slice, { messages, bytes })
      slice = []
      messages = bytes = 0
    }
    if (slice.length > 0) await this.#pushWhenThereIsRoom(slice, { messages, bytes })
    return total
  }

  /** Takes the message that stands for a resync. */
  takeResync(
    messages: readonly InvalidationMessage[],
    origin: Origin,
    handled: () => void,
    recovery?: RecoverySpan,
  ): void {
    this.#context.queue.push([{ messages, origin, recovery, handled }])
  }

  countDuplicates(messages: number): void {
    this.#context.counters.duplicates += messages
  }

  #replayed(entry: Entry, recovery: RecoverySpan | undefined): Work {
    const { progress, buffer, counters } = this.#context
    const { messages, traces, rejected } = this.#context.frames.read(entry.frame)
    counters.invalid += rejected.length
    if (traces) recovery?.makesUpFor(traces)
    counters.replayed += messages.length
    if (buffer.remove(entry.position.appendId)) this.countDuplicates(messages.length)
    const origin: Origin = { mode: 'replay', position: formatPosition(entry.position) }
    const bytes = entry.frame.length
    return { messages, traces, bytes, origin, recovery, handled: progress.accept(entry.position) }
  }

  #hasRoom(more: Load): boolean {
    const { queue, limits } = this.#context
    return fits(more, { messages: queue.pending, bytes: queue.pendingBytes }, limits)
  }

  async #pushWhenThereIsRoom(works: readonly Work[], more: Load): Promise<void> {
    const { queue } = this.#context
    if (!this.#hasRoom(more)) await queue.when(() => this.#hasRoom(more))
    queue.push(works)
  }
}

function liveFrom(position: Position): Origin {
  return { mode: 'live', position: formatPosition(position) }
}
