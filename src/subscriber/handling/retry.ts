import type { ResyncReason } from '../../log/model/resync-reason.js'
import { type InvalidationMessage, isArray, type Json } from '../../message/message.js'
import type { TraceContext } from '../../message/trace-context.js'
import { Deadlines, type Limited } from '../../support/deadlines.js'
import { ClosedError, HandlerError, HandlerTimeoutError, type InvalidationError } from '../../support/errors.js'
import { delay, type Runtime } from '../../support/runtime.js'
import { describeThrown, isError, toError } from '../../support/thrown.js'
import type { SubscriptionCounters } from '../../telemetry/counters.js'
import type { EvictSpan } from '../../telemetry/telemetry.js'
import type { Delivery, InvalidationHandler, Origin } from './delivery.js'

/** How often a failing handler is tried, and the bounds of the delay before the next try. */
export interface RetryPolicy {
  readonly tries: number
  readonly minDelayMs: number
  readonly maxDelayMs: number
}

export interface RetryContext {
  readonly handler: InvalidationHandler
  readonly retry: RetryPolicy
  /** Time limit of each try, in ms. */
  readonly handlerTimeoutMs: number
  readonly runtime: Runtime
  readonly counters: SubscriptionCounters
  /** Called when the last try has failed, before the message counts as finished; awaited. */
  onGivenUp(givenUp: GivenUp): void | Promise<void>
  /** Takes failures that decide nothing any more: of a try that outlived its limit, of closing, of `onGivenUp`. */
  onError(error: Error): void
}

/** A message as it is handled. */
interface Handling {
  readonly message: InvalidationMessage
  readonly origin: Origin
  /** The trace that the message carried. */
  readonly trace: TraceContext | undefined
}

/** A message whose last try failed. */
export interface GivenUp extends Handling {
  readonly error: InvalidationError
  readonly tries: number
}

/** What became of a message; `cut-short` by closing. */
export type HandlingOutcome = 'handled' | 'given-up' | 'cut-short'

/** How a try ended: undefined when it handled the message, a ClosedError when it was abandoned. */
type Outcome = HandlerError | HandlerTimeoutError | ClosedError | undefined

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

/**
 * Runs messages through the handler, each until it is handled or given up. A retry never overlaps the try before it,
 * unless that one outlived its time limit.
 */
export class RetryingHandler {
  readonly #context: RetryContext
  readonly #running: Deadlines<RunningTry>
  readonly #stopping = new AbortController()
  #abandoned = false

  constructor(context: RetryContext) {
    this.#context = context
    this.#running = new Deadlines({
      runtime: context.runtime,
      onExpired: (running) => this.#interrupt(running, new HandlerTimeoutError(this.#describeTimeout(running))),
    })
  }

  /**
   * Runs a message through the handler. Answers at once if the handler returned no promise and did not throw. Never
   * rejects. `trace` is what the message carried.
   */
  run(
    message: InvalidationMessage,
    origin: Origin,
    span?: EvictSpan,
    trace?: TraceContext,
  ): HandlingOutcome | Promise<HandlingOutcome> {
    const outcome = this.#try(message, createAttempt(origin, 1), span)
    return outcome === undefined ? 'handled' : this.#finish({ message, origin, trace }, outcome, span)
  }

  /** From now on no try is begun; a message that waits for its next try is cut short. Tries that run go on. */
  stop(): void {
    this.#stopping.abort()
  }

  /** All tries have ended, and none follow: nothing keeps the process alive any more. */
  release(): void {
    this.#running.clear()
  }

  /** Stops, and waits for nothing any more: aborts the tries that run; what they come to is not asked. */
  abandon(reason: ClosedError): void {
    this.stop()
    this.#abandoned = true
    for (const running of this.#running.clear()) this.#interrupt(running, reason)
  }

  async #finish(
    handling: Handling,
    first: Outcome | Promise<Outcome>,
    span: EvictSpan | undefined,
  ): Promise<HandlingOutcome> {
    const { message, origin } = handling
    const { counters, runtime, retry } = this.#context
    const { signal } = this.#stopping
    let outcome = await first
    for (let attempt = 1; outcome !== undefined; attempt++) {
      if (outcome instanceof ClosedError) return 'cut-short'
      if (attempt >= retry.tries) {
        counters.deadLetters += 1
        span?.gaveUp(outcome, attempt)
        await this.#giveUp({ ...handling, error: outcome, tries: attempt })
        return this.#abandoned ? 'cut-short' : 'given-up'
      }
      span?.tryFailed(outcome, attempt)
      await delay(runtime, this.#delayAfter(attempt), signal)
      if (signal.aborted) {
        this.#context.onError(outcome)
        return 'cut-short'
      }
      counters.retries += 1
      outcome = await this.#try(message, createAttempt(origin, attempt + 1), span)
    }
    return 'handled'
  }

  #try(message: InvalidationMessage, attempt: Attempt, span: EvictSpan | undefined): Outcome | Promise<Outcome> {
    const { handler, handlerTimeoutMs, runtime } = this.#context
    let handled: Promise<unknown>
    try {
      const own = ownCopy(message)
      const result: unknown = span ? span.run(() => handler(own, attempt)) : handler(own, attempt)
      // Whether it can be awaited is asked of what the handler returned, which may throw as the handler may.
      if (!isPromiseLike(result)) return undefined
      handled = Promise.resolve(result)
    } catch (error) {
      return this.#failure(message, attempt, error)
    }
    return new Promise((resolve) => {
      const running = new RunningTry(message, attempt, runtime.monotonic() + handlerTimeoutMs, resolve)
      this.#running.add(running)
      handled.then(
        () => running.end(undefined),
        (error: unknown) => {
          const failure = this.#failure(message, attempt, error)
          if (!running.end(failure) && !isAbort(error, attempt)) this.#context.onError(failure)
        },
      )
    })
  }

  #interrupt(running: RunningTry, reason: HandlerTimeoutError | ClosedError): void {
    running.end(reason)
    running.attempt.abort(reason)
  }

  async #giveUp(givenUp: GivenUp): Promise<void> {
    try {
      await this.#context.onGivenUp(givenUp)
    } catch (failure) {
      this.#context.onError(toError(failure))
    }
  }

  /** Full jitter: anything from none to twice as much as the last time, so that services do not retry in step. */
  #delayAfter(attempt: number): number {
    const { minDelayMs, maxDelayMs } = this.#context.retry
    return this.#context.runtime.random() * Math.min(maxDelayMs, minDelayMs * 2 ** (attempt - 1))
  }

  #failure(message: InvalidationMessage, { attempt }: Attempt, cause: unknown): HandlerError {
    return new HandlerError(
      `The handler failed with message ${message.messageId} (try ${attempt} of ${this.#context.retry.tries}): ${describeThrown(cause)}`,
      { cause },
    )
  }

  #describeTimeout({ message, attempt }: RunningTry): string {
    const { handlerTimeoutMs, retry } = this.#context
    return `The handler did not finish message ${message.messageId} within ${handlerTimeoutMs} ms (try ${attempt.attempt} of ${retry.tries}): pass \`delivery.signal\` on to what it waits for, or raise \`handlerTimeoutMs\``
  }
}

/** Each try has a copy of its own: a handler that takes its message apart leaves it whole for all others. */
function ownCopy(message: InvalidationMessage): InvalidationMessage {
  const copy = message.action === 'batch' ? { ...message, cacheKeys: [...message.cacheKeys] } : { ...message }
  return copy.metadata === undefined ? copy : { ...copy, metadata: copyJson(copy.metadata) }
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
