import { Deadlines, type Limited } from '../support/deadlines.js'
import type { Runtime } from '../support/runtime.js'
import type { PublishSpan } from '../telemetry/telemetry.js'

/** The result of an invalidation that was appended to the log. */
export interface Receipt {
  /**
   * The id of the message that went on the wire. If equal invalidations were sent as one, or an overflow made one of
   * all, it is the id of the message that covers all of them.
   */
  readonly messageId: string
  /** Its place in the log: hand it to `subscription.waitFor()`. Opaque. */
  readonly position: string
  /** How many connections the server handed it to at once; −1 if the server refuses the channel. */
  readonly receivers: number
}

/** Settles the promise of a `publish()`. */
export interface Settlers {
  resolve(receipt: Receipt): void
  reject(error: unknown): void
}

/** The same settlers, except that they report to a span as well. */
export function reportingTo(span: PublishSpan, settlers: Settlers): Settlers {
  return {
    resolve: (receipt) => {
      span.appended(receipt.messageId, receipt.position)
      settlers.resolve(receipt)
    },
    reject: (error) => {
      span.failed(error)
      settlers.reject(error)
    },
  }
}

/** A call of `publish()` that waits. Once its promise has settled it refers to nothing that belongs to the caller. */
export class Caller implements Limited {
  /** When it is rejected, on the monotonic clock. */
  readonly deadline: number
  #settlers: Settlers | undefined
  #stopListening: (() => void) | undefined
  #span: PublishSpan | undefined
  readonly #onRejected: () => void

  constructor(settlers: Settlers, deadline: number, onRejected: () => void) {
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

  /** Its message has to wait in the send queue: `sent` then reports to this span when it leaves. */
  reportTo(span: PublishSpan): void {
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
    this.#onRejected()
    this.#end()
  }

  #end(): void {
    this.#settlers = undefined
    this.#span = undefined
    this.#stopListening?.()
    this.#stopListening = undefined
  }
}

/** A call of `flush()` that waits. */
interface Flush {
  readonly sequence: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

export interface CallersContext {
  readonly runtime: Runtime
  /** How long a `publish()` waits, in ms; up to 1% longer, so that few timers serve all. */
  readonly timeoutMs: number
  readonly timeoutError: () => Error
  /** Sequence of the oldest message that is not appended; infinite if there is none. */
  readonly oldestSequence: () => number
  /** Called for each `publish()` whose promise is rejected. */
  readonly onRejected: () => void
}

const sharedErrorMs = 10

/** All calls of a publisher's `publish()` and `flush()` that wait. Each settles once. */
export class Callers {
  readonly #context: CallersContext
  readonly #deadlines: Deadlines<Caller>
  readonly #flushes: Flush[] = []
  #timeout: { readonly at: number; readonly error: Error } | undefined

  constructor(context: CallersContext) {
    const { runtime, timeoutMs } = context
    this.#context = context
    this.#deadlines = new Deadlines({
      runtime,
      slackMs: timeoutMs / 100,
      onExpired: (caller) => caller.reject(this.#timeoutNow()),
    })
  }

  /**
   * A `publish()` waits from now on: until its message is appended, the timeout, or until the signal aborts.
   *
   * @param now on the monotonic clock
   */
  add(settlers: Settlers, now: number, signal?: AbortSignal): Caller {
    const { timeoutMs, onRejected } = this.#context
    const caller = new Caller(settlers, now + timeoutMs, onRejected)
    if (signal) caller.leaveOn(signal)
    this.#deadlines.add(caller)
    return caller
  }

  /** Resolves when every message up to this sequence is appended. */
  flush(sequence: number): Promise<void> {
    if (this.#context.oldestSequence() > sequence) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#flushes.push({ sequence, resolve, reject })
    })
  }

  /** An append has ended: resolves each `flush()` that waited for nothing else. */
  progress(): void {
    if (this.#flushes.length === 0) return
    const oldest = this.#context.oldestSequence()
    for (let next = this.#flushes[0]; next && next.sequence < oldest; next = this.#flushes[0]) {
      this.#flushes.shift()
      next.resolve()
    }
  }

  /** Callers that expire at about the same moment share one error, since an outage has many of them. */
  #timeoutNow(): Error {
    const now = this.#context.runtime.monotonic()
    if (this.#timeout === undefined || now - this.#timeout.at > sharedErrorMs) {
      this.#timeout = { at: now, error: this.#context.timeoutError() }
    }
    return this.#timeout.error
  }

  rejectAll(error: Error): void {
    for (const caller of this.#deadlines.clear()) caller.reject(error)
    for (const { reject } of this.#flushes.splice(0)) reject(error)
  }
}
