import type { Limited } from '../support/deadlines.js'
import type { PublishSpan } from '../telemetry/telemetry.js'

/** What became of an invalidation that was appended to the log. */
export interface Receipt {
  /**
   * The id of the message that went on the wire. Where equal invalidations were sent as one, or an overflow made one
   * of all, it is the id of the message that stands for all of them.
   */
  readonly messageId: string
  /** Its place in the log: hand it to `subscription.waitFor()`. Opaque. */
  readonly position: string
  /** How many connections the server handed it to at once; −1 where the server refuses the channel. */
  readonly receivers: number
}

/** What settles the promise that a caller has. */
export interface Settlers {
  resolve(receipt: Receipt): void
  reject(error: unknown): void
}

/** A caller of `publish()`. Once its promise has settled it holds nothing of the caller's. */
export class Caller implements Limited {
  /** When it gives up, on the monotonic clock. */
  readonly deadline: number
  #settlers: Settlers | undefined
  #stopListening: (() => void) | undefined
  #span: PublishSpan | undefined
  readonly #onRejected: (() => void) | undefined

  constructor(settlers: Settlers, deadline: number, onRejected?: () => void) {
    this.#settlers = settlers
    this.deadline = deadline
    this.#onRejected = onRejected
  }

  get waiting(): boolean {
    return this.#settlers !== undefined
  }

  /** Stops waiting, with the signal's reason, when the signal aborts. */
  leaveOn(signal: AbortSignal): void {
    const leave = (): void => this.reject(signal.reason)
    signal.addEventListener('abort', leave, { once: true })
    this.#stopListening = () => signal.removeEventListener('abort', leave)
  }

  /** Its message has to wait in the send queue: `sent` then tells this span when it leaves. */
  tellWhenSent(span: PublishSpan): void {
    this.#span = span
  }

  /** Its message leaves the send queue. */
  sent(): void {
    this.#span?.sent()
    this.#span = undefined
  }

  resolve(receipt: Receipt): void {
    this.#settlers?.resolve(receipt)
    this.#end()
  }

  reject(reason: unknown): void {
    if (!this.#settlers) return
    this.#settlers.reject(reason)
    this.#onRejected?.()
    this.#end()
  }

  #end(): void {
    this.#settlers = undefined
    this.#span = undefined
    this.#stopListening?.()
    this.#stopListening = undefined
  }
}

interface Flush {
  readonly sequence: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** Those who wait until all that was accepted up to some message is appended. */
export class Flushes {
  readonly #flushes: Flush[] = []

  /** Resolves once nothing up to this sequence is outstanding. */
  until(sequence: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#flushes.push({ sequence, resolve, reject })
    })
  }

  /** Something was appended; `oldest` is the sequence of the oldest message that is not. */
  progress(oldest: () => number): void {
    if (this.#flushes.length === 0) return
    const reached = oldest()
    for (let next = this.#flushes[0]; next && next.sequence < reached; next = this.#flushes[0]) {
      this.#flushes.shift()
      next.resolve()
    }
  }

  rejectAll(error: Error): void {
    for (const { reject } of this.#flushes.splice(0)) reject(error)
  }
}
