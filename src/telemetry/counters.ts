import type { Invalidation } from '../message/message.js'

/** What a subscription has done since it began, in messages unless said otherwise. */
export interface SubscriptionCounts {
  /** Taken from the live channel. */
  readonly live: number
  /** Read from the log. */
  readonly replayed: number
  /** Arrived live and were dropped, because the log had already given them. */
  readonly duplicates: number
  /** Received live, but not part of the history: a failover replaced their history, or somebody forged them. */
  readonly orphaned: number
  /** Came without a place in the log: from publishers that only use Pub/Sub. */
  readonly foreign: number
  /** Times the Pub/Sub connection was away, and such messages may have been lost. */
  readonly foreignGaps: number
  /** Were not messages, live or in the log: garbage, which is reported as `error` once a kind and minute. */
  readonly invalid: number
  /** Frames of a log in another database of the same Redis, which were dropped. */
  readonly otherLog: number
  /** Given up on by the handler. */
  readonly deadLetters: number
  /** Times the live channel did not continue the history, and the log was read. */
  readonly gaps: number
  /** Times everything was evicted because continuity could not be proved. */
  readonly resyncs: number
}

const subscriptionFields = [
  'live',
  'replayed',
  'duplicates',
  'orphaned',
  'foreign',
  'foreignGaps',
  'invalid',
  'otherLog',
  'deadLetters',
  'gaps',
  'retries',
  'errors',
] as const
const actions = ['delete', 'update', 'pattern', 'batch', 'tag'] as const
const publisherFields = ['published', 'publishFailures', 'errors'] as const
const cacheFields = [
  'hits',
  'negativeHits',
  'loads',
  'failedLoads',
  'fencedLoads',
  'joined',
  'displaced',
  'invalidations',
] as const
const cacheFieldsByReason = ['misses', 'stale', 'evictions'] as const

/** The counts of a cache, as far as they are measured. */
export type MeasuredCacheCounts = Readonly<Record<(typeof cacheFields)[number], number>> &
  Readonly<Record<(typeof cacheFieldsByReason)[number], Readonly<Record<string, number>>>>

/**
 * The one record of what a subscription counts: each fact is counted here, where it happens, and nowhere else.
 * `subscription.counts`, stats, metrics and announcements read it.
 */
export class SubscriptionCounters implements SubscriptionCounts {
  live = 0
  replayed = 0
  duplicates = 0
  orphaned = 0
  foreign = 0
  foreignGaps = 0
  invalid = 0
  otherLog = 0
  deadLetters = 0
  gaps = 0
  /** Times a failed handler was tried again. */
  retries = 0
  /** Emitted as `error`. */
  errors = 0
  /** Handled without an error, in the end. */
  readonly handledByAction: Record<Invalidation['action'], number> = {
    delete: 0,
    update: 0,
    pattern: 0,
    batch: 0,
    tag: 0,
  }
  readonly #resyncsByReason = new Map<string, number>()

  /** Taken from the live channel or the log. */
  get received(): number {
    return this.live + this.orphaned + this.foreign + this.replayed
  }

  get handled(): number {
    const { delete: deleted, update, pattern, batch, tag } = this.handledByAction
    return deleted + update + pattern + batch + tag
  }

  get resyncs(): number {
    let resyncs = 0
    for (const times of this.#resyncsByReason.values()) resyncs += times
    return resyncs
  }

  /** Resyncs by reason; a reason that has not occurred is absent. */
  get resyncsByReason(): ReadonlyMap<string, number> {
    return this.#resyncsByReason
  }

  /** Everything was evicted. */
  countResync(reason: string, times = 1): void {
    this.#resyncsByReason.set(reason, (this.#resyncsByReason.get(reason) ?? 0) + times)
  }

  /** A copy of the part that is public. */
  copy(): SubscriptionCounts {
    const { live, replayed, duplicates, orphaned, foreign, foreignGaps, invalid, otherLog, deadLetters, gaps } = this
    const { resyncs } = this
    return { live, replayed, duplicates, orphaned, foreign, foreignGaps, invalid, otherLog, deadLetters, gaps, resyncs }
  }

  /** Adds every count of another record, or takes it away. */
  add(other: SubscriptionCounters, sign: 1 | -1 = 1): void {
    for (const field of subscriptionFields) this[field] += sign * other[field]
    for (const action of actions) this.handledByAction[action] += sign * other.handledByAction[action]
    for (const [reason, times] of other.resyncsByReason) this.countResync(reason, sign * times)
  }
}

/** The one record of what a publisher counts. */
export class PublisherCounters {
  /** Calls of `publish()` and `enqueue()` whose message was appended. */
  published = 0
  /** Calls of `publish()` that rejected, and of `enqueue()` that failed in the same way. */
  publishFailures = 0
  /** Reported as `error`. */
  errors = 0

  /** Adds every count of another record, or takes it away. */
  add(other: PublisherCounters, sign: 1 | -1 = 1): void {
    for (const field of publisherFields) this[field] += sign * other[field]
  }
}

/** The counts of caches, added up. */
export class CacheSum implements MeasuredCacheCounts, Sum<MeasuredCacheCounts> {
  hits = 0
  negativeHits = 0
  loads = 0
  failedLoads = 0
  fencedLoads = 0
  joined = 0
  displaced = 0
  invalidations = 0
  readonly misses: Record<string, number> = {}
  readonly stale: Record<string, number> = {}
  readonly evictions: Record<string, number> = {}

  /** Adds every count of a cache or of a sum, or takes it away. */
  add(other: MeasuredCacheCounts, sign: 1 | -1 = 1): void {
    for (const field of cacheFields) this[field] += sign * other[field]
    for (const field of cacheFieldsByReason) {
      const counts = this[field]
      for (const [reason, times] of Object.entries(other[field])) counts[reason] = (counts[reason] ?? 0) + sign * times
    }
  }
}

/** A record to which others can be added. */
export interface Sum<Counters> {
  add(other: Counters, sign?: 1 | -1): void
}

/** The sum of many records. Of a removed record it keeps the final counts, and lets the record go. */
export class Total<Added extends Counters & Sum<Counters>, Counters = Added> {
  readonly #create: () => Added
  readonly #records = new Set<Counters>()
  /** Final counts of the removed records, less the sum at the last reset. */
  readonly #base: Added

  constructor(create: () => Added) {
    this.#create = create
    this.#base = create()
  }

  add(record: Counters): void {
    this.#records.add(record)
  }

  /** Later changes to this record are not in the sum. */
  remove(record: Counters): void {
    if (this.#records.delete(record)) this.#base.add(record)
  }

  sum(): Added {
    const sum = this.#create()
    sum.add(this.#base)
    for (const record of this.#records) sum.add(record)
    return sum
  }

  /** Restarts the sum at zero. The records stay as they are. */
  reset(): void {
    this.#base.add(this.sum(), -1)
  }
}
