import type { Log, LogConnection } from '../log/log.js'
import type { Appended } from '../log/model/entry.js'
import { formatPosition } from '../log/model/position.js'
import type { PreparedMessage } from '../message/wire/prepared-message.js'
import { type ClosedError, RedisError } from '../support/errors.js'
import { Outage } from '../support/outage.js'
import { toError } from '../support/thrown.js'
import type { PublisherCounters } from '../telemetry/counters.js'
import type { StatsCollector } from '../telemetry/stats-collector.js'
import type { PublisherTelemetry, PublishSpan } from '../telemetry/telemetry.js'
import { Batcher, type Frame, packedFrames, singleMessages } from './batcher.js'
import { type Caller, Callers, type Receipt, reportingTo, type Settlers } from './callers.js'
import { channelRefused, closedBeforeAppended, type Delay, publishTimeout } from './failures.js'
import { LinkWatch } from './link-watch.js'
import { missingReplicas } from './missing-replicas.js'
import type { ResolvedPublisherOptions } from './options.js'
import type { Registration } from './registration.js'
import { Remembered } from './repair/remembered.js'
import { Repair, type RepairSummary } from './repair/repair.js'
import { type Overflow, SendQueue } from './send-queue.js'

/** Why everything is evicted: too much waited, or a failover may have lost frames that can't be looked up. */
export type EvictAllReason = 'overflow' | 'repair'

export interface SenderContext {
  /** Every call settles; none waits for a connection that is down. */
  readonly connection: LogConnection & Log
  readonly channel: string
  readonly options: ResolvedPublisherOptions
  /** Undefined if the publisher does not announce itself. */
  readonly registration: Registration | undefined
  /** Makes the message that evicts everything. */
  readonly evictAll: (reason: EvictAllReason) => PreparedMessage
  readonly onError: (error: Error) => void
  readonly onQueued: (queued: number) => void
  readonly onDrained: () => void
  readonly onOverflow: (overflow: Overflow) => void
  readonly onRepaired: (summary: RepairSummary) => void
  readonly counters: PublisherCounters
  readonly stats: StatsCollector
  readonly telemetry: PublisherTelemetry | undefined
}

/** Appends prepared messages to the log: settles their callers, and reports what fails once per outage. */
export class Sender {
  readonly #context: SenderContext
  readonly #callers: Callers
  readonly #queue: SendQueue
  readonly #batcher: Batcher
  readonly #remembered: Remembered | undefined
  readonly #repair: Repair | undefined
  readonly #watch: LinkWatch
  readonly #appendOutage = new Outage((error) => this.#context.onError(error))
  readonly #channelOutage = new Outage((error) => this.#context.onError(error))
  /** Of messages without a waiting caller: the first append that succeeds ends it. */
  readonly #unawaitedOutage = new Outage((error) => this.#context.onError(error), nameOf)
  readonly #unawaited: Settlers = {
    resolve: () => this.#unawaitedOutage.ended(),
    reject: (error) => {
      // Messages that `close()` gives up are reported there.
      if (!this.#closed) this.#unawaitedOutage.failed(error)
    },
  }
  /** Whether `queued` was emitted, and `drained` not since. */
  #queueing = false
  #closed = false
  /** The last failure of the link or of an append, unless an append has succeeded since. */
  #trouble: Error | undefined

