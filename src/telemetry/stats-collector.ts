import type { Invalidation } from '../message/message.js'
import { describeValue } from '../support/describe-value.js'
import { ConfigurationError } from '../support/errors.js'
import { checkEquipment, rejectUnknownOptions, resolveNumbers, statsNumbers } from '../support/option-rules.js'
import { type Runtime, systemRuntime } from '../support/runtime.js'
import { type LatencySummary, SlidingLatencies } from './latencies.js'

/** Options of a `StatsCollector`. */
export interface StatsOptions {
  /** Over how long latencies are told, in ms. Default 60,000. */
  readonly windowMs?: number
  /** Clock; for tests. Default: the system's. */
  readonly runtime?: Runtime
}

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
  /** Times everything was evicted because continuity could not be proved. */
  readonly resyncs: number
  /** Times a failed handler was tried again. */
  readonly retries: number
  /** Given up on by the handler. */
  readonly deadLetters: number
  /** Calls of `publish()` that rejected; what timed out is still sent. */
  readonly publishFailures: number
  /** Failed publishes, and all that was told as `error`. */
  readonly errors: number
  /** Over how long the latencies below were taken. They leave by sixths of it. */
  readonly windowMs: number
  /**
   * From `publish()` to the acknowledgement of its append, without the wait for replicas; undefined where there was none
   * in the window, and so below.
   */
  readonly publishMs: LatencySummary | undefined
  /** From the timestamp of a message to the end of its handler. */
  readonly propagationMs: LatencySummary | undefined
  /** From the first try of a handler to the end of the last. */
  readonly processMs: LatencySummary | undefined
}

const none = {
  published: 0,
  received: 0,
  replayed: 0,
  duplicates: 0,
  resyncs: 0,
  retries: 0,
  deadLetters: 0,
  publishFailures: 0,
  errors: 0,
}

const noneHandled: Readonly<Record<Invalidation['action'], number>> = { delete: 0, update: 0, pattern: 0, batch: 0 }

/**
 * Counts what a publisher or a subscription does, and how long it takes: for a log line, a test or a page of your own,
 * where there is no OpenTelemetry. The same one can be given to several, which then count together.
 */
export class StatsCollector {
  readonly #runtime: Runtime
  readonly #windowMs: number
  readonly #publishMs: SlidingLatencies
  readonly #propagationMs: SlidingLatencies
  readonly #processMs: SlidingLatencies
  #counts = { ...none }
  #handled = { ...noneHandled }

  /** @throws ConfigurationError when an option is unknown or out of range */
  constructor(options: StatsOptions = {}) {
    rejectUnknownOptions(options, [...Object.keys(statsNumbers), 'runtime'], 'StatsCollector')
    checkEquipment(options)
    const { windowMs } = resolveNumbers(statsNumbers, options)
    this.#runtime = options.runtime ?? systemRuntime
    this.#windowMs = windowMs
    this.#publishMs = new SlidingLatencies(windowMs)
    this.#propagationMs = new SlidingLatencies(windowMs)
    this.#processMs = new SlidingLatencies(windowMs)
  }

  /** What was counted up to now; a copy. */
  snapshot(): InvalidationStats {
    const now = this.#runtime.monotonic()
    const { published, received, ...counts } = this.#counts
    const handledByAction = { ...this.#handled }
    const { delete: deleted, update: updated, pattern, batch } = handledByAction
    return {
      messagesPublished: published,
      messagesReceived: received,
      messagesHandled: deleted + updated + pattern + batch,
      handledByAction,
      ...counts,
      windowMs: this.#windowMs,
      publishMs: this.#publishMs.summary(now),
      propagationMs: this.#propagationMs.summary(now),
      processMs: this.#processMs.summary(now),
    }
  }

  /** Begins anew. */
  reset(): void {
    this.#counts = { ...none }
    this.#handled = { ...noneHandled }
    for (const latencies of [this.#publishMs, this.#propagationMs, this.#processMs]) latencies.clear()
  }

  /** So many messages were appended, each this long after it was published; `now` is monotonic. @internal */
  published(count: number, publishMs: number, now = this.#runtime.monotonic()): void {
    this.#counts.published += count
    this.#publishMs.record(publishMs, now, count)
  }

  /** @internal */
  publishFailed(count: number): void {
    this.#counts.publishFailures += count
    this.#counts.errors += count
  }

  /** @internal */
  received(count: number, mode: 'live' | 'replay'): void {
    this.#counts.received += count
    if (mode === 'replay') this.#counts.replayed += count
  }

  /** Messages were dropped, because the log had given them before. @internal */
  droppedDuplicates(count: number): void {
    this.#counts.duplicates += count
  }

  /**
   * A handler succeeded. `propagationMs` is undefined where the message was never published, as in a resync; `now` is
   * monotonic, for who has read that clock anyhow: it is most of the cost. @internal
   */
  handled(
    action: Invalidation['action'],
    propagationMs: number | undefined,
    processMs: number,
    now = this.#runtime.monotonic(),
  ): void {
    this.#handled[action] += 1
    if (propagationMs !== undefined) this.#propagationMs.record(propagationMs, now)
    this.#processMs.record(processMs, now)
  }

  /** A handler that failed is tried again. @internal */
  retried(): void {
    this.#counts.retries += 1
  }

  /** A handler was given up on; the `error` it makes is counted by {@link failed}. @internal */
  deadLettered(): void {
    this.#counts.deadLetters += 1
  }

  /** @internal */
  resynced(): void {
    this.#counts.resyncs += 1
  }

  /** Something was told as `error`. @internal */
  failed(): void {
    this.#counts.errors += 1
  }
}

/** @throws ConfigurationError for what is no collector */
export function checkStats(stats: unknown): void {
  if (stats === undefined || stats instanceof StatsCollector) return
  throw new ConfigurationError(`Expected \`stats\` to be a StatsCollector, got ${describeValue(stats)}`)
}
