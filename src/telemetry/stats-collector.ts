import type { Invalidation, InvalidationMessage } from '../message/message.js'
import { timestampMs } from '../message/timestamp.js'
import {
  checked,
  type OptionRule,
  resolveOptions,
  type RulesOf,
  runtimeRule,
  wholeNumber,
} from '../support/option-rules.js'
import { preciseClock } from '../support/precise-clock.js'
import type { Runtime } from '../support/runtime.js'
import { PublisherCounters, SubscriptionCounters, Total } from './counters.js'
import { type LatencySummary, SlidingLatencies } from './latencies.js'

/** Options of a `StatsCollector`. */
export interface StatsOptions {
  /** The window of the percentiles, in ms. Default 60,000. */
  readonly windowMs?: number
  /** Clock; for tests. Default: the system's. */
  readonly runtime?: Runtime
}

export const statsRules = {
  windowMs: wholeNumber({ default: 60_000, unit: 'ms', min: 1_000, max: 3_600_000 }),
  runtime: runtimeRule,
} satisfies RulesOf<StatsOptions>

/** Counts since the collector was made or reset, in messages unless said otherwise, and latencies over its window. */
export interface InvalidationStats {
  /** Appended to the log. */
  readonly messagesPublished: number
  /** Taken from the live channel or the log. */
  readonly messagesReceived: number
  /** Handled without an error, in the end. */
  readonly messagesHandled: number
  readonly handledByAction: Readonly<Record<Invalidation['action'], number>>
  /** Of those received: read from the log, because they were not received live. */
  readonly replayed: number
  /** Received live and dropped, because the log had already given them. */
  readonly duplicates: number
  /** Received messages without a place in the log, from publishers that only use Pub/Sub. */
  readonly foreign: number
  /** Times the Pub/Sub connection was away, and such messages may have been lost. */
  readonly foreignGaps: number
  /** Times everything was evicted because continuity could not be proved. */
  readonly resyncs: number
  /** Times a failed handler was tried again. */
  readonly retries: number
  /** Given up on by the handler. */
  readonly deadLetters: number
  /**
   * Calls of `publish()` that rejected, and of `enqueue()` that failed in the same way. After a timeout the message is
   * still sent.
   */
  readonly publishFailures: number
  /** Failed publishes, and all that was reported as `error`. */
  readonly errors: number
  /** Over how long the latencies below were taken. They leave by sixths of it. */
  readonly windowMs: number
  /**
   * From `publish()` to the acknowledgement of its append, without the wait for replicas; undefined where there was
   * none in the window, and so below.
   */
  readonly publishMs: LatencySummary | undefined
  /** From the timestamp of a message to the end of its handler. */
  readonly propagationMs: LatencySummary | undefined
  /** From the first try of a handler to the end of the last. */
  readonly processMs: LatencySummary | undefined
}

/**
 * Counts what publishers and subscriptions do, and how long it takes: for a log line, a test or a page of your own,
 * without OpenTelemetry. The same one can be given to several, which are then counted together. Each stays in the sum
 * after it has closed, with its final counts: a `publish()` after `close()` is not added.
 */
export class StatsCollector {
  /** Adds up the records of publishers; each is in it until its publisher closes. @internal */
  readonly publishers = new Total(() => new PublisherCounters())
  /** Adds up the records of subscriptions; each is in it until its subscription closes. @internal */
  readonly subscriptions = new Total(() => new SubscriptionCounters())
  readonly #runtime: Runtime
  readonly #windowMs: number
  readonly #publishMs: SlidingLatencies
  readonly #propagationMs: SlidingLatencies
  readonly #processMs: SlidingLatencies

  /** @throws ConfigurationError when an option is unknown or out of range */
  constructor(options: StatsOptions = {}) {
    const { windowMs, runtime } = resolveOptions(statsRules, options, 'StatsCollector')
    this.#runtime = runtime
    this.#windowMs = windowMs
    this.#publishMs = new SlidingLatencies(windowMs)
    this.#propagationMs = new SlidingLatencies(windowMs)
    this.#processMs = new SlidingLatencies(windowMs)
  }

