import type { InvalidationLog, LogCommands } from '../log/log.js'
import { openLog, type RedisSource } from '../log/open-log.js'
import { KeyDoubts } from '../message/cache-key.js'
import { tagInvalidation, type TagOptions, tagRules } from '../message/create-message.js'
import type { EntityType, Invalidation, InvalidationMessage } from '../message/message.js'
import type { TraceContext } from '../message/trace-context.js'
import { Stamp } from '../message/wire/encode-plain.js'
import { prepareMessage } from '../message/wire/encode.js'
import type { PreparedMessage } from '../message/wire/prepared-message.js'
import { outsideOfContexts } from '../support/async-context.js'
import type { UuidCounter } from '../support/counted-uuids.js'
import { ClosedError, type InvalidationError } from '../support/errors.js'
import { TypedEmitter } from '../support/events.js'
import { MadeByConnect, optionsOf } from '../support/made-by-connect.js'
import { resolveOptions } from '../support/option-rules.js'
import { Outage } from '../support/outage.js'
import { microsecondClock } from '../support/precise-clock.js'
import { resolvesWithin, uuidsOf } from '../support/runtime.js'
import { PublisherCounters } from '../telemetry/counters.js'
import { loadOpenTelemetry, type OpenTelemetry } from '../telemetry/open-telemetry.js'
import { OpenTelemetryPublisher } from '../telemetry/publisher-telemetry.js'
import { StatsCollector } from '../telemetry/stats-collector.js'
import type { PublisherTelemetry, PublishSpan } from '../telemetry/telemetry.js'
import type { Receipt } from './callers.js'
import type { PublisherEvents, PublisherHealth } from './events.js'
import {
  checkService,
  type PublisherOptions,
  publisherRules,
  type PublishOptions,
  publishRules,
  type ResolvedPublisherOptions,
} from './options.js'
import { Registration } from './registration.js'
import { Sender } from './sender.js'

/** Most publishes have none: nothing of them is checked. */
const noOptions: PublishOptions = {}

/**
 * Publishes invalidations: each is appended to the log and handed to the subscribers that listen, in one step. While
 * Redis is away they wait, and go out in order when it is back.
 *
 * ```ts
 * const publisher = await InvalidationPublisher.connect('redis://localhost:6379', 'user-service')
 * await publisher.invalidate('user', '123')
 * ```
 *
 * Each method that publishes settles as {@link publish} does.
 */
export class InvalidationPublisher extends TypedEmitter<PublisherEvents> {
  /** What was published, and how long it took: the collector of the options, or one of its own. */
  readonly stats: StatsCollector
  readonly #log: InvalidationLog
  readonly #commands: LogCommands
  readonly #sender: Sender
  readonly #service: string
  readonly #options: ResolvedPublisherOptions
  readonly #counters = new PublisherCounters()
  readonly #microseconds: (monotonic: number) => number
  readonly #ids: UuidCounter
  readonly #linkOutage = new Outage((error) => this.#report(error))
  /** Undefined if the application has no OpenTelemetry. */
  readonly #telemetry: PublisherTelemetry | undefined
  readonly #doubts = new KeyDoubts((text) => this.warn(text))
  #wasUp = false
  #closing: Promise<void> | undefined

  /**
   * Opens a connection. Resolves even while Redis is down: what is published then waits.
   *
   * @param redis URL, ioredis client (its configuration is copied, the client itself stays untouched), ioredis
   *   options, or an `InvalidationLog`
   * @param service the name of this service: it signs what is published
   * @throws ConfigurationError for bad options; RedisError (kind `refused`) for refused credentials;
   *   UnsupportedServerError for a server that lacks what is needed
   */
  static async connect(
    redis: RedisSource,
    service: string,
    options: PublisherOptions = {},
  ): Promise<InvalidationPublisher> {
    const resolved = resolveOptions(publisherRules, options, 'InvalidationPublisher.connect')
    checkService(service)
    const log = openLog(redis, { ...resolved, owner: { role: 'publisher', service } })
    const openTelemetry = await outsideOfContexts(loadOpenTelemetry)
    const made = new MadeByConnect(resolved)
    const publisher = outsideOfContexts(() => new InvalidationPublisher(log, service, made, openTelemetry))
    try {
      await publisher.#commands.opened()
    } catch (error) {
      await publisher.close()
      throw error
    }
    return publisher
  }

