import type { ResyncReason } from '../../log/model/resync-reason.js'
import type { InvalidationMessage } from '../../message/message.js'

/**
 * How a message came: over Pub/Sub (`live`), read from the log (`replay`), or made here because continuity could not
 * be proved and everything is to be evicted (`resync`).
 */
export type Origin =
  | {
      readonly mode: 'live' | 'replay'
      /** Position of the entry that carried it; absent where the message never was in the log. */
      readonly position?: string
    }
  | {
      readonly mode: 'resync'
      readonly reason: ResyncReason
      /** How many entries are gone, where known. */
      readonly missed?: number
    }

/** What a handler is told about the message it is called with. */
export type Delivery = Origin & {
  /** Which try this is, from 1. */
  readonly attempt: number
  /** Aborted when the try runs longer than `handlerTimeoutMs`, or when `close()` gives up waiting for it. */
  readonly signal: AbortSignal
}

/**
 * Evicts what the message names; a promise that it returns is awaited, all else that it returns is ignored. A handler that throws or rejects is tried again. The same message can come more than
 * once, so a handler must be idempotent.
 */
export type InvalidationHandler = (message: InvalidationMessage, delivery: Delivery) => unknown

/** One try of one message: the delivery its handler sees, and the means to abort it. */
export type Attempt = Delivery & {
  abort(reason: Error): void
}

export function createAttempt(origin: Origin, attempt: number): Attempt {
  return origin.mode === 'resync' ? new ResyncAttempt(origin, attempt) : new EntryAttempt(origin, attempt)
}

/** Makes its AbortController only when a handler asks for the signal: most never do. */
class AbortableAttempt {
  readonly attempt: number
  #controller: AbortController | undefined
  #reason: Error | undefined

  constructor(attempt: number) {
    this.attempt = attempt
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.#reason) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  abort(reason: Error): void {
    this.#reason = reason
    this.#controller?.abort(reason)
  }
}

class EntryAttempt extends AbortableAttempt {
  readonly mode: 'live' | 'replay'
  declare readonly position?: string

  constructor(origin: Extract<Origin, { mode: 'live' | 'replay' }>, attempt: number) {
    super(attempt)
    this.mode = origin.mode
    if (origin.position !== undefined) this.position = origin.position
  }
}

class ResyncAttempt extends AbortableAttempt {
  readonly mode = 'resync'
  readonly reason: ResyncReason
  declare readonly missed?: number

  constructor(origin: Extract<Origin, { mode: 'resync' }>, attempt: number) {
    super(attempt)
    this.reason = origin.reason
    if (origin.missed !== undefined) this.missed = origin.missed
  }
}