  /** What was counted up to now; a copy. */
  snapshot(): InvalidationStats {
    const now = this.#runtime.monotonic()
    const { published, publishFailures, errors } = this.publishers.sum()
    const sum = this.subscriptions.sum()
    const {
      received,
      handled,
      handledByAction,
      replayed,
      duplicates,
      foreign,
      foreignGaps,
      resyncs,
      retries,
      deadLetters,
    } = sum
    return {
      messagesPublished: published,
      messagesReceived: received,
      messagesHandled: handled,
      handledByAction,
      replayed,
      duplicates,
      foreign,
      foreignGaps,
      resyncs,
      retries,
      deadLetters,
      publishFailures,
      errors: publishFailures + errors + sum.errors,
      windowMs: this.#windowMs,
      publishMs: this.#publishMs.summary(now),
      propagationMs: this.#propagationMs.summary(now),
      processMs: this.#processMs.summary(now),
    }
  }

  /** Counts from zero again, and forgets the latencies. `subscription.counts` and metrics are not reset. */
  reset(): void {
    this.publishers.reset()
    this.subscriptions.reset()
    for (const latencies of [this.#publishMs, this.#propagationMs, this.#processMs]) latencies.clear()
  }

  /** So many calls of `publish()` took this long to be acknowledged; `now` is monotonic. @internal */
  publishTook(ms: number, now: number, times: number): void {
    this.#publishMs.record(ms, now, times)
  }

  /**
   * A handler succeeded. `propagationMs` is undefined if the message was never published, as in a resync; `now` is
   * monotonic, read by the caller, since reading that clock is most of the cost. @internal
   */
  handlerTook(processMs: number, propagationMs: number | undefined, now: number): void {
    if (propagationMs !== undefined) this.#propagationMs.record(propagationMs, now)
    this.#processMs.record(processMs, now)
  }
}

/** What a HandlerTimer asks of a message. */
interface HandledMessage {
  readonly message: InvalidationMessage
  readonly origin: { readonly mode: 'live' | 'replay' | 'resync' }
  /** When it was made, in ms since the epoch; absent if only its timestamp says so. */
  readonly sentAt?: number | undefined
  readonly startedAt: number
}

/**
 * Times the handled messages of a subscription for a StatsCollector: one object for all, with nothing made per message.
 */
export class HandlerTimer {
  readonly #stats: StatsCollector
  readonly #runtime: Runtime
  /** Reads the wall clock, in ms with a fraction. */
  readonly #now: () => number
  /** How far the wall clock is ahead of the monotonic one, as of the last frame that began. */
  #wallAhead = 0

  constructor(stats: StatsCollector, runtime: Runtime) {
    this.#stats = stats
    this.#runtime = runtime
    this.#now = preciseClock(runtime)
  }

  /** A frame is about to be handed over: the wall clock is read once for all of its messages. */
  frameBegins(): void {
    this.#wallAhead = this.#now() - this.#runtime.monotonic()
  }

  /**
   * A message was handled, from the first try to the end of the last; these moments are on the monotonic clock. The
   * message of a resync was never published, so it did not propagate.
   */
  handled({ message, origin, sentAt, startedAt }: HandledMessage, endedAt: number): void {
    const published = origin.mode === 'resync' ? undefined : (sentAt ?? timestampMs(message.timestamp))
    const propagationMs = published === undefined ? undefined : endedAt + this.#wallAhead - published
    this.#stats.handlerTook(endedAt - startedAt, propagationMs, endedAt)
  }
}

/** The rule of an option that takes a collector. */
export function statsCollector(defaultText: string): OptionRule<StatsCollector | undefined> {
  const isValid = (given: unknown): given is StatsCollector => given instanceof StatsCollector
  return checked({ expected: 'a StatsCollector', defaultText, isValid }, undefined)
}
