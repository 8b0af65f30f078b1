import type { InvalidationLog } from '../log/log.js'
import { blindness, replicaError } from '../log/model/blindness.js'
import { appendIds } from '../log/model/position.js'
import { openLog, type RedisSource } from '../log/open-log.js'
import { decodeFrame } from '../message/wire/decode-frame.js'
import { type DecodedFrame, decodeMessage } from '../message/wire/decode.js'
import { atEndOfTurn, outsideOfContexts } from '../support/async-context.js'
import { describeValue } from '../support/describe-value.js'
import { ElapsedClock } from '../support/elapsed-clock.js'
import { ClosedError, ConfigurationError } from '../support/errors.js'
import { type ErrorEvents, TypedEmitter } from '../support/events.js'
import { MadeByConnect, optionsOf } from '../support/made-by-connect.js'
import { resolveOptions } from '../support/option-rules.js'
import { Outage } from '../support/outage.js'
import { preciseClock } from '../support/precise-clock.js'
import type { Runtime } from '../support/runtime.js'
import { sharedTurns } from '../support/turns.js'
import { loadOpenTelemetry, type OpenTelemetry } from '../telemetry/open-telemetry.js'
import { OpenTelemetrySubscription } from '../telemetry/subscription-telemetry.js'
import type { MeasuredSubscription, SubscriptionTelemetry } from '../telemetry/telemetry.js'
import { Announcer } from './announcer.js'
import type { LogFrame } from './follow/effect.js'
import { GarbageReport } from './follow/garbage-report.js'
import { OtherLogs } from './follow/other-logs.js'
import { StrayLookups } from './follow/strays.js'
import { ForeignWatch } from './foreign-watch.js'
import { DeadLetters } from './handling/dead-letters.js'
import type { InvalidationHandler } from './handling/delivery.js'
import { DeafReport, Link, type LinkListener } from './link.js'
import {
  type ResolvedSubscriberOptions,
  type SubscriberOptions,
  subscriberRules,
  type SubscriptionOptions,
  subscriptionRules,
} from './options.js'
import type { Look } from './progress/look.js'
import { Subscription } from './subscription.js'

/** Events of a subscriber. */
export interface SubscriberEvents extends ErrorEvents {
  /** The link is up: both connections, and SUBSCRIBE has been acknowledged. */
  connected: []
  /** The link is down; it comes back by itself. */
  disconnected: [error: Error]
}

/**
 * The link to the log, shared by its subscriptions: one Pub/Sub connection, one command connection, a heartbeat.
 *
 * ```ts
 * const subscriber = await InvalidationSubscriber.connect('redis://localhost:6379')
 * const subscription = subscriber.subscribe((message) => evict(message))
 * await subscription.caughtUp()
 * ```
 */
export class InvalidationSubscriber extends TypedEmitter<SubscriberEvents> {
  /** Messages that handlers gave up on: to list, hand out again, or forget. */
  readonly deadLetters: DeadLetters
  readonly #subscriptions = new Set<Subscription>()
  readonly #log: InvalidationLog
  readonly #link: Link
  readonly #options: ResolvedSubscriberOptions
  /** Undefined where the application has none. */
  readonly #openTelemetry: OpenTelemetry | undefined
  readonly #runtime: Runtime
  /** Undefined where subscriptions are not to make themselves known. */
  readonly #announcer: Announcer | undefined
  readonly #nextAppendId: () => string
  readonly #garbage: GarbageReport
  readonly #foreign: ForeignWatch
  readonly #deafness: DeafReport
  readonly #strayLookups: StrayLookups
  readonly #otherLogs: OtherLogs
  /** Never ends: blindness is reported once. */
  readonly #blindness: Outage
  readonly #clock: ElapsedClock
  readonly #onReplica: Outage
  /** The replication id as it was last read. Undefined until it was read over this link. */
  #history: { readonly id: string | undefined } | undefined
  #wasUp = false
  /** The last failure of the link; undefined once it is up and answers. */
  #linkError: Error | undefined
  #closing: Promise<void> | undefined

