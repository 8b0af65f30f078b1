import PQueue from 'p-queue'
import type { InvalidationMessage } from '../../message/message.js'
import type { TraceContext } from '../../message/trace-context.js'
import { ClosedError } from '../../support/errors.js'
import { resolvesWithin, type Runtime } from '../../support/runtime.js'
import { toError } from '../../support/thrown.js'
import type { SubscriptionCounters } from '../../telemetry/counters.js'
import type { HandlerTimer } from '../../telemetry/stats-collector.js'
import type { DeliveryTelemetry, FrameTelemetry, RecoverySpan } from '../../telemetry/telemetry.js'
import type { Origin } from './delivery.js'
import { type RetryContext, RetryingHandler } from './retry.js'

/** How long handlers that return no promise may run in a row before the event loop gets a turn. */
const sliceMs = 10

/** A frame to be handed over. */
export interface Work {
  /** Empty for a marker, which only has its turn. */
  readonly messages: readonly InvalidationMessage[]
  /** The trace of the message at the same place; absent where none has one. */
  readonly traces?: readonly (TraceContext | undefined)[] | undefined
  /** Length of the JSON that carried them; absent where none did. */
  readonly bytes?: number | undefined
  readonly origin: Origin
  /** The recovery that hands it over. */
  readonly recovery?: RecoverySpan | undefined
  /** Called once, when every message was handled or given up. */
  handled(): void
}

export interface DispatcherContext extends RetryContext {
  /** How many tasks run at once. */
  readonly concurrency: number
  readonly telemetry?: DeliveryTelemetry | undefined
  readonly timer?: HandlerTimer | undefined
  /** Takes failures that change nothing about what counts as handled. */
  onError(error: Error): void
}

/** A frame that nobody traces or measures. */
const unobserved: FrameTelemetry = { evict: () => undefined, end: () => undefined }

interface Condition {
  isMet(): boolean
  resolve(): void
}

/**
 * Hands messages to the handler. What is pushed together is one task: its works, and the messages of each, have their
 * turn in order; up to `concurrency` tasks run at once. The handler is never called before `push()` has returned.
 */
export class Dispatcher {
  readonly #queue: PQueue
  readonly #handler: RetryingHandler
  readonly #runtime: Runtime
  readonly #counters: SubscriptionCounters
  readonly #telemetry: DeliveryTelemetry | undefined
  readonly #timer: HandlerTimer | undefined
  readonly #onError: (error: Error) => void
  readonly #conditions = new Set<Condition>()
  #pending = 0
  #pendingBytes = 0
  #sliceEnd = 0
  /** The task that runs outside of the queue: what is pushed meanwhile stands in the queue, which is paused. */
  #alone: Promise<void> | undefined
  #stopped = false
  #closing: Promise<boolean> | undefined

