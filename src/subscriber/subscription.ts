import type { CursorTable, DeadLetter, DeadLetterStore, Log } from '../log/log.js'
import { formatPosition, parsePosition, type Position } from '../log/model/position.js'
import type { ResyncReason } from '../log/model/resync-reason.js'
import type { InvalidationMessage } from '../message/message.js'
import { streamIdTime } from '../message/stream-id.js'
import type { TraceContext } from '../message/trace-context.js'
import { encodeWithTrace } from '../message/wire/encode.js'
import { ClosedError, ConfigurationError, type InvalidationError } from '../support/errors.js'
import { type ErrorEvents, type Logger, TypedEmitter } from '../support/events.js'
import type { Runtime } from '../support/runtime.js'
import { SubscriptionCounters, type SubscriptionCounts } from '../telemetry/counters.js'
import { HandlerTimer, StatsCollector } from '../telemetry/stats-collector.js'
import type { MeasuredSubscription, SubscriptionGauges, SubscriptionTelemetry } from '../telemetry/telemetry.js'
import { ArrivalBuffer, type LogFrame } from './follow/arrival-buffer.js'
import { Follower } from './follow/follower.js'
import { FrameReader, GarbageReport } from './follow/frame-reader.js'
import { type Handed, Intake } from './follow/intake.js'
import { isBehind } from './follow/log-reader.js'
import type { InTurn } from './follow/page-gate.js'
import { Recovery, type ReplayEvent, type ResyncEvent } from './follow/recovery.js'
import { CursorCommitter } from './handling/cursor-committer.js'
import { type CursorStore, openCursor } from './handling/cursor.js'
import { DeadLetterBox } from './handling/dead-letter-box.js'
import type { InvalidationHandler } from './handling/delivery.js'
import { Dispatcher } from './handling/dispatcher.js'
import type { ResolvedSubscriptionOptions } from './options.js'
import { type Freshness, judgeHealth, type SubscriptionHealth, type SubscriptionState } from './progress/health.js'
import { Progress } from './progress/progress.js'
import { type HandledState, Waiters, type WaitOptions } from './progress/waiters.js'

/** What a subscription tells. */
export interface SubscriptionEvents extends ErrorEvents {
  /** The state changed. */
  state: [state: SubscriptionState, previous: SubscriptionState]
  /** Missed entries were read from the log and handed to the handler's queue. */
  replay: [event: ReplayEvent]
  /** Continuity could not be proved; everything is evicted. */
  resync: [event: ResyncEvent]
  /** The handler failed for good on a message, which is now in the dead-letter stream. */
  deadLetter: [letter: DeadLetter]
}

/** What a subscription is given by its subscriber. @internal */
export interface SubscriptionContext {
  readonly channel: string
  readonly log: Log & CursorTable & DeadLetterStore
  readonly runtime: Runtime
  readonly logger: Logger | undefined
  readonly cap: number
  readonly closeTimeoutMs: number
  readonly heartbeatMs: number
  /** Undefined where each subscription is to have its own. */
  readonly stats: StatsCollector | undefined
  /** Begins to measure; undefined if the application has no OpenTelemetry. */
  createTelemetry(measured: MeasuredSubscription): SubscriptionTelemetry | undefined
  nextAppendId(): string
  /** Reads a page of the log when it is this subscription's turn. */
  inTurn: InTurn
  replaceFeed(): void
  onClosed(subscription: Subscription): void
}

/** A handler following the log. Made by `InvalidationSubscriber.subscribe`. */
export class Subscription extends TypedEmitter<SubscriptionEvents> {
  /** Which copy of the cache this is; empty where it was not named. */
  readonly name: string
  readonly strictFailover: boolean
  /** What was handled, and how long it took: the collector of the subscriber's options, or one of its own. */
  readonly stats: StatsCollector
  readonly #context: SubscriptionContext
  readonly #telemetry: SubscriptionTelemetry | undefined
  readonly #begunAt: number
  readonly #counters = new SubscriptionCounters()
  readonly #waiters: Waiters
  readonly #progress: Progress
  readonly #dispatcher: Dispatcher
  readonly #deadLetters: DeadLetterBox
  /** Undefined where nothing that is saved would outlive the process. */
  readonly #committer: CursorCommitter | undefined
  readonly #buffer = new ArrivalBuffer()
  readonly #intake: Intake
  readonly #follower: Follower
  #closing: Promise<void> | undefined

