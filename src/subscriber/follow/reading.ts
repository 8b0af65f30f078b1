import type { Anchor, Entry } from '../../log/model/entry.js'
import type { Position } from '../../log/model/position.js'
import type { ResyncReason } from '../../log/model/resync-reason.js'
import type { DecodedFrame } from '../../message/wire/decode.js'
import type { Effect, HandOver, LogFrame, Ticket } from './effect.js'
import type { History } from './history.js'
import { fits, type Intake, type Load } from './intake.js'

/**
 * How one reading of the log ended.
 *
 * - `caught-up`: all that the log had was handed over
 * - `resynced`: everything is evicted instead
 * - `lost-place`: the log changed under the reading; look again
 */
export type ReadingOutcome = 'caught-up' | 'resynced' | 'lost-place'

/** One reading of the log, by its events: it begins when it is made. */
export class Reading {
  /** Why it must be a resync; undefined if it need not be. */
  readonly wanted: ResyncReason | undefined
  readonly #intake: Intake
  readonly #buffer: ArrivalBuffer
  readonly #judge: (outcome: ReadingOutcome) => boolean

  /** @param judge what follows from its end; false if the log must be read again */
  constructor(
    intake: Intake,
    buffer: ArrivalBuffer,
    wanted: ResyncReason | undefined,
    judge: (outcome: ReadingOutcome) => boolean,
  ) {
    this.#intake = intake
    this.#buffer = buffer
    this.wanted = wanted
    this.#judge = judge
    buffer.beginReading()
  }

  /** Where the history goes on. */
  get history(): Pick<History, 'position' | 'ordinal' | 'newestFirst' | 'isUnanchored'> {
    return this.#intake.history
  }

  /** Follows from an entry on, behind which there is nothing to handle: a saved cursor. */
  begin(position: Position): readonly Effect[] {
    this.#intake.begin(position)
    return this.#intake.takeEffects()
  }

  /** Follows from the anchor on, behind which there is nothing to handle; undefined if the log has none. */
  anchored(anchor: Anchor | undefined, sentAt: number): readonly Effect[] {
    if (anchor) this.#intake.begin(anchor.position, anchor.added)
    else this.#intake.history.beginUnanchored()
    return this.headRead(anchor?.position.appendId, sentAt)
  }

  /** A read of `last`, sent at `sentAt` (monotonic), said that the log ends with this entry, or has none. */
  headRead(head: string | undefined, sentAt: number): readonly Effect[] {
    this.#intake.headRead(head, sentAt)
    return this.#intake.takeEffects()
  }

  /** The history forked: goes on from an older entry of ours. */
  forkedFrom(position: Position): void {
    this.#intake.history.goBack(position)
    this.#intake.progress.forked()
  }

  /** The next entry of the history was read. */
  entry(entry: Entry, decoded: DecodedFrame): HandOver {
    if (this.#buffer.remove(entry.position.appendId)) this.#intake.duplicate(decoded.messages.length)
    return this.#intake.entry(entry, decoded)
  }

  /**
   * Continuity was given up: goes on from the anchor or, unanchored, from the head that was read. Returns the ticket of
   * the resync.
   *
   * @param mark waiters born up to it were born before the head was read
   */
  resync(reason: ResyncReason, anchor: Anchor | undefined, head: string | undefined, mark: number): Ticket {
    const { history, progress } = this.#intake
    this.#intake.resynced(reason)
    const sequence = history.restart(anchor?.position, anchor?.added, head)
    return progress.resynced(anchor?.position, sequence, history.forks, mark)
  }

  /** The reading has ended; `done` is false if the log must be read again. */
  ended(outcome: ReadingOutcome): { readonly done: boolean; readonly effects: readonly Effect[] } {
    const done = this.#judge(outcome)
    return { done, effects: this.#intake.takeEffects() }
  }
}

/**
 * Frames that arrived while the log is being read. Those that were there when the reading began were appended before
 * it: a reading that reaches the end of the log and does not find them proves that they are not ahead of us in our
 * history. Those that arrive later may be.
 */
export class ArrivalBuffer {
  #suspects = new Map<string, LogFrame>()
  #arrived = new Map<string, LogFrame>()
  #load = empty
  #dropped = false

  /** How many messages wait; a frame without messages counts as one. */
  get messages(): number {
    return this.#load.messages
  }

  /** Whether frames were dropped since the reading began; the log still has them. */
  get dropped(): boolean {
    return this.#dropped
  }

  /** Adds a frame, or drops all if more than the limits allow would wait; returns whether it was kept. */
  add(frame: LogFrame, limits: Load): boolean {
    // The log is read once more in any case: what comes until then is read with it.
    if (this.#dropped) return false
    // A frame that arrives twice is added once: it would be counted twice, and removed once.
    if (this.#has(frame.position.appendId)) return true
    if (!fits(loadOf(frame), this.#load, limits)) {
      this.drop()
      return false
    }
    this.#arrived.set(frame.position.appendId, frame)
    this.#count(frame, 1)
    return true
  }

  /** A reading of the log begins. */
  beginReading(): void {
    for (const [appendId, frame] of this.#arrived) this.#suspects.set(appendId, frame)
    this.#arrived = new Map()
    this.#dropped = false
  }

  /** Removes a frame that was found in the log. */
  remove(appendId: string): boolean {
    const frame = this.#suspects.get(appendId) ?? this.#arrived.get(appendId)
    if (frame === undefined) return false
    this.#suspects.delete(appendId)
    this.#arrived.delete(appendId)
    this.#count(frame, -1)
    return true
  }

  /** Removes and returns the frames that were there when the reading began. */
  takeSuspects(): LogFrame[] {
    const frames = [...this.#suspects.values()]
    for (const frame of frames) this.remove(frame.position.appendId)
    return frames
  }

  /** The oldest frame that arrived after the reading began. */
  peek(): LogFrame | undefined {
    const next = this.#arrived.values().next()
    return next.done ? undefined : next.value
  }

  /** Drops all; the log has to be read again. */
  drop(): void {
    this.clear()
    this.#dropped = true
  }

  clear(): void {
    this.#suspects = new Map()
    this.#arrived = new Map()
    this.#load = empty
  }

  #has(appendId: string): boolean {
    return this.#suspects.has(appendId) || this.#arrived.has(appendId)
  }

  #count(frame: LogFrame, sign: 1 | -1): void {
    const { messages, bytes } = loadOf(frame)
    this.#load = { messages: this.#load.messages + sign * messages, bytes: this.#load.bytes + sign * bytes }
  }
}

const empty: Load = { messages: 0, bytes: 0 }

/** A frame that holds only garbage takes room as well. */
function loadOf({ messages, bytes }: LogFrame): Load {
  return { messages: Math.max(1, messages.length), bytes }
}