  constructor(context: DispatcherContext) {
    this.#queue = new PQueue({ concurrency: context.concurrency })
    this.#runtime = context.runtime
    this.#counters = context.counters
    this.#telemetry = context.telemetry
    this.#timer = context.timer
    this.#onError = (error) => {
      context.onError(error)
    }
    this.#handler = new RetryingHandler(context)
  }

  /** How many messages were pushed and are not finished. */
  get pending(): number {
    return this.#pending
  }

  /** Length of the JSON of the works that were pushed and are not finished. */
  get pendingBytes(): number {
    return this.#pendingBytes
  }

  /** Hands over these works, in order, as one task. After `close()` they are dropped: never started, never handled. */
  push(works: readonly Work[]): void {
    if (this.#stopped) return
    for (const { messages, bytes = 0 } of works) {
      this.#pending += messages.length
      this.#pendingBytes += bytes
    }
    if (this.#queue.concurrency === 1 && !this.#isBusy) {
      this.#alone = this.#runAlone(works)
      return
    }
    if (this.#alone) this.#queue.pause()
    void this.#queue.add(() => this.#run(works))
  }

  /** Resolves when a condition on what is pending is met, or at `close()`. */
  when(isMet: () => boolean): Promise<void> {
    const isMetOrStopped = (): boolean => this.#stopped || isMet()
    if (isMetOrStopped()) return Promise.resolve()
    return new Promise((resolve) => {
      this.#conditions.add({ isMet: isMetOrStopped, resolve })
    })
  }

  /**
   * Starts nothing more, not even a retry, and waits for the handlers that run. True when all of them finished; false
   * when some still ran after `timeoutMs`: their signals are aborted, and their messages never count as handled.
   * Further calls share the outcome of the first.
   */
  close(timeoutMs: number): Promise<boolean> {
    if (!this.#closing) {
      this.#stopped = true
      this.#queue.clear()
      this.#handler.stop()
      this.#wake()
      this.#closing = this.#drain(timeoutMs)
    }
    return this.#closing
  }

  get #isBusy(): boolean {
    return this.#alone !== undefined || this.#queue.pending > 0 || this.#queue.size > 0
  }

  /** A task that finds nothing before it: to be queued would be a third of what becomes of a lone message here. */
  async #runAlone(works: readonly Work[]): Promise<void> {
    await this.#run(works)
    this.#alone = undefined
    if (this.#queue.isPaused) this.#queue.start()
  }

  async #run(works: readonly Work[]): Promise<void> {
    await Promise.resolve()
    let now = this.#runtime.monotonic()
    // A task begins without a turn, however long ago the slice ended.
    let turnAt = Infinity
    for (const work of works) {
      const frame = this.#begin(work)
      let index = 0
      try {
        for (const message of work.messages) {
          if (now >= turnAt) now = await this.#turn()
          if (this.#stopped) return
          const startedAt = now
          const span = frame.evict(index, startedAt)
          const running = this.#handler.run(message, work.origin, span, work.traces?.[index++])
          const outcome = typeof running === 'string' ? running : await running
          now = this.#runtime.monotonic()
          turnAt = this.#sliceEnd
          if (outcome === 'handled') this.#handled(message, work.origin, startedAt, now)
          span?.ended(outcome !== 'cut-short', now)
          if (outcome === 'cut-short') return
          this.#settled()
        }
      } finally {
        frame.end()
      }
      this.#finish(work)
    }
    if (this.#runtime.monotonic() >= this.#sliceEnd) await this.#turn()
  }

  #begin(work: Work): FrameTelemetry {
    this.#timer?.frameBegins()
    return this.#telemetry?.frame(work) ?? unobserved
  }

  #handled(message: InvalidationMessage, origin: Origin, startedAt: number, now: number): void {
    this.#counters.handledByAction[message.action] += 1
    this.#timer?.handled(message, origin.mode === 'resync', startedAt, now)
  }

  /** A message was handled or given up. */
  #settled(): void {
    this.#pending--
    if (this.#conditions.size > 0) this.#wake()
  }

  #finish(work: Work): void {
    this.#pendingBytes -= work.bytes ?? 0
    if (this.#conditions.size > 0) this.#wake()
    try {
      work.handled()
    } catch (error) {
      this.#onError(toError(error))
    }
  }

  /**
   * Ends a slice; resolves with the moment at which the next begins. Slices reach across tasks: p-queue starts the next
   * one without a turn of the loop in between.
   */
  async #turn(): Promise<number> {
    await this.#runtime.yield()
    const now = this.#runtime.monotonic()
    this.#sliceEnd = now + sliceMs
    return now
  }

  #wake(): void {
    for (const condition of this.#conditions) {
      if (!condition.isMet()) continue
      this.#conditions.delete(condition)
      condition.resolve()
    }
  }

  async #drain(timeoutMs: number): Promise<boolean> {
    const ended = Promise.all([this.#alone, this.#queue.onPendingZero()])
    const inTime = await resolvesWithin(this.#runtime, timeoutMs, ended)
    if (inTime) this.#handler.release()
    else {
      this.#handler.abandon(
        new ClosedError(
          `The subscription was closed while this handler ran, and it did not end within ${timeoutMs} ms`,
        ),
      )
    }
    return inTime
  }
}
