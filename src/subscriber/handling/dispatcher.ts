import PQueue from 'p-queue'
import { Conditions } from '../../support/conditions.js'
import { ClosedError } from '../../support/errors.js'
import { Fifo } from '../../support/fifo.js'
import { resolvesWithin, type Runtime } from '../../support/runtime.js'
import { toError } from '../../support/thrown.js'
import type { SubscriptionCounters } from '../../telemetry/counters.js'
import type { HandlerTimer } from '../../telemetry/stats-collector.js'
import type { DeliveryTelemetry, FrameTelemetry } from '../../telemetry/telemetry.js'
import type { Work } from './delivery.js'
import type { DispatcherContext } from './dispatcher-context.js'
import { type Handed, type Handling, type HandlingListener, Unfinished } from './failing.js'
import { RetryLane } from './retry-lane.js'
import { evictsAll, type Failure, isPending, Tries } from './retry.js'

/** How long handlers that return no promise may run in a row before the event loop gets a turn. */
const sliceMs = 10

/** A frame that nobody traces or measures. */
const unobserved: FrameTelemetry = { evict: () => undefined, end: () => undefined }

/**
 * Hands messages to the handler. What is pushed together is one task: its works, and the messages of each, have their
 * turn in order; up to `concurrency` tasks run at once. A message whose handler fails leaves its task, and is tried again
 * beside it. The handler is never called before `push()` has returned.
 */
export class Dispatcher {
  readonly #concurrency: number
  readonly #queue: PQueue
  /** Those tasks of the queue that run. */
  readonly #tasks = new Set<Promise<void>>()
  readonly #tries: Tries
  readonly #lane: RetryLane
  readonly #runtime: Runtime
  readonly #maxAside: number
  readonly #counters: SubscriptionCounters
  readonly #telemetry: DeliveryTelemetry | undefined
  readonly #timer: HandlerTimer | undefined
  readonly #onError: (error: Error) => void
  readonly #conditions = new Conditions()
  #pending = 0
  #pendingBytes = 0
  #sliceEnd = 0
  /** Where one task runs at a time, those that wait; it needs no queue. */
  readonly #line = new Fifo<readonly Work[]>()
  #running: Promise<void> | undefined
  #stopped = false
  #closing: Promise<boolean> | undefined

