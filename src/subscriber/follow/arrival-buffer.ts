import type { Position } from '../../log/model/position.js'
import type { InvalidationMessage } from '../../message/message.js'
import type { TraceContext } from '../../message/trace-context.js'
/** Messages, and the length of the JSON that carried them. */
export interface Load {
  readonly messages: number
  readonly bytes: number
}

/** Whether more may wait besides what does. What is too large by itself may, where nothing else waits. */
export function fits(more: Load, waiting: Load, limits: Load): boolean {
  if (waiting.messages === 0) return true
  return waiting.messages + more.messages <= limits.messages && waiting.bytes + more.bytes <= limits.bytes
}

/** A frame of the log as it arrived on the live channel. */
export interface LogFrame {
  readonly position: Position
  readonly prev: string
  readonly messages: readonly InvalidationMessage[]
  /** The trace of the message at the same place; absent where none has one. */
  readonly traces?: readonly (TraceContext | undefined)[] | undefined
  /** Length of its JSON. */
  readonly bytes: number
}

/**
 * Frames that arrived while the log is being read. Those that were there when the reading began were appended before
 * it: a reading that reaches the end of the log and does not come upon them proves that they are not ahead of us in
 * our history. Those that arrive later may be.
 */
export class ArrivalBuffer {
  #suspects = new Map<string, LogFrame>()
  #arrived = new Map<string, LogFrame>()
  #load = empty
  #dropped = false

  /** How many messages wait; a frame without any counts as one. */
  get messages(): number {
    return this.#load.messages
  }

  /** Whether frames were dropped since the reading began; the log still has them. */
  get dropped(): boolean {
    return this.#dropped
  }

  /** Adds a frame, or drops all where more than the limits allow would wait; says whether it was kept. */
  add(frame: LogFrame, limits: Load): boolean {
    // The log is read once more in any case: what comes until then is read with it.
    if (this.#dropped) return false
    // Whoever publishes it once more adds nothing: it would be counted twice, and taken out once.
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

  /** Takes out a frame that was come upon in the log. */
  remove(appendId: string): boolean {
    const frame = this.#suspects.get(appendId) ?? this.#arrived.get(appendId)
    if (frame === undefined) return false
    this.#suspects.delete(appendId)
    this.#arrived.delete(appendId)
    this.#count(frame, -1)
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