  /** @internal */
  constructor(handler: InvalidationHandler, options: ResolvedSubscriptionOptions, context: SubscriptionContext) {
    super(context.logger)
    const { runtime, log } = context
    const { concurrency, handlerTimeoutMs, retry } = options
    const onError = (error: Error): void => {
      this.#counters.errors += 1
      this.emit('error', error)
    }
    this.name = options.name
    this.strictFailover = options.strictFailover
    this.#context = context
    this.#begunAt = runtime.monotonic()
    this.stats = context.stats ?? new StatsCollector({ runtime })
    this.#waiters = new Waiters(runtime)
    const cursor = openCursor(options.cursor, context.channel, log)
    if (cursor.durable && options.name === '') {
      throw new ConfigurationError('Expected `name` with a durable cursor: it says whose position is saved')
    }
    // From now on nothing is refused any more: what is measured here must come to be, and be closed.
    this.stats.subscriptions.add(this.#counters)
    const { name } = options
    this.#telemetry = context.createTelemetry({ name, counters: this.#counters, gauges: () => this.#gauges() })
    if (cursor.durable) {
      this.#committer = new CursorCommitter({
        store: cursor,
        name: options.name,
        intervalMs: options.commitIntervalMs,
        runtime,
        onError,
      })
    }
    this.#progress = new Progress({
      onHandled: (position, newHistory) => {
        this.#advanced(position, newHistory)
      },
      onVerified: () => {
        this.#waiters.advanced(this.#progress.handled)
      },
    })
    this.#deadLetters = new DeadLetterBox({
      store: (letter) => log.addDeadLetter(letter, options.deadLetterCap),
      onStored: (letter) => {
        this.emit('deadLetter', letter)
      },
      onError,
    })
    this.#dispatcher = new Dispatcher({
      handler,
      concurrency,
      retry,
      handlerTimeoutMs,
      runtime,
      onError,
      counters: this.#counters,
      telemetry: this.#telemetry,
      timer: new HandlerTimer(this.stats, runtime),
      onGivenUp: (message, _origin, error, tries, trace) => this.#giveUp(message, error, tries, trace),
    })
    const shared = {
      progress: this.#progress,
      buffer: this.#buffer,
      counters: this.#counters,
      runtime,
      limits: { messages: options.maxBuffered, bytes: options.maxBufferedBytes },
      onError,
    }
    this.#intake = new Intake({
      ...shared,
      queue: this.#dispatcher,
      frames: new FrameReader(new GarbageReport(runtime, onError)),
      onOrphanHandled: (appendId) => {
        this.#waiters.orphanHandled(appendId)
      },
    })
    const recovery = this.#createRecovery(options, cursor, onError)
    this.#follower = new Follower(
      {
        ...shared,
        intake: this.#intake,
        recovery,
        onState: (state, previous) => {
          this.emit('state', state, previous)
        },
        onGap: () => {
          this.#counters.gaps += 1
        },
        replaceFeed: () => {
          context.replaceFeed()
        },
      },
      this.#buffer,
    )
  }

  get state(): SubscriptionState {
    return this.#follower.state
  }

  /** The position, as text, up to which everything has been handled: what a cursor saves. Opaque. */
  get position(): string | undefined {
    const position = this.#progress.handledPosition
    return position && formatPosition(position)
  }

  /** What was done so far; a copy. */
  get counts(): SubscriptionCounts {
    return this.#counters.copy()
  }

  /** How fresh the cache is known to be. */
  freshness(): Freshness {
    const position = this.#progress.handledPosition
    const oldest = this.#progress.oldestUnhandled
    return {
      state: this.state,
      position: position && formatPosition(position),
      lagMs: oldest === undefined ? 0 : Math.max(0, this.#context.runtime.now() - streamIdTime(oldest.streamId)),
      behind: this.#dispatcher.pending + this.#buffer.messages,
      verifiedAt: this.#progress.handled.verifiedAt,
    }
  }

  /** How the subscription is; cheap enough for a readiness probe. */
  health(): SubscriptionHealth {
    const { runtime, heartbeatMs } = this.#context
    return judgeHealth(this.freshness(), runtime.monotonic(), heartbeatMs)
  }

  /**
   * Resolves when everything appended before the call has been handled: from then on the cache can be filled and
   * served. Rejects with `WaitTimeoutError`, the signal's reason, or `ClosedError`.
   */
  async caughtUp(options: WaitOptions = {}): Promise<void> {
    this.#checkOpen()
    const calledAt = this.#context.runtime.monotonic()
    let isReached: (handled: HandledState) => boolean = () => false
    const wait = this.#waiters.wait(
      'the end of the log',
      options,
      (handled) => (handled.verifiedAt ?? calledAt) > calledAt || isReached(handled),
    )
    const readHead = (): void => {
      void this.#context.log.head().then(
        (head) => {
          isReached = (handled) => this.#progress.isHandled(head, handled)
          this.#waiters.advanced(this.#progress.handled)
        },
        // Read again when the subscription goes live; heartbeats and recoveries read the head too.
        () => undefined,
      )
    }
    // A first start may be what puts a head into an empty log.
    const readWhenLive = (state: SubscriptionState): void => {
      if (state === 'live') readHead()
    }
    this.on('state', readWhenLive)
    readHead()
    try {
      await wait.promise
    } finally {
      this.off('state', readWhenLive)
    }
  }

  /**
   * Resolves when the entry of a receipt's position has been handled here, or a resync that covers it. A receipt
   * passed along with a request so gives read-your-writes across services.
   *
   * Rejects with `InvalidMessageError` for what is no position, `WaitTimeoutError`, the signal's reason, or
   * `ClosedError`.
   */
  async waitFor(position: string, options: WaitOptions = {}): Promise<void> {
    this.#checkOpen()
    const target = parsePosition(position)
    const isReached = (handled: HandledState): boolean => this.#progress.isHandled(target.appendId, handled)
    const wait = this.#waiters.wait(`position ${position}`, options, isReached, target.appendId)
    this.#waiters.advanced(this.#progress.handled)
    void isBehind(target, this.#progress.handledPosition, this.#context.log).then(
      (behind) => {
        if (behind) wait.done()
      },
      // The log could not be asked: the entry, a resync or the time limit ends the waiting.
      () => undefined,
    )
    await wait.promise
  }

  /**
   * Takes nothing more in, waits for running handlers (at most `closeTimeoutMs`), saves the cursor and lets go.
   * Idempotent; never rejects.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** @internal */
  linkUp(): void {
    this.#follower.linkUp()
    void this.#deadLetters.retry()
  }

  /** @internal */
  linkDown(): void {
    this.#follower.linkDown()
  }

  /** A frame of the log arrived on the live channel. @internal */
  arrive(frame: LogFrame): void {
    this.#follower.arrive(frame)
  }

  /** Messages arrived that are not in the log. @internal */
  arriveForeign(frame: Handed): void {
    this.#follower.arriveForeign(() => this.#intake.takeForeign(frame))
  }

  /** So much of what arrived was no message. @internal */
  countInvalid(count: number): void {
    this.#counters.invalid += count
  }

  /** A heartbeat has read the head of the log. @internal */
  beat(head: string | undefined, sentAt: number): void {
    this.#follower.beat(head, sentAt)
  }

  /** Evicts everything, whatever the log says. @internal */
  resync(reason: ResyncReason): void {
    this.#follower.resync(reason)
  }

  #createRecovery(
    options: ResolvedSubscriptionOptions,
    cursor: CursorStore,
    onError: (error: Error) => void,
  ): Recovery {
    const { log, runtime, cap, inTurn } = this.#context
    const { name, startAt, pageSize, onResync } = options
    return new Recovery({
      log,
      runtime,
      cap,
      inTurn,
      cursor,
      name,
      startAt,
      pageSize,
      onResync,
      onError,
      progress: this.#progress,
      buffer: this.#buffer,
      intake: this.#intake,
      counters: this.#counters,
      nextAppendId: () => this.#context.nextAppendId(),
      waiterMark: () => this.#waiters.mark,
      roomToResync: () => this.#intake.whenRoom(),
      isStopped: () => this.#closing !== undefined,
      startSpan: (reason) => (reason === undefined ? this.#telemetry?.replay() : this.#telemetry?.resync(reason)),
      emitReplay: (event) => {
        this.emit('replay', event)
      },
      emitResync: (event) => {
        this.emit('resync', event)
      },
    })
  }

  #gauges(): SubscriptionGauges {
    const { lagMs, behind, verifiedAt } = this.freshness()
    const unverifiedMs = this.#context.runtime.monotonic() - (verifiedAt ?? this.#begunAt)
    return { lagMs, behind, unverifiedMs }
  }

  #advanced(position: Position | undefined, newHistory: boolean): void {
    if (this.#committer && position) this.#committer.commit(formatPosition(position), newHistory)
    this.#waiters.advanced(this.#progress.handled)
  }

  #checkOpen(): void {
    if (this.#closing) throw new ClosedError('The subscription is closed: what it would wait for never comes')
  }

  async #giveUp(
    message: InvalidationMessage,
    error: InvalidationError,
    tries: number,
    trace: TraceContext | undefined,
  ): Promise<void> {
    this.#counters.errors += 1
    this.emit('error', error)
    await this.#deadLetters.add({
      message: encodeWithTrace(message, trace),
      error: `${error.name}: ${error.message}`,
      tries,
      subscriber: this.name,
    })
  }

  async #close(): Promise<void> {
    this.#follower.close()
    await this.#dispatcher.close(this.#context.closeTimeoutMs)
    await this.#deadLetters.close()
    await this.#committer?.close()
    this.#waiters.close()
    this.#telemetry?.close()
    this.stats.subscriptions.remove(this.#counters)
    this.#context.onClosed(this)
  }
}