  constructor(context: DispatcherContext) {
    this.#concurrency = context.concurrency
    this.#queue = new PQueue({ concurrency: context.concurrency })
    this.#runtime = context.runtime
    this.#maxAside = context.retry.maxWaiting
    this.#counters = context.counters
    this.#telemetry = context.telemetry
    this.#timer = context.timer
    this.#onError = (error) => context.onError(error)
    this.#tries = new Tries(context)
    this.#lane = new RetryLane({ ...context, onAside: () => this.#conditions.check() }, this.#tries, () =>
      this.#resync(context.resync?.()),
    )
  }

  /** How many messages were pushed and are not finished. */
  get pending(): number {
    return this.#pending
  }

  /** How many of them have failed, and are tried again or wait for a resync. */
  get retrying(): number {
    return this.#lane.retrying
  }

  /** How many of those hold up no others. */
  get aside(): number {
    return this.#lane.aside
  }

  /** Whether their limit is reached: nothing more should be pushed. */
  get isFull(): boolean {
    const { aside, resting } = this.#lane
    return aside - resting >= this.#maxAside || resting >= this.#maxAside
  }

  /** Time of the oldest first failure among the failing messages, on the monotonic clock; undefined if none fails. */
  get failingSince(): number | undefined {
    return this.#lane.failingSince
  }

  /** The last error of the message that has failed for longest; undefined if none fails. */
  get failure(): Error | undefined {
    return this.#lane.failure
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
    if (this.#concurrency === 1) {
      this.#line.push(works)
      this.#running ??= this.#runLine()
      return
    }
    // It rejects if `close()` drops the task.
    void Promise.allSettled([this.#queue.add(() => this.#runQueued(works))]).then(() => this.#makeRoom())
  }

  /** Resolves when a condition on what is pending is met, or at `close()`. */
  when(isMet: () => boolean): Promise<void> {
    return this.#conditions.when(() => this.#stopped || isMet())
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
      this.#line.clear()
      this.#lane.stop()
      this.#conditions.check()
      this.#closing = this.#drain(timeoutMs)
    }
    return this.#closing
  }

  /** One task after another: to be queued by p-queue would be a third of what becomes of a lone message here. */
  async #runLine(): Promise<void> {
    for (let works = this.#line.shift(); works !== undefined; works = this.#line.shift()) await this.#run(works)
    this.#running = undefined
  }

  async #runQueued(works: readonly Work[]): Promise<void> {
    while (this.#tasks.size >= this.#concurrency) await Promise.race(this.#tasks)
    const running = this.#run(works).finally(() => this.#tasks.delete(running))
    this.#tasks.add(running)
    await running
  }

  /** p-queue learns of ends by `queueMicrotask`, which fake timers replace: one more task may run for each that ended. */
  #makeRoom(): void {
    const concurrency = this.#concurrency + this.#queue.pending - this.#tasks.size
    if (this.#queue.concurrency !== concurrency) this.#queue.concurrency = concurrency
  }

  async #run(works: readonly Work[]): Promise<void> {
    await Promise.resolve()
    let now = this.#runtime.monotonic()
    // A task begins without a turn, however long ago the slice ended.
    let turnAt = Infinity
    for (const work of works) {
      const frame = this.#begin(work)
      let unfinished: Unfinished | undefined
      let index = 0
      try {
        for (const message of work.messages) {
          if (now >= turnAt) now = await this.#turn()
          if (this.#stopped) return
          const startedAt = now
          const span = frame.evict(index, startedAt)
          const trace = work.traces?.[index]
          const handling = { message, origin: work.origin, trace, sentAt: work.times?.[index], span, startedAt }
          index++
          const covered = this.#lane.entered
          const running = this.#tries.run(message, work.origin, 1, span)
          const failure = isPending(running) ? await running : running
          now = this.#runtime.monotonic()
          turnAt = this.#sliceEnd
          if (failure === undefined) {
            this.#succeeded(handling, now)
            if (evictsAll(message)) this.#lane.cover(covered)
          } else {
            unfinished ??= new Unfinished(() => this.#finish(work))
            await this.#failed(handling, failure, unfinished)
            now = this.#runtime.monotonic()
          }
        }
      } finally {
        frame.end()
      }
      this.#lineEnds(work, unfinished)
    }
    if (this.#runtime.monotonic() >= this.#sliceEnd) await this.#turn()
  }

  #succeeded(handling: Handling, now: number): void {
    this.#handled(handling, now)
    handling.span?.ended(true, now)
    this.#settled()
  }

  #begin(work: Work): FrameTelemetry {
    this.#timer?.frameBegins()
    return this.#telemetry?.frame(work) ?? unobserved
  }

  /** Resolves when the line may go on. */
  #failed(handling: Handling, failure: Failure | ClosedError, unfinished: Unfinished): Promise<void> | undefined {
    unfinished.left += 1
    if (failure instanceof ClosedError) {
      handling.span?.ended(false, this.#runtime.monotonic())
      return undefined
    }
    const ended: HandlingListener['ended'] = (outcome, now) => {
      if (outcome === 'cut-short') return
      if (outcome === 'handled') this.#handled(handling, now)
      this.#settled()
      unfinished.ended()
    }
    return this.#lane.take(handling, failure, { ended })
  }

  /** The message of a resync for dead letters bypasses the queue: messages that it covers may hold that up. */
  #resync(work: Work | undefined): Handed | undefined {
    const message = work?.messages[0]
    if (!work || !message) return undefined
    const startedAt = this.#runtime.monotonic()
    const frame = this.#begin(work)
    const span = frame.evict(0, startedAt)
    frame.end()
    const handling: Handling = { message, origin: work.origin, span, startedAt }
    const ended: HandlingListener['ended'] = (outcome, now) => {
      if (outcome === 'handled') this.#handled(handling, now)
    }
    return { handling, listener: { ended } }
  }

  #handled(handling: Handling, now: number): void {
    this.#counters.handledByAction[handling.message.action] += 1
    this.#timer?.handled(handling, now)
  }

  /** A message was handled or given up. */
  #settled(): void {
    this.#pending--
    this.#conditions.check()
  }

  /** All its messages have had their turn; failed ones may have to end first. */
  #lineEnds(work: Work, unfinished: Unfinished | undefined): void {
    if (unfinished) unfinished.ended()
    else this.#finish(work)
  }

  #finish(work: Work): void {
    this.#pendingBytes -= work.bytes ?? 0
    this.#conditions.check()
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

  async #drain(timeoutMs: number): Promise<boolean> {
    const ended = Promise.all([this.#running, ...this.#tasks]).then(() => this.#lane.ended())
    const inTime = await resolvesWithin(this.#runtime, timeoutMs, ended)
    if (inTime) this.#tries.release()
    else {
      this.#lane.abandon()
      const text = `The subscription was closed while this handler ran, and it did not end within ${timeoutMs} ms`
      this.#tries.abandon(new ClosedError(text))
    }
    return inTime
  }
}
