import type { Position } from '../../log/model/position.js'
import { Fifo } from '../../support/fifo.js'
import type { Runtime } from '../../support/runtime.js'
import type { Frame } from '../batcher.js'
import type { ResolvedRepairOptions } from '../options.js'

/** The newest frame that was dropped before its time. */
interface Dropped {
  readonly at: number
  history: string | undefined
}

/**
 * Acknowledged frames with the replication id of the server that acknowledged them, oldest first: as many, as large,
 * and for as long as the limits say.
 */
export class Remembered {
  readonly #limits: ResolvedRepairOptions
  readonly #runtime: Pick<Runtime, 'monotonic'>
  readonly #frames = new PackedFrames()
  #bytes = 0
  #dropped: Dropped | undefined
  /** The replication id as last read over this connection. */
  #history: string | undefined
  /** The replication id under which every remembered frame was acknowledged or found. */
  #provenUnder: string | undefined
  #pausedMs = 0
  #stoppedAt: number | undefined

  constructor(limits: ResolvedRepairOptions, runtime: Pick<Runtime, 'monotonic'>) {
    this.#limits = limits
    this.#runtime = runtime
  }

  /** Frames that may be missing in this history, oldest first. */
  outside(history: string): RememberedFrame[] {
    this.#dropExcess()
    return [...this.#frames].filter((frame) => frame.history !== history)
  }

  /** The newest dropped frame that may be missing in this history; older than all remembered frames. */
  droppedOutside(history: string): Dropped | undefined {
    this.#dropExcess()
    return this.#dropped?.history === history ? undefined : this.#dropped
  }

  /** A frame was acknowledged. */
  add({ json, bytes, count }: Frame, position: Position): void {
    this.#push({ json, bytes, count, position, history: this.#history, at: this.#clock() })
    this.#dropExcess()
    if (this.#history !== this.#provenUnder) this.#provenUnder = undefined
  }

  /** The replication id was read; returns whether every remembered frame is known to be in this history. */
  historyIs(id: string): boolean {
    this.#history = id
    return id === this.#provenUnder
  }

  /** Every remembered frame is in this history. */
  provenUnder(id: string): void {
    this.#provenUnder = id
  }

  /** Until the replication id is read again the server may be any. */
  linkDown(): void {
    this.#history = undefined
    this.stopAgeing()
  }

  /** Forgets all frames that may be missing in this history, except those that were found in it. */
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

  /** From now on nothing grows older: a frame that can't be looked up must not be forgotten for its age. */
  stopAgeing(): void {
    this.#stoppedAt ??= this.#runtime.monotonic()
  }

  resumeAgeing(): void {
    if (this.#stoppedAt === undefined) return
    this.#pausedMs += this.#runtime.monotonic() - this.#stoppedAt
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
    return (this.#stoppedAt ?? this.#runtime.monotonic()) - this.#pausedMs
  }
}

/** An acknowledged frame. */
export interface RememberedFrame {
  readonly json: string
  readonly bytes: number
  readonly count: number
  readonly position: Position
  /** When it was acknowledged, on a clock that pauses with ageing. */
  readonly at: number
  /** The replication id under which it was acknowledged, or found intact since; undefined if that is not known. */
  readonly history: string | undefined
}

/** Some frames, one behind another. */
interface Chunk {
  readonly buffer: Buffer
  /** Start of the oldest. */
  start: number
  /** End of the newest. */
  end: number
}

/** A frame that takes more has a chunk of its own. */
const chunkBytes = 512 * 1024

/**
 * Offsets of the numbers before the texts of a frame: the first takes eight bytes, the others four. At `lengthAt` is
 * the number of bytes that the frame takes here, numbers included.
 */
const [atAt, bytesAt, countAt, historyAt, lengthAt, streamIdLengthAt, appendIdLengthAt] = [0, 8, 12, 16, 20, 24, 28]
const textsAt = 32

/**
 * Frames in bytes, first in, first out. Objects that live for a minute are copied by V8's minor collections, and then
 * have to be found by its major ones: 10,000 frames of one message made a publisher's pauses four times as long.
 */
export class PackedFrames {
  readonly #chunks = new Fifo<Chunk>()
  #newest: Chunk | undefined
  /** The last chunk that was used up: new frames take its memory. */
  #spare: Chunk | undefined
  /** There are few; frames name them by their index. */
  #histories: (string | undefined)[] = []
  #length = 0

  get length(): number {
    return this.#length
  }

  /** The oldest without its texts: it is read each time one is added. */
  get first(): Pick<RememberedFrame, 'at' | 'bytes' | 'history'> | undefined {
    const chunk = this.#chunks.first
    return chunk && this.#head(chunk.buffer, chunk.start)
  }

  push({ json, bytes, count, position, at, history }: RememberedFrame): void {
    const streamIdLength = Buffer.byteLength(position.streamId)
    const appendIdLength = Buffer.byteLength(position.appendId)
    const jsonStart = textsAt + streamIdLength + appendIdLength
    const length = jsonStart + Buffer.byteLength(json)
    const chunk = this.#chunkFor(length)
    const { buffer, end } = chunk
    buffer.writeDoubleLE(at, end + atAt)
    buffer.writeUInt32LE(bytes, end + bytesAt)
    buffer.writeUInt32LE(count, end + countAt)
    buffer.writeUInt32LE(this.#indexOf(history), end + historyAt)
    buffer.writeUInt32LE(length, end + lengthAt)
    buffer.writeUInt32LE(streamIdLength, end + streamIdLengthAt)
    buffer.writeUInt32LE(appendIdLength, end + appendIdLengthAt)
    buffer.write(position.streamId, end + textsAt)
    buffer.write(position.appendId, end + textsAt + streamIdLength)
    buffer.write(json, end + jsonStart)
    chunk.end += length
    this.#length++
  }

  shift(): void {
    const chunk = this.#chunks.first
    if (chunk === undefined) return
    this.#length--
    chunk.start = endOf(chunk.buffer, chunk.start)
    if (chunk.start < chunk.end) return
    this.#chunks.shift()
    if (chunk === this.#newest) this.#newest = undefined
    if (chunk.buffer.length === chunkBytes) this.#spare = chunk
  }

  clear(): void {
    this.#chunks.clear()
    this.#newest = undefined
    this.#histories = []
    this.#length = 0
  }

  *[Symbol.iterator](): Generator<RememberedFrame> {
    for (const { buffer, start, end } of this.#chunks) {
      for (let from = start; from < end; from = endOf(buffer, from)) yield this.#read(buffer, from)
    }
  }

  #chunkFor(length: number): Chunk {
    if (this.#newest && this.#newest.buffer.length - this.#newest.end >= length) return this.#newest
    const spare = length <= chunkBytes ? this.#spare : undefined
    if (spare) this.#spare = undefined
    // Not of Node's pool: pages that are never written to take no memory.
    const buffer = spare?.buffer ?? Buffer.allocUnsafeSlow(Math.max(length, chunkBytes))
    this.#newest = { buffer, start: 0, end: 0 }
    this.#chunks.push(this.#newest)
    return this.#newest
  }

  #indexOf(history: string | undefined): number {
    const index = this.#histories.lastIndexOf(history)
    return index === -1 ? this.#histories.push(history) - 1 : index
  }

  #head(buffer: Buffer, from: number): Pick<RememberedFrame, 'at' | 'bytes' | 'history'> {
    return {
      at: buffer.readDoubleLE(from + atAt),
      bytes: buffer.readUInt32LE(from + bytesAt),
      history: this.#histories[buffer.readUInt32LE(from + historyAt)],
    }
  }

  #read(buffer: Buffer, from: number): RememberedFrame {
    const appendIdAt = from + textsAt + buffer.readUInt32LE(from + streamIdLengthAt)
    const jsonAt = appendIdAt + buffer.readUInt32LE(from + appendIdLengthAt)
    return {
      ...this.#head(buffer, from),
      count: buffer.readUInt32LE(from + countAt),
      position: {
        streamId: buffer.toString('utf8', from + textsAt, appendIdAt),
        appendId: buffer.toString('utf8', appendIdAt, jsonAt),
      },
      json: buffer.toString('utf8', jsonAt, endOf(buffer, from)),
    }
  }
}

/** End of the frame that begins there. */
function endOf(buffer: Buffer, from: number): number {
  return from + buffer.readUInt32LE(from + lengthAt)
}
