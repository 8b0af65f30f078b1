import type { ResyncReason } from '../../log/model/resync-reason.js'
import { type InvalidationMessage, isArray, type Json } from '../../message/message.js'
import { Deadlines, type Limited } from '../../support/deadlines.js'
import { type ClosedError, HandlerError, HandlerTimeoutError } from '../../support/errors.js'
import { Outage } from '../../support/outage.js'
import type { Runtime } from '../../support/runtime.js'
import { describeThrown, isError } from '../../support/thrown.js'
import type { EvictSpan } from '../../telemetry/telemetry.js'
import type { Delivery, InvalidationHandler, Origin } from './delivery.js'

export interface TriesContext {
  readonly handler: InvalidationHandler
  /** Time limit of each try, in ms. */
  readonly handlerTimeoutMs: number
  readonly runtime: Runtime
  /** Called with failures that no longer matter: of a try that outlived its limit. */
  onError(error: Error): void
}

/** The error of a failed try. */
export type Failure = HandlerError | HandlerTimeoutError

/** The result of a try: undefined if it handled the message, a ClosedError if it was abandoned. */
export type Outcome = Failure | ClosedError | undefined

class RunningTry implements Limited {
  readonly message: InvalidationMessage
  readonly attempt: Attempt
  readonly deadline: number
  #settle: ((outcome: Outcome) => void) | undefined

  constructor(message: InvalidationMessage, attempt: Attempt, deadline: number, settle: (outcome: Outcome) => void) {
    this.message = message
    this.attempt = attempt
    this.deadline = deadline
    this.#settle = settle
  }

  get waiting(): boolean {
    return this.#settle !== undefined
  }

  /** Whether it ended by this: not if it was interrupted before. */
  end(outcome: Outcome): boolean {
    const settle = this.#settle
    this.#settle = undefined
    settle?.(outcome)
    return settle !== undefined
  }
}

/** Runs single tries of the handler: each has a copy of the message, a signal and a time limit of its own. */
export class Tries {
  readonly #context: TriesContext
  /** Failures after the time limit, until a try succeeds. */
  readonly #late: Outage
  readonly #running: Deadlines<RunningTry>

  constructor(context: TriesContext) {
    this.#context = context
    this.#late = new Outage((error) => context.onError(error))
    this.#running = new Deadlines({
      runtime: context.runtime,
      onExpired: (running) => this.#interrupt(running, new HandlerTimeoutError(this.#describeTimeout(running))),
    })
  }

  /**
   * Runs one try; `number` counts those of a message, from 1. Returns at once if the handler returned no promise. Never
   * throws or rejects.
   */
  run(message: InvalidationMessage, origin: Origin, number: number, span?: EvictSpan): Outcome | Promise<Outcome> {
    const { handler, handlerTimeoutMs, runtime } = this.#context
    const attempt = createAttempt(origin, number)
    let handled: Promise<unknown>
    try {
      const own = ownCopy(message)
      const result: unknown = span ? span.run(() => handler(own, attempt)) : handler(own, attempt)
      // Whether it can be awaited is asked of what the handler returned, which may throw as the handler may.
      if (!isPromiseLike(result)) return undefined
      handled = Promise.resolve(result)
    } catch (error) {
      return failure(message, attempt, error)
    }
    return new Promise((resolve) => {
      const running = new RunningTry(message, attempt, runtime.monotonic() + handlerTimeoutMs, resolve)
      this.#running.add(running)
      handled.then(
        () => {
          this.#late.ended()
          running.end(undefined)
        },
        (error: unknown) => {
          const failed = failure(message, attempt, error)
          if (!running.end(failed) && !isAbort(error, attempt)) this.#late.failed(failed)
        },
      )
    })
  }

  /** All tries have ended and none follow, so nothing may keep the process alive. */
  release(): void {
    this.#running.clear()
  }

  /** Aborts the running tries and no longer waits for them: their results are ignored. */
  abandon(reason: ClosedError): void {
    for (const running of this.#running.clear()) this.#interrupt(running, reason)
  }

  #interrupt(running: RunningTry, reason: HandlerTimeoutError | ClosedError): void {
    running.end(reason)
    running.attempt.abort(reason)
  }

  #describeTimeout({ message, attempt }: RunningTry): string {
    return `The handler did not finish message ${message.messageId} within ${this.#context.handlerTimeoutMs} ms (try ${attempt.attempt}): pass \`delivery.signal\` on to what it waits for, or raise \`handlerTimeoutMs\``
  }
}

/** Whether a try has not ended yet. */
export function isPending(outcome: Outcome | Promise<Outcome>): outcome is Promise<Outcome> {
  return outcome !== undefined && 'then' in outcome
}

function failure(message: InvalidationMessage, { attempt }: Attempt, cause: unknown): HandlerError {
  const text = `The handler failed with message ${message.messageId} (try ${attempt}): ${describeThrown(cause)}`
  return new HandlerError(text, { cause })
}

/** Whether a message names every key, so that its handler evicts everything. */
export function evictsAll(message: InvalidationMessage): boolean {
  return message.action === 'pattern' && message.pattern === '*'
}

/** Each try has a copy of its own: a handler that takes its message apart leaves it whole for all others. */
function ownCopy(message: InvalidationMessage): InvalidationMessage {
  const copy = copyTarget(message)
  return copy.metadata === undefined ? copy : { ...copy, metadata: copyJson(copy.metadata) }
}

function copyTarget(message: InvalidationMessage): InvalidationMessage {
  if (message.action === 'batch') return { ...message, cacheKeys: [...message.cacheKeys] }
  return message.action === 'tag' ? { ...message, tags: [...message.tags] } : { ...message }
}

function copyJson(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  if (isArray(value)) return value.map(copyJson)
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copyJson(part)]))
}

/** Whether a handler, interrupted, only passes on that it was. */
function isAbort(error: unknown, { signal }: Attempt): boolean {
  return error === signal.reason || (isError(error) && error.name === 'AbortError')
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/** One try of one message: the delivery its handler sees, and the means to abort it. */
type Attempt = Delivery & {
  abort(reason: Error): void
}

function createAttempt(origin: Origin, attempt: number): Attempt {
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
