import { InvalidMessageError, type InvalidMessageReason } from '../../support/errors.js'
import type { Runtime } from '../../support/runtime.js'

/** How often garbage of one kind is reported at most. */
const reportEveryMs = 60_000

interface Report {
  readonly at: number
  /** How many came since. */
  unreported: number
}

/**
 * Reports garbage on the channel and in the log, without a flood of errors: the first of a kind as it is, then at most
 * one a minute, which says how many came meanwhile. A kind is the reason of an `InvalidMessageError`: there are a few,
 * and garbage can't add to them.
 */
export class GarbageReport {
  readonly #runtime: Pick<Runtime, 'monotonic'>
  readonly #onError: (error: InvalidMessageError) => void
  readonly #reports = new Map<InvalidMessageReason, Report>()

  constructor(runtime: Pick<Runtime, 'monotonic'>, onError: (error: InvalidMessageError) => void) {
    this.#runtime = runtime
    this.#onError = onError
  }

  /** Reports what a frame held that is not a message. */
  add(rejected: readonly InvalidMessageError[]): void {
    for (const error of rejected) this.#add(error)
  }

  #add(error: InvalidMessageError): void {
    const now = this.#runtime.monotonic()
    const last = this.#reports.get(error.reason)
    if (last !== undefined && now - last.at < reportEveryMs) {
      last.unreported += 1
      return
    }
    this.#reports.set(error.reason, { at: now, unreported: 0 })
    this.#onError(last === undefined || last.unreported === 0 ? error : withCount(error, last.unreported))
  }
}

function withCount(error: InvalidMessageError, unreported: number): InvalidMessageError {
  return new InvalidMessageError(`${error.message} (and ${unreported} more of this kind since the last report)`, {
    reason: error.reason,
    cause: error,
  })
}
