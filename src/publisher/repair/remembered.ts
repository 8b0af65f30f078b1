import type { Position } from '../../log/model/position.js'
import type { Runtime } from '../../support/runtime.js'
import type { Frame } from '../group-commit.js'
import { PackedFrames, type RememberedFrame } from './packed-frames.js'

/** How much is remembered. */
export interface MemoryLimits {
  readonly maxFrames: number
  readonly maxBytes: number
  readonly maxAgeMs: number
}

/** What had to be dropped before its time; the newest of it stands for all. */
interface Dropped {
  readonly at: number
  history: string | undefined
}

/** Acknowledged frames, oldest first: as many, as large, and for as long as the limits say. */
export class Remembered {
  readonly #limits: MemoryLimits
  readonly #runtime: Pick<Runtime, 'monotonic'>
  readonly #frames = new PackedFrames()
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
    this.#push({ json, bytes, count, position, history, at: this.#clock() })
    this.#dropExcess()
  }

  /** Forgets all that is not known to stand in this history, but for those that were found in it. */
  keepOnly(history: string, found: readonly RememberedFrame[]): void {
    const foundIds = new Set(found.map(({ position }) => position.appendId))
    const frames = [...this.#frames]
    this.#frames.clear()
    this.#bytes = 0
    for (const frame of frames) {
      if (frame.history === history || foundIds.has(frame.position.appendId)) this.#push({ ...frame, history })
    }
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

  #push(frame: RememberedFrame): void {
    this.#frames.push(frame)
    this.#bytes += frame.bytes
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

  #noteDropped({ at, history }: Dropped): void {
    const mixed = this.#dropped !== undefined && this.#dropped.history !== history
    this.#dropped = { at, history: mixed ? undefined : history }
  }

  #clock(): number {
    return (this.#stoppedAt ?? this.#runtime.monotonic()) - this.#stoodStillMs
  }
}
