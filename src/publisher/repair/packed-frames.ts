import type { Position } from '../../log/model/position.js'
import { Fifo } from '../../support/fifo.js'

/** An acknowledged frame. */
export interface RememberedFrame {
  readonly json: string
  readonly bytes: number
  readonly count: number
  readonly position: Position
  /** When it was acknowledged, on the clock of who remembers it. */
  readonly at: number
  /** The replication id under which it was acknowledged, or found intact since; undefined where that is not known. */
  readonly history: string | undefined
}

/** Some frames, one behind another. */
interface Chunk {
  readonly buffer: Buffer
  /** Where the oldest begins. */
  start: number
  /** Where the newest ends. */
  end: number
}

/** A frame that takes more has a chunk of its own. */
const chunkBytes = 512 * 1024

/**
 * Where the numbers before the texts of a frame stand: the first takes eight bytes, the others four. `lengthAt` is that of the
 * frame's length in here, numbers included.
 */
const [atAt, bytesAt, countAt, historyAt, lengthAt, streamIdLengthAt, appendIdLengthAt] = [0, 8, 12, 16, 20, 24, 28]
const textsAt = 32

/**
 * Frames in bytes, first in, first out. What is kept for a minute as objects is copied by V8's minor collections, and then
 * has to be found by its major ones: 10,000 frames of one message made a publisher's pauses four times as long.
 */
export class PackedFrames {
  readonly #chunks = new Fifo<Chunk>()
  #newest: Chunk | undefined
  /** The last chunk that was used up, so that as much as goes comes without asking for memory. */
  #spare: Chunk | undefined
  /** The few that there are; frames name them by their index. */
  #histories: (string | undefined)[] = []
  #length = 0

  get length(): number {
    return this.#length
  }

  /** What is asked of the oldest each time one is added: without its texts. */
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

/** Where the frame that begins there ends. */
function endOf(buffer: Buffer, from: number): number {
  return from + buffer.readUInt32LE(from + lengthAt)
}