  /** @throws ConfigurationError unless {@link connect} calls it */
  private constructor(
    log: InvalidationLog,
    service: string,
    made: MadeByConnect<ResolvedPublisherOptions>,
    openTelemetry: OpenTelemetry | undefined,
  ) {
    const options = optionsOf(made, "InvalidationPublisher.connect(redis, 'my-service')")
    super(options.logger)
    const { runtime } = options
    this.#log = log
    this.#service = service
    this.#options = options
    this.#microseconds = microsecondClock(runtime)
    this.#ids = uuidsOf(runtime)
    this.stats = options.stats ?? new StatsCollector({ runtime })
    this.#commands = log.openCommands({
      onUp: () => this.#linkUp(),
      onDown: (error) => this.#linkDown(error),
      onError: (error) => this.#linkFailed(error),
      onWarning: (text) => this.warn(text),
    })
    this.#telemetry = openTelemetry && this.#createTelemetry(openTelemetry)
    this.#sender = new Sender({
      connection: this.#commands,
      channel: log.channel,
      options,
      registration: this.#openRegistration(),
      evictAll: (reason) =>
        this.#prepare({ action: 'pattern', pattern: '*', metadata: { evictAll: reason } }, runtime.monotonic()),
      onError: (error) => this.#report(error),
      onQueued: (count) => this.emit('queued', { queued: count }),
      onDrained: () => this.emit('drained'),
      onOverflow: (overflow) => this.emit('overflow', overflow),
      onRepaired: (summary) => this.emit('repaired', summary),
      counters: this.#counters,
      stats: this.stats,
      telemetry: this.#telemetry,
    })
    this.stats.publishers.add(this.#counters)
  }

  /** The Pub/Sub channel. */
  get channel(): string {
    return this.#log.channel
  }

  /** Says that an entity is gone or must be read anew. */
  invalidate(entityType: EntityType, entityId: string): Promise<Receipt> {
    return this.publish({ action: 'delete', entityType, entityId })
  }

  /** Says that an entity has changed. */
  update(entityType: EntityType, entityId: string): Promise<Receipt> {
    return this.publish({ action: 'update', entityType, entityId })
  }

  /** Evicts every cache key that matches a Redis glob, such as `user:*`. */
  invalidatePattern(pattern: string): Promise<Receipt> {
    return this.publish({ action: 'pattern', pattern })
  }

  /**
   * Evicts these cache keys, each given in full, such as `user:123`. The first key without an entity type, such as `123`,
   * is reported once: to the logger or, without one, as a process warning.
   */
  invalidateBatch(cacheKeys: readonly string[]): Promise<Receipt> {
    return this.publish({ action: 'batch', cacheKeys })
  }

  /**
   * Evicts every entry that carries one of these tags, such as `tenant:42`: one message, to all caches that have tags. With
   * `{ mode: 'expire' }` a cache may serve such an entry while it loads it again.
   *
   * @throws ConfigurationError for an option that is none, and what {@link publish} rejects with: an InvalidMessageError
   *   for no tags, more than 10,000, an empty one, or one longer than 8,182 bytes
   */
  async invalidateTag(tags: string | readonly string[], options: TagOptions = {}): Promise<Receipt> {
    return this.publish(tagInvalidation(tags, resolveOptions(tagRules, options, 'invalidateTag')))
  }

  /** Short for `invalidate('user', userId)`. */
  invalidateUser(userId: string): Promise<Receipt> {
    return this.invalidate('user', userId)
  }

  /** Short for `invalidate('post', postId)`. */
  invalidatePost(postId: string): Promise<Receipt> {
    return this.invalidate('post', postId)
  }

  /** Short for `invalidate('comment', commentId)`. */
  invalidateComment(commentId: string): Promise<Receipt> {
    return this.invalidate('comment', commentId)
  }

  /** Short for `invalidate('notification', notificationId)`. */
  invalidateNotification(notificationId: string): Promise<Receipt> {
    return this.invalidate('notification', notificationId)
  }

  /** Short for `invalidate('feed', feedId)`. */
  invalidateFeed(feedId: string): Promise<Receipt> {
    return this.invalidate('feed', feedId)
  }

  /** The same as `invalidate(entityType, entityId)`. */
  invalidateCustom(entityType: EntityType, entityId: string): Promise<Receipt> {
    return this.invalidate(entityType, entityId)
  }

  /**
   * Publishes an invalidation, or a whole message as it is. Resolves when it is appended to the log. Never throws: if
   * it fails, the promise rejects.
   *
   * Equal invalidations that wait at the same time are sent as one, and settle together. Await the promise, or use
   * {@link enqueue}: an unhandled rejection ends a Node process.
   *
   * @throws InvalidMessageError, SerializationError, ConfigurationError or ClosedError: it was not accepted, and
   *   nothing is sent. A built-in entity type in another case, such as `User`, is not accepted
   * @throws PublishTimeoutError after `publishTimeoutMs`: the message stays queued and is still sent
   * @throws the signal's reason when it aborts: an accepted message stays queued and is still sent; if the signal was
   *   aborted from the start, nothing is accepted
   * @throws ClosedError when the publisher is closed before the message is appended
   * @throws RedisError (kind `replicas`) when it was appended, but too few replicas confirmed (see `waitReplicas`)
   */
  publish(invalidation: Invalidation | InvalidationMessage, options: PublishOptions = noOptions): Promise<Receipt> {
    // Not async: a promise around that of the sender would cost as much as queueing the message does.
    try {
      const span = this.#telemetry?.publish()
      if (span?.isRecorded) return this.#publishTraced(invalidation, options, span)
      return this.#send(invalidation, options, span)
    } catch (error) {
      const { promise, reject } = Promise.withResolvers<Receipt>()
      reject(error)
      return promise
    }
  }

  /**
   * Publishes like {@link publish}, for callers that must not wait: it returns at once, without a promise. While Redis
   * is away the message waits; it is appended in order. At most `maxQueued` messages wait.
   *
   * Later failures are counted, and emitted as `error` once per outage. They are: a message that is not appended within
   * `publishTimeoutMs` (it stays queued, and is still sent), too few replicas, and messages that `close()` gives up.
   *
   * @throws InvalidMessageError, SerializationError, ConfigurationError or ClosedError: it was not accepted, and
   *   nothing is sent
   */
  enqueue(invalidation: Invalidation | InvalidationMessage): void {
    const span = this.#telemetry?.publish()
    try {
      const now = this.#options.runtime.monotonic()
      const prepared = this.#accept(invalidation, noOptions, now, span)
      span?.accepted(prepared.messageId, invalidation)
      this.#sender.enqueue(prepared, now, span)
    } catch (error) {
      span?.failed(error)
      throw error
    }
  }

  /** Resolves when all that was accepted up to now is appended; rejects with ClosedError when closed before. */
  flush(): Promise<void> {
    return this.#sender.flush()
  }

  /** How the publisher is; cheap enough for a health check. */
  health(): PublisherHealth {
    const connected = this.#commands.up
    const { queued, queuedBytes, inFlight, struggling } = this.#sender
    return { status: !connected ? 'down' : struggling ? 'degraded' : 'up', connected, queued, queuedBytes, inFlight }
  }

  /**
   * Appends what waits, for at most `closeTimeoutMs`, then closes the connection. What is not appended by then is
   * given up: its promises reject with a ClosedError that says how much it is, which is also emitted. Idempotent;
   * never rejects.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    const { runtime, closeTimeoutMs } = this.#options
    const withdrawn = this.flush().then(() => this.#sender.withdraw())
    await resolvesWithin(runtime, closeTimeoutMs, withdrawn)
    const error = this.#sender.close()
    if (error) this.emit('error', error)
    this.#telemetry?.close()
    await this.#commands.close()
    this.stats.publishers.remove(this.#counters)
  }

  #createTelemetry(openTelemetry: OpenTelemetry): PublisherTelemetry {
    const { channel, server } = this.#log
    const { runtime, tracing } = this.#options
    const queued = (): number => this.#sender.queued
    return new OpenTelemetryPublisher(openTelemetry, { channel, server, runtime, tracing, queued })
  }

  #openRegistration(): Registration | undefined {
    if (!this.#options.announce) return undefined
    return new Registration({
      writer: this.#commands,
      options: this.#options,
      service: this.#service,
      queued: () => this.#sender.queued,
      onError: (error) => this.#report(error),
    })
  }

  /** @throws the errors of `publish()` for a message that it does not accept */
  #send(
    invalidation: Invalidation | InvalidationMessage,
    options: PublishOptions,
    span?: PublishSpan,
  ): Promise<Receipt> {
    // Read once for its timestamp and its deadline: a sixth of what a publish costs is to read clocks.
    const now = this.#options.runtime.monotonic()
    const prepared = this.#accept(invalidation, options, now, span)
    span?.accepted(prepared.messageId, invalidation)
    return this.#sender.send(prepared, now, options.signal, span)
  }

  #accept(
    invalidation: Invalidation | InvalidationMessage,
    options: PublishOptions,
    now: number,
    span: PublishSpan | undefined,
  ): PreparedMessage {
    try {
      if (this.#closing) throw new ClosedError('The publisher is closed: connect a new one to publish')
      if (options !== noOptions) resolveOptions(publishRules, options, 'publish')
      options.signal?.throwIfAborted()
      const prepared = this.#prepare(invalidation, now, span?.traceContext)
      if (invalidation.action === 'batch' || invalidation.action === 'pattern') this.#doubts.report(invalidation)
      return prepared
    } catch (error) {
      this.#counters.publishFailures += 1
      throw error
    }
  }

  async #publishTraced(
    invalidation: Invalidation | InvalidationMessage,
    options: PublishOptions,
    span: PublishSpan,
  ): Promise<Receipt> {
    try {
      const receipt = await this.#send(invalidation, options, span)
      span.appended(receipt.messageId, receipt.position)
      return receipt
    } catch (error) {
      span.failed(error)
      throw error
    }
  }

  #prepare(invalidation: Invalidation | InvalidationMessage, now: number, trace?: TraceContext): PreparedMessage {
    this.#ids.advance()
    return prepareMessage(invalidation, new Stamp(this.#ids, this.#microseconds(now), this.#service), trace)
  }

  #linkUp(): void {
    this.#linkOutage.ended()
    this.#sender.linkUp()
    if (this.#wasUp) this.#telemetry?.reconnected()
    this.#wasUp = true
    this.emit('connected')
  }

  #linkDown(error: InvalidationError): void {
    this.#sender.linkDown(error)
    this.emit('disconnected', error)
  }

  /** If the first attempt fails for good, `connect()` rejects with the reason, and no event is emitted. */
  #linkFailed(error: InvalidationError): void {
    this.#sender.linkFailed(error)
    void this.#commands.opened().then(
      () => this.#linkOutage.failed(error),
      () => undefined,
    )
  }

  /** Emitted in a later turn, so that you can attach a listener right after `connect()`. */
  #report(error: Error): void {
    this.#counters.errors += 1
    void this.#options.runtime.yield().then(() => this.emit('error', error))
  }
}