  constructor(context: SenderContext) {
    const { connection, options, evictAll, onError } = context
    this.#context = context
    this.#queue = new SendQueue(options, {
      makeEvictAll: () => evictAll('overflow'),
      onCollapse: () => void this.#overflowed(),
      onOverflow: context.onOverflow,
    })
    this.#callers = new Callers({
      runtime: options.runtime,
      timeoutMs: options.publishTimeoutMs,
      timeoutError: () => publishTimeout(options.publishTimeoutMs, this.#delay),
      oldestSequence: () => this.#batcher.oldestSequence,
      onRejected: () => (context.counters.publishFailures += 1),
    })
    this.#batcher = new Batcher({
      queue: this.#queue,
      limits: options.packing ? packedFrames : singleMessages,
      runtime: options.runtime,
      append: (appendId, frame) => connection.append(appendId, frame, options.retention),
      onAppended: (frame, appended) => this.#appended(frame, appended),
      onFailed: (error) => this.#failed(error),
      onProgress: () => this.#progress(),
    })
    this.#remembered = options.repair ? new Remembered(options.repair, options.runtime) : undefined
    this.#repair = this.#remembered && this.#openRepair(this.#remembered)
    this.#watch = new LinkWatch({
      runtime: options.runtime,
      heartbeatMs: options.heartbeatMs,
      isUp: () => connection.up,
      look: () => this.#look(),
      onLooked: () => this.#looked(),
      onError,
    })
  }

  /** How many messages wait, with those to be tried again; a frame of a repair counts as one. */
  get queued(): number {
    return this.#batcher.retries.reduce((sum, { messages }) => sum + (messages.length || 1), this.#queue.length)
  }

  get queuedBytes(): number {
    return this.#batcher.retries.reduce((sum, frame) => sum + frame.bytes, this.#queue.bytes)
  }

  get inFlight(): number {
    return this.#batcher.inFlight
  }

  /** Whether the server refuses appends, or did not answer the last look at it, so that a repair may be due. */
  get struggling(): boolean {
    return this.#batcher.failing || this.#watch.failing
  }

  linkUp(): void {
    this.#watch.check()
  }

  linkDown(error: Error): void {
    this.#trouble = error
    this.#batcher.shut()
    this.#repair?.linkDown()
    this.#context.registration?.linkDown()
    // If an append has failed just before, its messages wait already, and `queued` was not emitted.
    if (!this.#queueing) this.#beginQueueing()
  }

  /** An attempt to connect has failed. */
  linkFailed(error: Error): void {
    this.#trouble = error
  }

  /** Settles when the message was appended, at the publish timeout, when the signal aborts, or when closed. */
  send(prepared: PreparedMessage, now: number, signal?: AbortSignal, span?: PublishSpan): Promise<Receipt> {
    const settlers = Promise.withResolvers<Receipt>()
    this.#accept(prepared, this.#callers.add(settlers, now, signal), span)
    return settlers.promise
  }

  /** Sends a message without a waiting caller: failures are reported once per outage. */
  enqueue(prepared: PreparedMessage, now: number, span?: PublishSpan): void {
    const settlers = span?.isRecorded ? reportingTo(span, this.#unawaited) : this.#unawaited
    this.#accept(prepared, this.#callers.add(settlers, now), span)
  }

  /** Resolves when every message sent up to now is appended; rejects if closed before. */
  flush(): Promise<void> {
    return this.#callers.flush(this.#queue.accepted)
  }

  /** Rejects all callers that wait; returns the error if messages are lost. */
  close(): ClosedError | undefined {
    this.#closed = true
    this.#batcher.close()
    this.#watch.close()
    this.#queue.reportOverflow()
    const { count, countUnderWay } = this.#batcher
    const lost = this.#queue.count + count
    const error = closedBeforeAppended(lost, countUnderWay, this.#delay)
    this.#callers.rejectAll(error)
    return lost > 0 ? error : undefined
  }

  /** Removes the publisher's record, unless acknowledged frames may be missing: subscribers then wait until it expires. */
  async withdraw(): Promise<void> {
    if (this.#repair?.complete !== false) await this.#context.registration?.withdraw()
  }

  #openRepair(remembered: Remembered): Repair {
    const { connection, evictAll, onRepaired, onError } = this.#context
    return new Repair({
      remembered,
      batcher: this.#batcher,
      log: connection,
      evictAll: () => evictAll('repair'),
      onRepaired,
      onChecked: () => void this.#register(),
      onError,
    })
  }

  #accept(prepared: PreparedMessage, caller: Caller, span?: PublishSpan): void {
    this.#queue.add(prepared, caller)
    if (span && this.#mustWait) {
      span.queued(this.queued)
      caller.reportTo(span)
    }
    if (!this.#queueing) this.#beginQueueing()
    this.#batcher.wake()
  }

  async #look(): Promise<void> {
    try {
      const { connection, options } = this.#context
      const { id } = await connection.replication()
      await this.#repair?.historyIs(id)
      await connection.trim(options.retention)
    } finally {
      // Before anything is sent: subscribers must know of a publisher that may have acknowledged entries.
      await this.#register()
    }
  }

  #looked(): void {
    if (this.#batcher.done) this.#trouble = undefined
    this.#batcher.open()
  }

  async #register(): Promise<void> {
    const repair = this.#repair
    await this.#context.registration?.keep({ id: repair?.checkedId, repairs: repair?.isBlind === false })
  }

  #appended(frame: Frame, appended: Appended): Promise<void> | undefined {
    const { connection, options } = this.#context
    this.#measure(frame)
    this.#remembered?.add(frame, appended.position)
    if (frame.messages.length === 0) this.#repair?.acknowledged()
    this.#appendOutage.ended()
    this.#trouble = undefined
    if (appended.receivers >= 0) this.#channelOutage.ended()
    else this.#channelOutage.failed(channelRefused(this.#context.channel))
    if (options.waitReplicas !== undefined) {
      return missingReplicas(connection, options.waitReplicas).then((error) => settle(frame, appended, error))
    }
    this.#unawaitedOutage.ended()
    settle(frame, appended)
    return undefined
  }

  /** Of publishes that became one message, the longest wait is measured. */
  #measure({ messages }: Frame): void {
    const { options, counters, stats, telemetry } = this.#context
    const now = options.runtime.monotonic()
    for (const { count, deadline } of messages) {
      counters.published += count
      stats.publishTook(now - (deadline - options.publishTimeoutMs), now, count)
    }
    telemetry?.appended(messages.length)
  }

  /** Reported when the turn is over: all messages published in it belong to the same overflow. */
  async #overflowed(): Promise<void> {
    await this.#context.options.runtime.yield()
    this.#queue.reportOverflow()
  }

  #failed(error: unknown): void {
    if (this.#closed) return
    this.#trouble = toError(error)
    this.#appendOutage.failed(error)
    // The link may lead to another server by now. If that is a replica, the log makes a new connection by itself.
    if (error instanceof RedisError && (error.kind === 'readonly' || error.kind === 'moved')) this.#watch.check()
  }

  #progress(): void {
    this.#callers.progress()
    if (!this.#queueing) this.#beginQueueing()
    else if (this.#batcher.done) {
      this.#queueing = false
      this.#context.onDrained()
    }
  }

  #beginQueueing(): void {
    if (!this.#mustWait || this.queued === 0) return
    this.#queueing = true
    this.#context.onQueued(this.queued)
  }

  /** Whether a message published now can't leave at once: no connection, or a server that refuses. */
  get #mustWait(): boolean {
    return !this.#context.connection.up || this.#batcher.failing
  }

  get #delay(): Delay {
    const { inFlight, queued } = this
    const connected = this.#context.connection.up
    return { connected, looked: this.#batcher.isOpen, inFlight, queued, trouble: this.#trouble }
  }
}

function settle({ messages }: Frame, { position, receivers }: Appended, error?: Error): void {
  const text = formatPosition(position)
  for (const message of messages) {
    if (error) message.reject(error)
    else message.resolve({ messageId: message.prepared.messageId, position: text, receivers })
  }
}

const nameOf = ({ name }: Error): string => name
