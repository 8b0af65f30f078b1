import { formatCursor, formatPosition, type Position } from '../log/model/position.js'
import type { ResyncReason } from '../log/model/resync-reason.js'
import type { InvalidationMessage } from '../message/message.js'
import { streamIdTime } from '../message/stream-id.js'
import { TypedEmitter } from '../support/events.js'
import { SubscriptionCounters, type SubscriptionCounts } from '../telemetry/counters.js'
import { HandlerTimer, StatsCollector } from '../telemetry/stats-collector.js'
import type { RecoverySpan, SubscriptionGauges, SubscriptionTelemetry } from '../telemetry/telemetry.js'
import type { Effect, Handed, HandOver, LogFrame } from './follow/effect.js'
import { Following } from './follow/following.js'
import { GarbageReport } from './follow/garbage-report.js'
import type { Load } from './follow/intake.js'
import { LogDeletion } from './follow/log-deletion.js'
import { Recovery } from './follow/recovery.js'
import type { StrayAsker } from './follow/strays.js'
import { GivenUpMessages } from './given-up-messages.js'
import { CursorCommitter } from './handling/cursor-committer.js'
import { type CursorStore, openCursor } from './handling/cursor.js'
import type { InvalidationHandler, Work } from './handling/delivery.js'
import { Dispatcher } from './handling/dispatcher.js'
import { provenCursor } from './handling/proven-cursor.js'
import type { ResolvedSubscriptionOptions } from './options.js'
import { PositionWaits } from './position-waits.js'
import type { Delay } from './progress/delay.js'
import { type Freshness, judgeHealth, type SubscriptionHealth, type SubscriptionState } from './progress/health.js'
import type { Look } from './progress/look.js'
import { Waiters, type WaitOptions } from './progress/waiters.js'
import type { SubscriptionContext } from './subscription-context.js'
import type { SubscriptionEvents } from './subscription-events.js'

/** A handler following the log. Made by `InvalidationSubscriber.subscribe`. */
export class Subscription extends TypedEmitter<SubscriptionEvents> {
  /** Which copy of the cache this is; empty if it was not named. */
  readonly name: string
  readonly strictFailover: boolean
  readonly #onForeignGap: 'notify' | 'resync'
  /** Counts what was handled, and how long it took: the collector of the subscriber's options, or one of its own. */
  readonly stats: StatsCollector
  readonly #context: SubscriptionContext
  readonly #telemetry: SubscriptionTelemetry | undefined
  readonly #begunAt: number
  readonly #counters = new SubscriptionCounters()
  readonly #waiters: Waiters
  readonly #waits: PositionWaits
  readonly #givenUp: GivenUpMessages
  /** Undefined if nothing that is saved would outlive the process. */
  readonly #committer: CursorCommitter | undefined
  readonly #dispatcher: Dispatcher
  readonly #following: Following
  readonly #deletion: LogDeletion
  readonly #garbage: GarbageReport
  readonly #recovery: Recovery
  #lastError: { readonly error: Error; readonly at: number } | undefined
  /** Whether the server was a replica at the last look. */
  #onReplica = false
  #closing: Promise<void> | undefined

