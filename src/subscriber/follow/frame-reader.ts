import { decodeFrame } from '../../message/wire/decode-frame.js'
import type { DecodedFrame } from '../../message/wire/decode.js'
import { InvalidMessageError, type InvalidMessageReason } from '../../support/errors.js'
import type { Runtime } from '../../support/runtime.js'

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

/** How often garbage of one kind is told at most. */
const reportEveryMs = 60_000

interface Report {
  readonly at: number
  /** How many came since. */
  untold: number
}

/**
 * Tells of garbage without a flood of errors: the first of a kind as it is, then at most one a minute, which says how many
 * came meanwhile. A kind is the reason of an `InvalidMessageError`: there are a few, and whoever writes garbage can't add to them.
 */
export class GarbageReport {
  readonly #runtime: Pick<Runtime, 'monotonic'>
  readonly #onError: (error: InvalidMessageError) => void
  readonly #reports = new Map<InvalidMessageReason, Report>()

  constructor(runtime: Pick<Runtime, 'monotonic'>, onError: (error: InvalidMessageError) => void) {
    this.#runtime = runtime
    this.#onError = onError
  }

  add(error: InvalidMessageError): void {
    const now = this.#runtime.monotonic()
    const last = this.#reports.get(error.reason)
    if (last !== undefined && now - last.at < reportEveryMs) {
      last.untold += 1
      return
    }
    this.#reports.set(error.reason, { at: now, untold: 0 })
    this.#onError(last === undefined || last.untold === 0 ? error : withCount(error, last.untold))
  }
}

function withCount(error: InvalidMessageError, untold: number): InvalidMessageError {
  return new InvalidMessageError(`${error.message} (and ${untold} more of this kind since the last report)`, {
    reason: error.reason,
    cause: error,
  })
}
