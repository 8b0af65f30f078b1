import type { ResyncReason } from '../recovery/resync.js'
import type { Delivery, Origin } from './delivery.js'

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