  /** @internal */
  constructor(handler: InvalidationHandler, options: ResolvedSubscriptionOptions, context: SubscriptionContext) {
    super(context.logger)
    const { runtime, log } = context
    const limits = { messages: options.maxBuffered, bytes: options.maxBufferedBytes }
    this.name = options.name
    this.strictFailover = options.strictFailover
    this.#onForeignGap = options.onForeignGap
    this.#context = context
    this.#begunAt = context.clock.now()
    this.stats = context.stats ?? new StatsCollector({ runtime })
    const cursor = openCursor(options, context.channel, log)
    // From now on nothing is refused any more: what is measured here must come to be, and be closed.
    this.stats.subscriptions.add(this.#counters)
    this.#telemetry = context.createTelemetry({ ...options, counters: this.#counters, gauges: () => this.#gauges() })
    this.#committer = cursor.durable ? this.#createCommitter(provenCursor(cursor, log), options) : undefined
    this.#givenUp = this.#createGivenUp(options)
    this.#dispatcher = this.#createDispatcher(handler, options)
    const intake = { limits, queue: this.#dispatcher, counters: this.#counters }
    this.#following = new Following(intake, options.strictFailover)
    this.#deletion = new LogDeletion(context.channel)
    this.#garbage = new GarbageReport(runtime, this.#onError)
    this.#recovery = this.#createRecovery(options, cursor, limits)
    this.#waiters = new Waiters(runtime, (startedAt) => this.#delaySince(startedAt))
    const isClosed = (): boolean => this.#closing !== undefined
    const [following, waiters] = [this.#following, this.#waiters]
    this.#waits = new PositionWaits({ ...context, following, waiters, isClosed, emitter: this })
  }

  get state(): SubscriptionState {
    return this.#following.state
  }

  /** The position, as text, up to which everything has been handled: what a cursor saves. Opaque. */
  get position(): string | undefined {
    const position = this.#following.progress.position
    return position && formatPosition(position)
  }

  /** What was done so far; a copy. */
  get counts(): SubscriptionCounts {
    return this.#counters.copy()
  }

  /** How fresh the cache is known to be. */
  freshness(): Freshness {
    const oldest = this.#following.progress.oldestUnhandled
    const { proof } = this.#following.progress.handled
    const { failingSince } = this.#dispatcher
    return {
      state: this.state,
      position: this.position,
      lagMs: oldest === undefined ? 0 : Math.max(0, this.#context.runtime.now() - streamIdTime(oldest.streamId)),
      behind: this.#dispatcher.pending + this.#following.buffered,
      retrying: this.#dispatcher.retrying,
      failingMs: failingSince === undefined ? 0 : this.#context.runtime.monotonic() - failingSince,
      verifiedAt: proof && this.#context.clock.toMonotonic(proof.completeAt),
    }
  }

  /** How the subscription is; cheap enough for a readiness probe. */
  health(): SubscriptionHealth {
    const { runtime, heartbeatMs, readReplica } = this.#context
    return judgeHealth({
      freshness: this.freshness(),
      doubts: {
        deadLetters: this.#givenUp.letters.hasOutstanding,
        replica: this.#onReplica && !readReplica,
        failover: this.#following.progress.trust.isDoubtful,
        logDeleted: this.#deletion.isFound,
      },
      now: runtime.monotonic(),
      heartbeatMs,
      readReplica,
    })
  }

  /**
   * Resolves when everything appended before the call has been handled: from then on the cache can be filled and
   * served. Rejects with `WaitTimeoutError`, the signal's reason, or `ClosedError`.
   */
  caughtUp(options: WaitOptions = {}): Promise<void> {
    return this.#waits.caughtUp(options)
  }

  /**
   * Resolves when the entry of a receipt's position, or a resync that covers it, has been handled here, even while the
   * handler fails on an earlier entry. If you pass a receipt along with a request, this gives read-your-writes across
   * services.
   *
   * Rejects with `InvalidMessageError` if `position` is not a position, `WaitTimeoutError`, the signal's reason, or
   * `ClosedError`.
   */
  waitFor(position: string, options: WaitOptions = {}): Promise<void> {
    return this.#waits.waitFor(position, options)
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
  linkUp(replicationId: string | undefined): void {
    this.#perform(this.#following.linkUp(replicationId))
    this.#givenUp.linkUp()
  }

  /** @internal */
  linkDown(): void {
    this.#deletion.linkLost()
    this.#perform(this.#following.linkDown())
  }

  /** A frame of the log arrived on the live channel. @internal */
  arrive(frame: LogFrame): void {
    this.#perform(this.#following.frame(frame))
  }

  /** Messages arrived that are not in the log. @internal */
  arriveForeign(frame: Handed): void {
    this.#perform(this.#following.foreignFrame(frame))
  }

  /**
   * The Pub/Sub connection is back; `heard` says whether services without the log publish to the channel. Returns
   * whether certainly none of their messages was missed. @internal
   */
  foreignGap(awayMs: number, heard: boolean): boolean {
    const resync = this.#onForeignGap === 'resync'
    if (!heard && !resync) return true
    this.#counters.foreignGaps += 1
    this.emit('foreignGap', { awayMs, resync })
    if (resync) this.resync('foreign-gap')
    return resync
  }

  /** Evicts everything, whatever the log says. @internal */
  resync(reason: ResyncReason): void {
    this.#perform(this.#following.resync(reason))
  }

  /** So many parts of what arrived were not messages. @internal */
  countInvalid(count: number): void {
    this.#counters.invalid += count
  }

  /** Whether entries that a failover lost may be missing here until their publishers have checked. @internal */
  get isDoubtful(): boolean {
    return !this.strictFailover && this.#following.progress.trust.isDoubtful
  }

  /** A frame of a log in another database arrived, and was dropped. @internal */
  countOtherLog(): void {
    this.#counters.otherLog += 1
  }

  /** A look at the server has ended. @internal */
  looked(look: Look): void {
    this.#onReplica = look.replication.role === 'replica'
    this.#perform(this.#following.looked(look))
    if (look.isBeat) void this.#givenUp.letters.check()
    if (!this.#deletion.isSuspected || look.head === undefined) return
    if (this.#following.isHandled(look.head, this.#following.progress.handled)) this.#deletion.seen(look.number)
  }

  readonly #perform = (effects: readonly Effect[]): void => {
    for (const effect of effects) {
      switch (effect.type) {
        case 'hand-over':
          this.#handOver([effect])
          break
        case 'state':
          this.emit('state', effect.state, effect.previous)
          if (effect.state === 'live') this.#lookIfUnverified()
          break
        case 'read':
          void this.#recovery.run()
          break
        case 'replace-feed':
          this.#context.replaceFeed()
          break
        case 'advanced':
          this.#advanced(effect.position, effect.newHistory)
          break
        case 'verified':
          this.#waiters.advanced(this.#following.progress.handled)
          break
        case 'entry-handled':
          this.#waiters.entryHandled(effect.position)
          break
        case 'gap-closed':
          this.#context.gapClosed()
          break
        case 'look-up': {
          const comes = this.#context.askAboutStray(effect.position, this.#strayAsker)
          this.#perform(this.#following.strays.asked(effect.position, comes))
          break
        }
        case 'garbage':
          this.#garbage.add(effect.rejected)
          break
      }
    }
  }

  /** Recoveries can follow each other closely: not each needs a look at the server. */
  #lookIfUnverified(): void {
    const { clock, looks, heartbeatMs } = this.#context
    if (!clock.isRecent(this.#following.progress.handled.proof?.completeAt, heartbeatMs)) looks.look()
  }

  readonly #strayAsker: StrayAsker = {
    awaits: (position) => this.#following.strays.awaits(position),
    answer: (position, presence) => this.#perform(this.#following.strays.answered(position, presence)),
  }

  #handOver(handOvers: readonly HandOver[], recovery?: RecoverySpan): void {
    this.#dispatcher.push(
      handOvers.map(({ frame, origin, ticket }): Work => {
        const { messages, traces, times, bytes } = frame
        const pattern = messages.some(isPattern) ? this.#deletion.patternIn(messages) : undefined
        const handled = (): void => {
          if (pattern !== undefined) this.#deletion.handled(pattern, this.#context.looks.begun)
          this.#perform(this.#following.handled(ticket))
        }
        return { messages, traces, times, bytes, origin, recovery, handled }
      }),
    )
  }

  #advanced(position: Position | undefined, newHistory: boolean): void {
    const { id } = this.#following.progress.trust
    if (this.#committer && position) this.#committer.commit(formatCursor(position, id), newHistory)
    this.#waiters.advanced(this.#following.progress.handled)
    // An entry that was taken long ago is only remembered by its waiter.
    if (position) this.#waiters.entryHandled(position)
  }

  #createCommitter(
    store: CursorStore,
    { name, commitIntervalMs: intervalMs }: ResolvedSubscriptionOptions,
  ): CursorCommitter {
    return new CursorCommitter({ store, name, intervalMs, runtime: this.#context.runtime, onError: this.#onError })
  }

  #createGivenUp(options: ResolvedSubscriptionOptions): GivenUpMessages {
    return new GivenUpMessages({
      ...this.#context,
      ...options,
      cap: options.deadLetterCap,
      counters: this.#counters,
      telemetry: this.#telemetry,
      position: () => this.position,
      onStored: (letter) => this.emit('deadLetter', letter),
      onResynced: (event) => this.emit('resync', event),
      onEvicted: () => this.#deletion.handled('*', this.#context.looks.begun),
      onError: this.#onError,
    })
  }

  #createDispatcher(handler: InvalidationHandler, options: ResolvedSubscriptionOptions): Dispatcher {
    return new Dispatcher({
      ...this.#context,
      ...options,
      handler,
      reportAfterMs: this.#context.heartbeatMs,
      onError: this.#onError,
      counters: this.#counters,
      telemetry: this.#telemetry,
      timer: new HandlerTimer(this.stats, this.#context.runtime),
      onGivenUp: (givenUp) => this.#givenUp.add(givenUp),
      onCovered: (place) => this.#givenUp.letters.covered(place),
      resync: () => this.#givenUp.resync(),
    })
  }

  #createRecovery(options: ResolvedSubscriptionOptions, cursor: CursorStore, limits: Load): Recovery {
    return new Recovery(
      {
        ...this.#context,
        cursor,
        options,
        following: this.#following,
        garbage: this.#garbage,
        deletion: this.#deletion,
        waiterMark: () => this.#waiters.mark,
        perform: this.#perform,
        handOver: (handOvers, span) => this.#handOver(handOvers, span),
        room: (more) => this.#dispatcher.when(() => this.#following.hasRoom(more)),
        isStopped: () => this.#closing !== undefined,
        startSpan: (reason) => (reason === undefined ? this.#telemetry?.replay() : this.#telemetry?.resync(reason)),
        emitReplay: (event) => this.emit('replay', event),
        emitResync: (event) => this.emit('resync', event),
        onError: this.#onError,
      },
      limits,
    )
  }

  #delaySince(startedAt: number): Delay {
    const { error, at = -Infinity } = this.#lastError ?? {}
    const linkError = this.#context.linkError()
    return { health: this.health(), linkError, ownError: at >= startedAt ? error : this.#dispatcher.failure }
  }

  readonly #onError = (error: Error): void => {
    this.#lastError = { error, at: this.#context.runtime.monotonic() }
    this.#counters.errors += 1
    this.emit('error', error)
  }

  #gauges(): SubscriptionGauges {
    const { runtime, clock } = this.#context
    const { lagMs, behind, retrying, verifiedAt } = this.freshness()
    const unverifiedMs = runtime.monotonic() - (verifiedAt ?? clock.toMonotonic(this.#begunAt))
    return { lagMs, behind, retrying, unverifiedMs }
  }

  async #close(): Promise<void> {
    this.#perform(this.#following.close())
    this.#recovery.close()
    await this.#dispatcher.close(this.#context.closeTimeoutMs)
    await this.#givenUp.letters.close()
    await this.#committer?.close()
    this.#waiters.close()
    this.#telemetry?.close()
    this.stats.subscriptions.remove(this.#counters)
    this.#context.onClosed()
  }
}

function isPattern({ action }: InvalidationMessage): boolean {
  return action === 'pattern'
}
