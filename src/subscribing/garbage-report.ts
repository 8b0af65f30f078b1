import { InvalidMessageError, type InvalidMessageReason } from '../errors.js'
import type { Runtime } from '../runtime.js'

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
