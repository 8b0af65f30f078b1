import type { Log, LogConnection } from '../log/log.js'
import type { Appended } from '../log/model/entry.js'
import { formatPosition } from '../log/model/position.js'
import type { PreparedMessage } from '../message/wire/prepared-message.js'
import { Deadlines } from '../support/deadlines.js'
import { ClosedError, ConfigurationError, PublishTimeoutError, RedisError } from '../support/errors.js'
import { Outage } from '../support/outage.js'
import type { Runtime } from '../support/runtime.js'
import type { PublisherCounters } from '../telemetry/counters.js'
import type { StatsCollector } from '../telemetry/stats-collector.js'
import type { PublisherTelemetry, PublishSpan } from '../telemetry/telemetry.js'
import { Caller, Flushes, type Receipt } from './callers.js'
import { type Frame, GroupCommit, packedFrames, singleMessages } from './group-commit.js'
import { LinkWatch } from './link-watch.js'
import type { ResolvedPublisherOptions } from './options.js'
import { Remembered } from './repair/remembered.js'
import { Repair, type RepairSummary } from './repair/repair.js'
import { SendQueue } from './send-queue.js'

/** Why everything is evicted: too much waited, or nobody can know what a failover lost. */
export type EvictAllReason = 'overflow' | 'repair'

export interface SenderContext {
  /** Every call settles; none waits for a connection that is down. */
  readonly connection: LogConnection & Log
  readonly channel: string
  readonly options: ResolvedPublisherOptions
  readonly runtime: Runtime
  /** Makes the message that evicts everything. */
  readonly evictAll: (reason: EvictAllReason) => PreparedMessage
  readonly onError: (error: Error) => void
  readonly onQueued: (queued: number) => void
  readonly onDrained: () => void
  readonly onOverflow: (collapsed: number) => void
  readonly onRepaired: (summary: RepairSummary) => void
  readonly counters: PublisherCounters
  readonly stats: StatsCollector
  readonly telemetry: PublisherTelemetry | undefined
}

/** Takes prepared messages, sees to it that each is appended, and tells those who wait what became of it. */
export class Sender {
  readonly #context: SenderContext
  readonly #queue: SendQueue
  readonly #groupCommit: GroupCommit
  readonly #repair: Repair | undefined
  readonly #watch: LinkWatch
  readonly #deadlines: Deadlines<Caller>
  readonly #appendOutage: Outage
  readonly #channelOutage: Outage
  /** Never ends: blindness is reported once. */
  readonly #blindness: Outage
  readonly #flushes = new Flushes()
  /** Whether it was told that messages have to wait, and not yet that none do. */
  #queueing = false
  readonly #countRejected: () => void
  #closed = false

