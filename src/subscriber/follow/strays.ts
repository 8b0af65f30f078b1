import { formatPosition, type Position } from '../../log/model/position.js'
import type { Effect, LogFrame } from './effect.js'
import { fits, type Intake, type Load } from './intake.js'

export interface StrayListener {
  /** The log has a frame that was not accepted, or may have it. The frame, unless it was handed over. */
  onGap(frame: LogFrame | undefined): void
  /** A frame can't be kept, and perhaps not be read again. */
  onOverflow(): void
}

/**
 * Strays: frames that continue nothing here, about which the log is asked. A frame is kept until the answer comes. If
 * that takes long, or too many are kept, its messages are handed over before, and again if the log has them.
 */
export class Strays {
  /** The strays without an answer, by position as text; undefined for a frame that was handed over. */
  readonly names: ReadonlyMap<string, LogFrame | undefined>
  readonly #frames = new Map<string, LogFrame | undefined>()
  readonly #intake: Intake
  readonly #limits: Load
  readonly #listener: StrayListener
  #load = empty

  constructor(intake: Intake, limits: Load, listener: StrayListener) {
    this.names = this.#frames
    this.#intake = intake
    this.#limits = limits
    this.#listener = listener
  }

  /** How many messages are kept; a frame without messages counts as one. */
  get messages(): number {
    return this.#load.messages
  }

  /** Whether the answer about the frame at this position still matters. */
  awaits(position: Position): boolean {
    return this.#frames.has(formatPosition(position))
  }

  /** A frame arrived that continues nothing. */
  ask(frame: LogFrame): void {
    const { position } = frame
    if (this.awaits(position)) return
    const isKept = fits(loadOf(frame), this.#load, this.#limits)
    if (isKept) this.#count(frame, 1)
    this.#frames.set(formatPosition(position), isKept ? frame : undefined)
    if (!isKept) this.#handOver(frame, false)
    this.#intake.add({ type: 'look-up', position })
  }

  /** The answer has to wait. */
  delayed(position: Position): readonly Effect[] {
    const frame = this.#release(position)
    if (frame) this.#handOver(frame, false)
    return this.#intake.takeEffects()
  }

  /** No answer will come: too many wait. If the log has the frame, the heartbeat finds it. */
  refused(position: Position): readonly Effect[] {
    const effects = this.delayed(position)
    this.#frames.delete(formatPosition(position))
    return effects
  }

  /** The log has answered: only a frame that it has, or may have, is a reason to read it. */
  answered(position: Position, isAbsent: boolean): readonly Effect[] {
    if (!this.awaits(position)) return []
    const frame = this.#release(position)
    this.#frames.delete(formatPosition(position))
    const isAccepted = this.#intake.history.streamIdOf(position.appendId) === position.streamId
    if (isAccepted) this.#intake.duplicate(frame?.messages.length ?? 0)
    else if (!isAbsent) this.#listener.onGap(frame)
    else if (frame) this.#handOver(frame, true)
    return this.#intake.takeEffects()
  }

  /** Removes all; returns the frames that are kept, in the order in which they arrived. */
  takeAll(): LogFrame[] {
    if (this.#frames.size === 0) return []
    const frames = [...this.#frames.values()].filter((frame) => frame !== undefined)
    this.#frames.clear()
    this.#load = empty
    return frames
  }

  #handOver(frame: LogFrame, isAbsent: boolean): void {
    if (!this.#intake.orphan(frame, isAbsent)) this.#listener.onOverflow()
  }

  /** From now on only the position is kept. */
  #release(position: Position): LogFrame | undefined {
    const key = formatPosition(position)
    const frame = this.#frames.get(key)
    if (frame === undefined) return undefined
    this.#count(frame, -1)
    this.#frames.set(key, undefined)
    return frame
  }

  #count(frame: LogFrame, sign: 1 | -1): void {
    const { messages, bytes } = loadOf(frame)
    this.#load = { messages: this.#load.messages + sign * messages, bytes: this.#load.bytes + sign * bytes }
  }
}

const empty: Load = { messages: 0, bytes: 0 }

/** A frame without messages takes room as well. */
function loadOf({ messages, bytes }: LogFrame): Load {
  return { messages: Math.max(1, messages.length), bytes }
}
