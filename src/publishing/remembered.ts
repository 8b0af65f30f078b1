import type { Position } from '../recovery/position.js'
import type { Runtime } from '../runtime.js'
import { Fifo } from './fifo.js'
import type { Frame } from './frame.js'

/** How much is remembered. */
export interface MemoryLimits {
  readonly maxFrames: number
  readonly maxBytes: number
  readonly maxAgeMs: number
}

/** An acknowledged frame. */
export interface RememberedFrame {
  readonly json: string
  readonly bytes: number
  readonly count: number
  readonly position: Position
  /** When it was acknowledged, on the clock of this memory. */
  readonly at: number
  /** The replication id under which it was acknowledged, or found intact since; undefined where that is not known. */
  history: string | undefined
}

/** What had to be dropped before its time; the newest of it stands for all. */
type Dropped = Pick<RememberedFrame, 'at' | 'history'>

/** Acknowledged frames, oldest first: as many, as large, and for as long as the limits say. */
export class Remembered {
  readonly #limits: MemoryLimits
  readonly #runtime: Pick<Runtime, 'monotonic'>
  readonly #frames = new Fifo<RememberedFrame>()
  #bytes = 0
  #dropped: Dropped | undefined
  #stoodStillMs = 0
  #stoppedAt: number | undefined

  constructor(limits: MemoryLimits, runtime: Pick<Runtime, 'monotonic'>) {
    this.#limits = limits
    this.#runtime = runtime
  }

  /** Those that are not known to stand in this history, oldest first. */
  outside(history: string): RememberedFrame[] {
    this.#dropExcess()
    return [...this.#frames].filter((frame) => frame.history !== history)
  }

  /** What was dropped before its time and is not known to stand in this history; older than all that is remembered. */
  droppedOutside(history: string): Dropped | undefined {
    this.#dropExcess()
    return this.#dropped?.history === history ? undefined : this.#dropped
  }

  add({ json, bytes, count }: Frame, position: Position, history: string | undefined): void {
    this.#frames.push({ json, bytes, count, position, history, at: this.#clock() })
    this.#bytes += bytes
    this.#dropExcess()
  }

  /** Forgets all that is not known to stand in this history. */
  keepOnly(history: string): void {
    this.#frames.retain((frame) => frame.history === history)
    this.#bytes = 0
    for (const frame of this.#frames) this.#bytes += frame.bytes
    if (this.#dropped?.history !== history) this.#dropped = undefined
  }

  /** From now on nothing grows older: what can't be looked up must not be forgotten for its age. */
  stopAgeing(): void {
    this.#stoppedAt ??= this.#runtime.monotonic()
  }

  resumeAgeing(): void {
    if (this.#stoppedAt === undefined) return
    this.#stoodStillMs += this.#runtime.monotonic() - this.#stoppedAt
    this.#stoppedAt = undefined
  }

  #dropExcess(): void {
    const { maxFrames, maxBytes, maxAgeMs } = this.#limits
    const oldest = this.#clock() - maxAgeMs
    if (this.#dropped && this.#dropped.at < oldest) this.#dropped = undefined
    for (let first = this.#frames.first; first; first = this.#frames.first) {
      const tooOld = first.at < oldest
      if (!tooOld && this.#frames.length <= maxFrames && this.#bytes <= maxBytes) return
      this.#frames.shift()
      this.#bytes -= first.bytes
      if (!tooOld) this.#noteDropped(first)
    }
  }

  #noteDropped({ at, history }: RememberedFrame): void {
    const mixed = this.#dropped !== undefined && this.#dropped.history !== history
    this.#dropped = { at, history: mixed ? undefined : history }
  }

  #clock(): number {
    return (this.#stoppedAt ?? this.#runtime.monotonic()) - this.#stoodStillMs
  }
}
