import type { Origin } from '../delivery/delivery.js'
import type { Work } from '../delivery/dispatcher.js'
import type { DecodedFrame } from '../message/codec.js'
import type { InvalidationMessage } from '../message/message.js'
import type { Entry } from '../recovery/entry.js'
import { formatPosition, type Position } from '../recovery/position.js'
import type { StatsCollector } from '../telemetry/stats-collector.js'
import type { RecoverySpan } from '../telemetry/telemetry.js'
import type { ArrivalBuffer, LogFrame } from './arrival-buffer.js'
import type { SubscriptionCounts } from './counts.js'
import type { FrameReader } from './frame-reader.js'
import type { Progress } from './progress.js'

/** What the intake needs of the dispatcher. */
export interface WorkQueue {
  readonly pending: number
  push(works: readonly Work[]): void
  whenBelow(limit: number): Promise<void>
}

export interface IntakeContext {
  readonly progress: Progress
  readonly buffer: ArrivalBuffer
  readonly queue: WorkQueue
  readonly counts: SubscriptionCounts
  readonly stats: StatsCollector
  readonly frames: FrameReader
  readonly maxBuffered: number
  onHandledAside(appendId: string): void
}

/** Messages handed to the queue at once from a backlog: long enough to be cheap, short enough to stop between. */
const sliceMessages = 256

/** What of a frame is handed over. */
type Handed = Pick<DecodedFrame, 'messages' | 'traces'>

const nothing = (): void => undefined

/** Hands what was accepted to the handler's queue, and keeps the books on it. */
export class Intake {
  readonly #context: IntakeContext

  constructor(context: IntakeContext) {
    this.#context = context
  }

  /** Whether `count` more messages may wait. A frame larger than the limit is taken when nothing else waits. */
  hasRoom(count: number): boolean {
    const { queue, maxBuffered } = this.#context
    return queue.pending === 0 || queue.pending + count <= maxBuffered
  }

  /** Takes the next frame of the history from the live channel; false where there is no room for it. */
  takeLive(frame: LogFrame): boolean {
    if (!this.hasRoom(frame.messages.length)) return false
    const { progress, queue, counts } = this.#context
    counts.live += frame.messages.length
    const handled = progress.accept(frame.position)
    if (frame.messages.length === 0) {
      // All of it was garbage: there is nothing to wait for, and nothing to hold while a handler is slow.
      handled()
      return true
    }
    queue.push([{ messages: frame.messages, traces: frame.traces, origin: liveFrom(frame.position), handled }])
    return true
  }

  /** Takes a frame that is not part of the history any more: it is handled, and no position moves. */
  takeAside(frame: LogFrame): void {
    const { queue, counts } = this.#context
    counts.aside += frame.messages.length
    if (frame.messages.length === 0) return
    const handled = (): void => {
      this.#context.onHandledAside(frame.position.appendId)
    }
    queue.push([{ messages: frame.messages, traces: frame.traces, origin: liveFrom(frame.position), handled }])
  }

  /** Takes messages that are not in the log; false where there is no room for them. */
  takeForeign({ messages, traces }: Handed): boolean {
    if (!this.hasRoom(messages.length)) return false
    const { queue, counts } = this.#context
    counts.foreign += messages.length
    queue.push([{ messages, traces, origin: { mode: 'live' }, handled: nothing }])
    return true
  }

  /** Takes entries read from the log, at the handler's pace. Resolves to the number of messages they carried. */
  async takeReplayed(entries: readonly Entry[], isStopped: () => boolean, recovery?: RecoverySpan): Promise<number> {
    const { maxBuffered } = this.#context
    const sliceLimit = Math.min(sliceMessages, maxBuffered)
    let slice: Work[] = []
    let sliced = 0
    let total = 0
    for (const entry of entries) {
      if (isStopped()) return total
      const work = this.#replayed(entry, recovery)
      slice.push(work)
      sliced += work.messages.length
      total += work.messages.length
      if (sliced < sliceLimit && slice.length < sliceMessages) continue
      await this.#pushWhenThereIsRoom(slice, sliced)
      slice = []
      sliced = 0
    }
    if (slice.length > 0) await this.#pushWhenThereIsRoom(slice, sliced)
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
    this.#context.counts.duplicates += messages
    this.#context.stats.droppedDuplicates(messages)
  }

  #replayed(entry: Entry, recovery: RecoverySpan | undefined): Work {
    const { progress, buffer, counts } = this.#context
    const { messages, traces, rejected } = this.#context.frames.read(entry.frame)
    counts.invalid += rejected.length
    if (traces) recovery?.makesUpFor(traces)
    counts.replayed += messages.length
    if (buffer.remove(entry.position.appendId)) this.countDuplicates(messages.length)
    const origin: Origin = { mode: 'replay', position: formatPosition(entry.position) }
    return { messages, traces, origin, recovery, handled: progress.accept(entry.position) }
  }

  async #pushWhenThereIsRoom(works: readonly Work[], messages: number): Promise<void> {
    const { queue, maxBuffered } = this.#context
    if (!this.hasRoom(messages)) await queue.whenBelow(Math.max(1, maxBuffered - messages + 1))
    queue.push(works)
  }
}

function liveFrom(position: Position): Origin {
  return { mode: 'live', position: formatPosition(position) }
}
