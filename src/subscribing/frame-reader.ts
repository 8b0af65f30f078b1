import { InvalidMessageError } from '../errors.js'
import { decodeFrame, type DecodedFrame } from '../message/codec.js'
import type { GarbageReport } from './garbage-report.js'

/** Reads what the channel and the stream hold, whoever wrote it. What is no message is reported; it costs nothing else. */
export class FrameReader {
  readonly #report: GarbageReport

  constructor(report: GarbageReport) {
    this.#report = report
  }

  /** A text that is no frame at all reads as one that has no place in the log, no messages, and one `rejected`. */
  read(text: string): DecodedFrame {
    const frame = decode(text)
    for (const error of frame.rejected) this.#report.add(error)
    return frame
  }
}

function decode(text: string): DecodedFrame {
  try {
    return decodeFrame(text)
  } catch (error) {
    if (!(error instanceof InvalidMessageError)) throw error
    return { messages: [], rejected: [error] }
  }
}