  /**
   * Opens the link. Resolves even while Redis is down: subscriptions are then `disconnected` until it is back.
   *
   * @param redis URL, ioredis client (its configuration is copied, the client itself stays untouched), ioredis
   *   options, or an `InvalidationLog`
   * @throws ConfigurationError for bad options; RedisError (kind `refused`) for refused credentials;
   *   UnsupportedServerError for a server that lacks what is needed
   */
  static async connect(redis: RedisSource, options: SubscriberOptions = {}): Promise<InvalidationSubscriber> {
    const resolved = resolveOptions(subscriberRules, options, 'InvalidationSubscriber.connect')
    const log = openLog(redis, { ...resolved, owner: { role: 'subscriber', service: resolved.service } })
    const openTelemetry = await outsideOfContexts(loadOpenTelemetry)
    const made = new MadeByConnect(resolved)
    const subscriber = outsideOfContexts(() => new InvalidationSubscriber(log, made, openTelemetry))
    try {
      await subscriber.#link.opened()
    } catch (error) {
      await subscriber.close()
      throw error
    }
    return subscriber
  }

  /** @throws ConfigurationError unless {@link connect} calls it */
  private constructor(log: InvalidationLog, made: MadeByConnect<ResolvedSubscriberOptions>, tracing?: OpenTelemetry) {
    const options = optionsOf(made, 'InvalidationSubscriber.connect(redis)')
    super(options.logger)
    const { runtime } = options
    this.#log = log
    this.#options = options
    this.#openTelemetry = tracing
    this.#runtime = runtime
    this.#nextAppendId = appendIds(runtime)
    this.#deafness = new DeafReport(log.channel, this.#onError)
    this.#blindness = new Outage(this.#onError)
    this.#onReplica = new Outage(this.#onError)
    this.#clock = new ElapsedClock(runtime)
    this.#garbage = new GarbageReport(runtime, this.#onError)
    this.#foreign = new ForeignWatch(runtime, {
      channel: log.channel,
      subscriptions: this.#subscriptions,
      onLoss: (text) => this.warn(text),
    })
    this.#link = new Link(log, { ...options, clock: this.#clock }, this.#linkListener())
    const { commands } = this.#link
    const shared = { channel: log.channel, runtime, onError: this.#onError }
    this.#strayLookups = new StrayLookups({ ...shared, log: commands })
    const { database } = log
    this.#otherLogs = new OtherLogs({ ...shared, database, lookups: this.#strayLookups, onDropped: this.#onDropped })
    const { announce, service, heartbeatMs, retention } = options
    if (announce) this.#announcer = new Announcer({ ...shared, registry: commands, service, heartbeatMs, retention })
    this.deadLetters = new DeadLetters({
      store: commands,
      checkOpen: () => this.#checkOpen(),
      republish: (message) => this.#republish(message),
    })
  }

  /** The Pub/Sub channel. */
  get channel(): string {
    return this.#log.channel
  }

  /** Whether the link is up. */
  get connected(): boolean {
    return this.#link.up
  }

  /**
   * Runs a handler with every invalidation from now on (or from its cursor on): at least once each, or with a resync
   * that covers it. Await `caughtUp()` of the subscription before filling the cache. The handler
   * runs outside of every async context.
   *
   * @throws ConfigurationError for bad options, or a durable cursor without a name; ClosedError after `close()`
   */
  subscribe(handler: InvalidationHandler, options: SubscriptionOptions = {}): Subscription {
    this.#checkOpen()
    if (typeof handler !== 'function') {
      throw new ConfigurationError(`Expected the handler to be a function, got \`${typeof handler}\``)
    }
    const { runtime, service, retention, closeTimeoutMs, heartbeatMs, readReplica, logger, stats } = this.#options
    const { replayConcurrency } = this.#options
    const link = this.#link
    const pages = sharedTurns(runtime, `pages of ${this.#log.origin ?? ''}`)
    const subscription = new Subscription(handler, resolveOptions(subscriptionRules, options, 'subscribe'), {
      channel: this.channel,
      service,
      log: link.commands,
      runtime,
      clock: this.#clock,
      looks: {
        get begun() {
          return link.looks
        },
        look: () => link.look(),
      },
      logger,
      retention,
      closeTimeoutMs,
      heartbeatMs,
      readReplica,
      stats,
      createTelemetry: (measured) => this.#createTelemetry(measured),
      linkError: () => this.#linkError,
      nextAppendId: this.#nextAppendId,
      askAboutStray: (position, asker) => this.#strayLookups.ask(position, asker),
      gapClosed: () => this.#strayLookups.refund(),
      inTurn: (read) => pages.take(replayConcurrency, read),
      replaceFeed: () => {
        // Each subscription asks for it, and the first has it made.
        if (link.up) {
          this.#deafness.replaced()
          this.#foreign.deafSince(this.#deafness.heardAt)
        }
        link.replaceFeed()
      },
      onClosed: () => {
        this.#subscriptions.delete(subscription)
        this.#announcer?.end(subscription)
      },
    })
    this.#subscriptions.add(subscription)
    // Told in a turn of its own, so that listeners can be attached before the first event.
    atEndOfTurn(() => this.#begin(subscription))
    return subscription
  }

  /**
   * Closes a subscription of this subscriber, as its `close()` does; one that is closed may be closed again.
   *
   * @throws ConfigurationError for a subscription of another subscriber, which goes on, and for what is none
   */
  async unsubscribe(subscription: Subscription): Promise<void> {
    if (!this.#isOurs(subscription)) {
      throw new ConfigurationError(
        `Expected a subscription of this subscriber, got ${describeValue(subscription)} that is none: pass what \`subscribe\` returned, or call its \`close()\``,
      )
    }
    await subscription.close()
  }

  /** Closes all subscriptions, then the connections. Idempotent; never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #createTelemetry(measured: MeasuredSubscription): SubscriptionTelemetry | undefined {
    const { tracing, consumerSpan, traceUnsampled } = this.#options
    return (
      this.#openTelemetry &&
      new OpenTelemetrySubscription(this.#openTelemetry, {
        channel: this.channel,
        server: this.#log.server,
        runtime: this.#runtime,
        now: preciseClock(this.#runtime),
        tracing,
        consumerSpan,
        traceUnsampled,
        ...measured,
      })
    )
  }

  /** Whether `subscribe` returned it; of one that is closed only its class is known. */
  #isOurs(subscription: unknown): boolean {
    if (!(subscription instanceof Subscription)) return false
    return subscription.state === 'closed' || this.#subscriptions.has(subscription)
  }

  readonly #onError = (error: Error): void => this.emit('error', error)

  /** A frame of a log in another database was dropped. */
  readonly #onDropped = (): void => {
    for (const subscription of this.#subscriptions) subscription.countOtherLog()
  }

  #linkListener(): LinkListener {
    return {
      onFeed: (up) => this.#foreign.feed(up),
      onUp: () => void this.#linkUp(),
      onDown: (error) => {
        this.#linkError = error
        this.#history = undefined
        for (const subscription of this.#subscriptions) subscription.linkDown()
        this.emit('disconnected', error)
      },
      onMessage: (text) => this.#receive(text),
      onLook: (look) => this.#looked(look),
      isDoubtful: () => this.#isDoubtful,
      onError: (error) => this.#linkFailed(error),
      onWarning: (text) => this.warn(text),
    }
  }

  #checkOpen(): void {
    if (this.#closing) throw new ClosedError('The subscriber is closed: connect a new one')
  }

  async #republish(message: string): Promise<void> {
    // An entry that nobody can read would cause a resync of every subscription.
    decodeMessage(message)
    await this.#link.commands.append(this.#nextAppendId(), message, this.#options.retention)
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.close()))
    this.#strayLookups.close()
    this.#foreign.close()
    await this.#announcer?.close()
    await this.#link.close()
  }

  #begin(subscription: Subscription): void {
    if (this.#history) subscription.linkUp(this.#history.id)
    // If the link is up but the replication id is not read yet, it begins with the others after that.
    else if (!this.#link.up) subscription.linkDown()
    this.#announcer?.begin(subscription)
  }

  async #linkUp(): Promise<void> {
    this.#otherLogs.forget()
    const id = await this.#readReplicationId()
    if (!this.#link.up) return
    this.#linkError = undefined
    this.#history = { id }
    if (this.#wasUp) this.#openTelemetry?.reconnected(this.channel, 'subscriber')
    this.#wasUp = true
    for (const subscription of this.#subscriptions) subscription.linkUp(id)
    this.emit('connected')
  }

  async #readReplicationId(): Promise<string | undefined> {
    try {
      return (await this.#link.commands.replication()).id
    } catch {
      // The link reports its own failures; looks read the id again.
      return undefined
    }
  }

  get #isDoubtful(): boolean {
    return [...this.#subscriptions].some((subscription) => subscription.isDoubtful)
  }

  #looked(look: Look): void {
    const { role, id } = look.replication
    const wasDoubtful = this.#isDoubtful
    const remedy = 'rely on the publishers, which repair what a failover lost'
    if (this.#history) this.#history = { id }
    if (role === 'replica' && !this.#options.readReplica) this.#onReplica.failed(replicaError(this.#log.server))
    else this.#onReplica.ended()
    for (const subscription of this.#subscriptions) {
      if (id === undefined && subscription.strictFailover) this.#blindness.failed(blindness('strictFailover', remedy))
      subscription.looked(look)
    }
    // The register was not read for this look; most publishers have checked by now.
    if (this.#isDoubtful && !wasDoubtful) this.#link.look()
    if (!look.isBeat) return
    this.#foreign.settled()
    this.#deafness.beat(this.#runtime.monotonic())
    this.#linkError = undefined
    this.#announcer?.beat()
    this.#openTelemetry?.meters.look()
  }

  /**
   * Told in a turn of its own: who has only just connected can listen first. Where the first attempt fails for good,
   * `connect()` rejects with the reason, and nobody need be told.
   */
  #linkFailed(error: Error): void {
    this.#linkError = error
    void this.#link.opened().then(
      async () => {
        await this.#runtime.yield()
        this.emit('error', error)
      },
      () => undefined,
    )
  }

  #receive(text: string): void {
    if (this.#otherLogs.dropping && this.#otherLogs.drops(text)) return
    const decoded = decodeFrame(text)
    const { streamId, appendId, prev, database, messages, traces, times, rejected } = decoded
    if (rejected.length > 0) for (const subscription of this.#subscriptions) subscription.countInvalid(rejected.length)
    if (streamId === undefined || appendId === undefined || prev === undefined) {
      this.#receiveForeign(decoded, text.length)
      return
    }
    const position = { streamId, appendId }
    const arrived = { position, prev, messages, traces, times, bytes: text.length, rejected }
    const isOurs = database === this.#otherLogs.database
    if (isOurs || this.#otherLogs.admits({ database, position }, () => this.#arrive(arrived))) this.#arrive(arrived)
  }

  /** A text without a place in the log. */
  #receiveForeign({ messages, traces, rejected, oversized }: DecodedFrame, bytes: number): void {
    if (rejected.length > 0) this.#garbage.add(rejected)
    if (oversized) this.#foreign.oversized()
    if (messages.length === 0) return
    this.#foreign.heard()
    for (const subscription of this.#subscriptions) subscription.arriveForeign({ messages, traces, bytes })
  }

  #arrive(frame: LogFrame): void {
    this.#deafness.heard()
    for (const subscription of this.#subscriptions) subscription.arrive(frame)
  }
}