  constructor(context: SenderContext) {
    const { connection, options, runtime, evictAll } = context
    this.#context = context
    this.#countRejected = () => {
      context.counters.publishFailures += 1
    }
    this.#appendOutage = new Outage(context.onError)
    this.#channelOutage = new Outage(context.onError)
    this.#blindness = new Outage(context.onError)
    this.#deadlines = new Deadlines({
      runtime,
      slackMs: options.publishTimeoutMs / 100,
      onExpired: (caller) => caller.reject(this.#timeoutError()),
    })
    this.#queue = new SendQueue({
      maxQueued: options.maxQueued,
      maxQueuedBytes: options.maxQueuedBytes,
      evictAll: () => evictAll('overflow'),
      onOverflow: context.onOverflow,
    })
    this.#groupCommit = new GroupCommit({
      queue: this.#queue,
      limits: options.packing ? packedFrames : singleMessages,
      runtime,
      append: (appendId, frame) => connection.append(appendId, frame, options.cap),
      onAppended: (frame, appended) => this.#appended(frame, appended),
      onFailed: (error) => this.#failed(error),
      onProgress: () => this.#progress(),
    })
    this.#repair =
      options.repair &&
      new Repair({
        remembered: new Remembered(options.repair, runtime),
        lookup: (positions) => connection.lookup(positions),
        quiesce: () => this.#groupCommit.quiesce(),
        repeat: (frames) => this.#groupCommit.repeat(frames),
        evictAll: () => evictAll('repair'),
        onRepaired: context.onRepaired,
        onBlind: () => this.#blindness.failed(blindness()),
      })
    this.#watch = new LinkWatch({
      runtime,
      heartbeatMs: options.heartbeatMs,
      isUp: () => connection.up,
      look: async () => {
        // Asked also where nothing is to be repaired: that there is an answer tells that the link lives.
        const id = await connection.replicationId()
        await this.#repair?.historyIs(id)
      },
      onLooked: () => this.#groupCommit.open(),
      onError: context.onError,
    })
  }

  /** How many messages wait, those included that are tried again; a frame of a repair counts as one. */
  get queued(): number {
    return this.#groupCommit.retries.reduce((sum, { messages }) => sum + (messages.length || 1), this.#queue.length)
  }

  get queuedBytes(): number {
    return this.#groupCommit.retries.reduce((sum, frame) => sum + frame.bytes, this.#queue.bytes)
  }

  /** How many frames are under way. */
  get inFlight(): number {
    return this.#groupCommit.inFlight
  }

  /** Whether the server refuses appends, or did not answer the last look at it, so that a repair may be due. */
  get struggling(): boolean {
    return this.#groupCommit.failing || this.#watch.failing
  }

  linkUp(): void {
    this.#watch.check()
  }

  linkDown(): void {
    this.#groupCommit.shut()
    this.#repair?.linkDown()
    // Where an append failed just before, its messages wait already, and nobody has been told.
    if (!this.#queueing) this.#beginQueueing()
  }

  /** Settles when the message was appended, at the publish timeout, when the signal aborts, or when closed. */
  send(prepared: PreparedMessage, signal: AbortSignal | undefined, span?: PublishSpan): Promise<Receipt> {
    const { options, runtime } = this.#context
    const settlers = Promise.withResolvers<Receipt>()
    const caller = new Caller(settlers, runtime.monotonic() + options.publishTimeoutMs, this.#countRejected)
    if (signal) caller.leaveOn(signal)
    this.#deadlines.add(caller)
    this.#queue.add(prepared, caller)
    if (span && this.#mustWait) {
      span.queued(this.queued)
      caller.tellWhenSent(span)
    }
    if (!this.#queueing) this.#beginQueueing()
    this.#groupCommit.wake()
    return settlers.promise
  }

  /** Resolves when all that was taken up to now is appended; rejects when closed before. */
  flushed(): Promise<void> {
    const sequence = this.#queue.accepted
    return this.#groupCommit.oldestSequence > sequence ? Promise.resolve() : this.#flushes.until(sequence)
  }

  /** Gives up what is not appended: rejects all who wait, with the error that it returns where something is lost. */
  close(): ClosedError | undefined {
    this.#closed = true
    this.#groupCommit.close()
    this.#watch.close()
    const { count, countUnderWay } = this.#groupCommit
    const lost = this.#queue.count + count
    const doubt = countUnderWay > 0 ? `; ${countUnderWay} of them were under way and may have been` : ''
    const error = new ClosedError(`The publisher was closed with ${lost} invalidations not appended${doubt}`)
    for (const caller of this.#deadlines.clear()) caller.reject(error)
    this.#flushes.rejectAll(error)
    return lost > 0 ? error : undefined
  }

  #appended(frame: Frame, appended: Appended): Promise<void> | undefined {
    const { connection, options } = this.#context
    this.#measure(frame)
    this.#repair?.acknowledged(frame, appended.position)
    this.#appendOutage.ended()
    if (appended.receivers >= 0) this.#channelOutage.ended()
    else this.#channelOutage.failed(this.#channelError())
    if (options.waitReplicas !== undefined) {
      return missingReplicas(connection, options.waitReplicas).then((error) => settle(frame, appended, error))
    }
    settle(frame, appended)
    return undefined
  }

  /** Of publishes that became one message the one that waited longest is timed. */
  #measure({ messages }: Frame): void {
    const { options, runtime, counters, stats, telemetry } = this.#context
    const now = runtime.monotonic()
    for (const { count, deadline } of messages) {
      counters.published += count
      stats.publishTook(now - (deadline - options.publishTimeoutMs), now, count)
    }
    telemetry?.appended(messages.length)
  }

  #failed(error: unknown): void {
    if (this.#closed) return
    this.#appendOutage.failed(error)
    // Another server may stand behind the link. Where it is a replica, the log makes a new connection by itself.
    if (error instanceof RedisError && (error.kind === 'readonly' || error.kind === 'moved')) this.#watch.check()
  }

  #progress(): void {
    this.#flushes.progress(() => this.#groupCommit.oldestSequence)
    if (!this.#queueing) this.#beginQueueing()
    else if (this.#groupCommit.done) {
      this.#queueing = false
      this.#context.onDrained()
    }
  }

  #beginQueueing(): void {
    if (!this.#mustWait || this.queued === 0) return
    this.#queueing = true
    this.#context.onQueued(this.queued)
  }

  /** Whether what is published now can't leave at once: no connection, or a server that refuses. */
  get #mustWait(): boolean {
    return !this.#context.connection.up || this.#groupCommit.failing
  }

  #timeoutError(): PublishTimeoutError {
    const { connection, options } = this.#context
    const link = connection.up ? 'up' : 'down'
    return new PublishTimeoutError(
      `Not acknowledged within ${options.publishTimeoutMs} ms (the connection is ${link}, ${this.queued} messages wait): the message stays queued and is still sent, so do not publish it again`,
    )
  }

  #channelError(): RedisError {
    const { channel } = this.#context
    return new RedisError(
      'refused',
      `The server refuses PUBLISH on "${channel}". What is published is in the log, but subscribers find it only with their next heartbeat: grant the channel to this user (ACL SETUSER … &${channel})`,
    )
  }
}

function blindness(): ConfigurationError {
  return new ConfigurationError(
    '`repair` sees no failover: the server does not tell its replication id; give the user the right to INFO, or set `repair` to false',
  )
}

function settle({ messages }: Frame, { position, receivers }: Appended, error?: Error): void {
  const text = formatPosition(position)
  for (const message of messages) {
    if (error) message.reject(error)
    else message.resolve({ messageId: message.prepared.messageId, position: text, receivers })
  }
}

/** How many replicas must have an entry, and how long they may take. */
export interface ReplicaDemand {
  readonly count: number
  readonly timeoutMs: number
}

/** Waits until enough replicas have what was appended; resolves to why they have not. Never rejects. */
async function missingReplicas(log: Log, { count, timeoutMs }: ReplicaDemand): Promise<RedisError | undefined> {
  const done = 'The invalidation was appended and published, and need not be published again'
  try {
    const confirmed = await log.waitReplicas(count, timeoutMs)
    if (confirmed >= count) return undefined
    return new RedisError(
      'replicas',
      `Expected ${count} replicas to confirm within ${timeoutMs} ms, but ${confirmed} did. ${done}`,
    )
  } catch (cause) {
    return new RedisError('replicas', `Could not ask whether ${count} replicas have it. ${done}`, { cause })
  }
}
