import type { TraceContext } from '../message/codec.js'
import type { InvalidationMessage } from '../message/message.js'
import type { Position } from '../recovery/position.js'

/** A frame of the log as it arrived on the live channel. */
export interface LogFrame {
  readonly position: Position
  readonly prev: string
  readonly messages: readonly InvalidationMessage[]
  /** The trace of the message at the same place; absent where none has one. */
  readonly traces?: readonly (TraceContext | undefined)[] | undefined
}

/**
 * Frames that arrived while the log is being read. Those that were there when the reading began were appended before
 * it: a reading that reaches the end of the log and does not come upon them proves that they are not ahead of us in
 * our history. Those that arrive later may be.
 */
export class ArrivalBuffer {
  #suspects = new Map<string, LogFrame>()
  #arrived = new Map<string, LogFrame>()
  #messages = 0
  #dropped = false

  /** How many messages wait; a frame without any counts as one. */
  get messages(): number {
    return this.#messages
  }

  /** Whether frames were dropped since the reading began; the log still has them. */
  get dropped(): boolean {
    return this.#dropped
  }

  /** Adds a frame, or drops all where more than `limit` messages would wait; says whether it was kept. */
  add(frame: LogFrame, limit: number): boolean {
    if (this.#messages > 0 && this.#messages + sizeOf(frame) > limit) {
      this.clear()
      this.#dropped = true
      return false
    }
    this.#arrived.set(frame.position.appendId, frame)
    this.#messages += sizeOf(frame)
    return true
  }

  /** A reading of the log begins. */
  beginReading(): void {
    for (const [appendId, frame] of this.#arrived) this.#suspects.set(appendId, frame)
    this.#arrived = new Map()
    this.#dropped = false
  }

  /** Takes out a frame that was come upon in the log. */
  remove(appendId: string): boolean {
    const frame = this.#suspects.get(appendId) ?? this.#arrived.get(appendId)
    if (frame === undefined) return false
    this.#suspects.delete(appendId)
    this.#arrived.delete(appendId)
    this.#messages -= sizeOf(frame)
    return true
  }

  /** Takes out the frames that were there when the reading began. */
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

  clear(): void {
    this.#suspects = new Map()
    this.#arrived = new Map()
    this.#messages = 0
  }
}

/** A frame that holds only garbage takes room as well. */
function sizeOf({ messages }: LogFrame): number {
  return Math.max(1, messages.length)
}
