import type { Anchor, Entry } from '../../log/model/entry.js'
import type { Position } from '../../log/model/position.js'
import type { ResyncReason } from '../../log/model/resync-reason.js'
import type { DecodedFrame } from '../../message/wire/decode.js'
import type { Ground } from '../progress/look.js'
import { inLogOnly, type Trust } from '../progress/trust.js'
import type { Effect, HandOver, LogFrame, Ticket } from './effect.js'
import type { History } from './history.js'
import { fits, type Intake, type Load, noLoad, withFrame } from './intake.js'

/**
 * How one reading of the log ended.
 *
 * - `caught-up`: all that the log had was handed over
 * - `resynced`: everything is evicted instead
 * - `lost-place`: the log changed under the reading; look again
 */
export type ReadingOutcome = 'caught-up' | 'resynced' | 'lost-place'

/** The point from which a resync goes on. */
export interface Restart {
  readonly anchor: Anchor | undefined
  /** The head that was read; without an anchor the history goes on from it. */
  readonly head: string | undefined
  /** Waiters numbered up to it began before the head was read. */
  readonly mark: number
  /** The ground that is valid once the handler has run. */
  readonly ground: Ground
}

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

  /** Its `current` id was read before all later reads. */
  get trust(): Pick<Trust, 'current' | 'id'> {
    return this.#intake.progress.trust
  }

  /** Follows the log from an entry on; everything up to it counts as handled, within the limits of the ground. */
  begin(position: Position, ground: Ground): readonly Effect[] {
    this.#intake.begin(position, ground)
    return this.#intake.takeEffects()
  }

  /** Begins with the first entry that the log has. */
  beginOldest(): void {
    this.#intake.progress.trust.begun({ id: this.trust.current, since: inLogOnly })
  }

  /** Follows the log from the anchor on; undefined if the log has no anchor. */
  anchored(anchor: Anchor | undefined, ground: Ground): readonly Effect[] {
    if (anchor) this.#intake.begin(anchor.position, ground, anchor.added)
    else {
      this.#intake.progress.trust.begun(ground)
      this.#intake.history.beginUnanchored()
    }
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

  /** The next entry of the history can't be read in full: the given number of its parts are not messages. */
  unreadable(parts: number): void {
    this.#intake.unreadable(parts)
  }

  /** Continuity was given up. Returns the ticket of the resync. */
  resync(reason: ResyncReason, { anchor, head, mark, ground }: Restart): Ticket {
    const { history, progress } = this.#intake
    this.#intake.resynced(reason)
    const sequence = history.restart(anchor?.position, anchor?.added, head)
    progress.trust.resynced(sequence, ground)
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
  #load = noLoad
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
    if (!fits(withFrame(noLoad, frame, 1), this.#load, limits)) {
      this.drop()
      return false
    }
    this.#arrived.set(frame.position.appendId, frame)
    this.#load = withFrame(this.#load, frame, 1)
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
    this.#load = withFrame(this.#load, frame, -1)
    return true
  }

  /** Removes and returns all frames, oldest first. */
  takeAll(): LogFrame[] {
    const frames = [...this.#suspects.values(), ...this.#arrived.values()]
    this.clear()
    return frames
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
    this.#load = noLoad
  }

  #has(appendId: string): boolean {
    return this.#suspects.has(appendId) || this.#arrived.has(appendId)
  }
}
