import { parsePosition } from '../log/model/position.js'
import { type ConnectionOptions, connectionRules } from '../support/connection-options.js'
import {
  checked,
  group,
  oneOf,
  type OptionRule,
  type Resolved,
  type RulesOf,
  text,
  trueOrFalse,
  unexpected,
  wholeNumber,
} from '../support/option-rules.js'
import { type StatsCollector, statsCollector } from '../telemetry/stats-collector.js'
import { type CursorFactory, memoryCursor } from './handling/cursor.js'

const hour = 3_600_000

/** Names are shown to operators and kept in Redis. */
const nameLimits = { maxLength: 200 }

/** Options of `InvalidationSubscriber.connect`. */
export interface SubscriberOptions extends ConnectionOptions {
  /**
   * How many pages of the log are read at once, by all subscriptions of this process on this server together: when many
   * come back at once, the others wait for their turn. Default 4.
   */
  readonly replayConcurrency?: number
  /**
   * Whether you connect to a replica on purpose, such as a reader endpoint. Otherwise a subscriber on a replica
   * receives everything that the replica does, but vouches for nothing. With it, `verifiedAt` is as old as the last
   * data from the primary: up to 11 seconds more if nothing is published, since a primary pings its replicas every 10.
   * A slow link, on which bytes arrive late, is not detected. Default false.
   */
  readonly readReplica?: boolean
  /** Names the service to operators: `status` lists it. Default none. */
  readonly service?: string
  /**
   * Whose child the span of an evict is: `parent+link` makes it one of the publish, so that both are one trace; `link`
   * begins a trace of its own that only links to the publish. Default `parent+link`.
   */
  readonly consumerSpan?: 'parent+link' | 'link'
  /** Makes spans too for messages whose publisher did not record their trace: each begins its own. Default false. */
  readonly traceUnsampled?: boolean
  /** Counts what is handled, for all subscriptions together. Default: one for each subscription. */
  readonly stats?: StatsCollector
}

export const subscriberRules = {
  ...connectionRules,
  replayConcurrency: wholeNumber({ default: 4, unit: 'pages', min: 1, max: 1_000 }),
  readReplica: trueOrFalse(false),
  service: text(nameLimits),
  consumerSpan: oneOf(['parent+link', 'link'], 'parent+link'),
  traceUnsampled: trueOrFalse(false),
  stats: statsCollector('one for each subscription'),
} satisfies RulesOf<SubscriberOptions>

/** Options of a subscriber, checked, with their defaults. */
export type ResolvedSubscriberOptions = Resolved<typeof subscriberRules>

/**
 * How a message is tried again when its handler fails: beside those that come after it. Each delay is random, between
 * zero and a ceiling that doubles with each try.
 */
export interface RetryOptions {
  /**
   * How long after its first failure a message is tried again, in ms. Then it becomes a dead letter. The pattern `*`,
   * and so a resync, is tried again without end. Default 600,000.
   */
  readonly forMs?: number
  /** How often a message is tried at most, within that time. Default 1,000,000: the time alone is the limit. */
  readonly tries?: number
  /** Ceiling of the first delay, in ms; it doubles with each try. Default 100. */
  readonly minDelayMs?: number
  /** Ceiling of all delays, in ms. Default 30,000. */
  readonly maxDelayMs?: number
  /**
   * How many messages may be tried again beside the others. At that number the subscription takes in nothing more
   * (`lagging`). At most 10 of these tries run at once. Default 1,000.
   */
  readonly maxWaiting?: number
  /**
   * `any`: a message that fails lets those behind it pass. `strict`: it holds them up until it is handled or given up,
   * as `concurrency` allows; for handlers that do more than evict. Default `any`.
   */
  readonly order?: 'any' | 'strict'
}

export const retryRules = {
  forMs: wholeNumber({ default: 600_000, unit: 'ms', min: 0, max: 24 * hour }),
  tries: wholeNumber({ default: 1_000_000, unit: 'tries', min: 1, max: 1_000_000 }),
  minDelayMs: wholeNumber({ default: 100, unit: 'ms', min: 0, max: hour }),
  maxDelayMs: wholeNumber({ default: 30_000, unit: 'ms', min: 0, max: hour }),
  maxWaiting: wholeNumber({ default: 1_000, unit: 'messages', min: 1, max: 1_000_000 }),
  order: oneOf(['any', 'strict'], 'any'),
} satisfies RulesOf<RetryOptions>

/** Options of `subscribe`. */
export interface SubscriptionOptions {
  /**
   * Names this copy of the cache, for its cursor and its dead letters. Required with a durable cursor. Default none.
   */
  readonly name?: string
  /**
   * Where the position is saved: `memoryCursor()`, `redisCursor()` or `fileCursor(path)`. Default `memoryCursor()`:
   * a new process has an empty cache and begins at the head of the log.
   */
  readonly cursor?: CursorFactory
  /**
   * Where to begin when there is no cursor: `head`, `oldest` (the first entry the log still has) or a position as text.
   * Default: `head`; with a durable cursor whose position is gone, a resync (`no-cursor`). Set with a durable cursor,
   * it holds for one that got lost as well: `head` then skips what was missed.
   */
  readonly startAt?: string
  /**
   * How many tasks run at once: a task is a frame of the live channel, or a slice of a backlog, whose messages are
   * handled one after another. Default 1: in order of each publisher.
   */
  readonly concurrency?: number
  /** How long one try of a handler may take, in ms. Default 30,000. */
  readonly handlerTimeoutMs?: number
  /**
   * How many messages may wait for the handler, and as many again that arrive while the log is read; past that the log
   * is read at the handler's pace. Default 10,000.
   */
  readonly maxBuffered?: number
  /** The same bound in bytes of their JSON, as text: in memory they take up to some times as much. Default 8 MiB. */
  readonly maxBufferedBytes?: number
  /** How many entries a page of a replay holds at most. Default 1,000. */
  readonly pageSize?: number
  /** How often the position is saved at most, in ms. Default 1,000. */
  readonly commitIntervalMs?: number
  /** How many dead letters are kept, approximately. Default 10,000. */
  readonly deadLetterCap?: number
  /**
   * What a resync does: `evict` runs the handler with the pattern `*`; `notify` only emits the event. Default `evict`.
   */
  readonly onResync?: 'evict' | 'notify'
  /**
   * The reaction to a gap of the Pub/Sub connection, in which messages of services that publish without the log, such
   * as those on the Rust crate, may be lost. `notify` emits `foreignGap` if this subscriber has heard such a service.
   * `resync` evicts everything as well, after every such gap and at a start from a cursor, even if it has heard none.
   * Default `notify`.
   */
  readonly onForeignGap?: 'notify' | 'resync'
  /** Resync whenever the server's replication id changes. Default false: publishers repair what a failover lost. */
  readonly strictFailover?: boolean
  /**
   * The reaction to a dead letter. `resync` evicts everything (reason `dead-letter`), at most once a minute, so that
   * nothing stays stale. `keep` evicts nothing until you redrive the letter. Default `resync`.
   */
  readonly onDeadLetter?: 'resync' | 'keep'
  /** How a failing handler is tried again. Default `{}`. */
  readonly retry?: RetryOptions
}

/** `head` is the default, but is not filled in: a lost durable cursor takes only a `startAt` that was given. */
const startAt: OptionRule<string | undefined> = {
  expected: `'head', 'oldest' or a position such as "1795365850251-16@abcdefgh4mnz"`,
  defaultText: 'head',
  unit: '',
  resolve(given, name) {
    if (given === undefined || given === 'head' || given === 'oldest') return given
    if (typeof given !== 'string') throw unexpected(name, startAt.expected, given)
    try {
      parsePosition(given)
      return given
    } catch (cause) {
      throw unexpected(name, startAt.expected, given, { cause })
    }
  },
}

export const subscriptionRules = {
  name: text(nameLimits),
  // The store that it makes is checked when it is made.
  cursor: checked(
    {
      expected: 'memoryCursor(), redisCursor() or fileCursor(path)',
      defaultText: 'memoryCursor()',
      isValid: (given): given is CursorFactory => typeof given === 'function',
    },
    memoryCursor(),
  ),
  startAt,
  concurrency: wholeNumber({ default: 1, unit: 'tasks', min: 1, max: 1_000 }),
  handlerTimeoutMs: wholeNumber({ default: 30_000, unit: 'ms', min: 1, max: 24 * hour }),
  maxBuffered: wholeNumber({ default: 10_000, unit: 'messages', min: 1, max: 10_000_000 }),
  maxBufferedBytes: wholeNumber({ default: 8 * 1024 ** 2, unit: 'bytes', min: 1024, max: 4 * 1024 ** 3 }),
  pageSize: wholeNumber({ default: 1_000, unit: 'entries', min: 2, max: 100_000 }),
  commitIntervalMs: wholeNumber({ default: 1_000, unit: 'ms', min: 0, max: hour }),
  deadLetterCap: wholeNumber({ default: 10_000, unit: 'dead letters', min: 1, max: 10_000_000 }),
  onResync: oneOf(['evict', 'notify'], 'evict'),
  onForeignGap: oneOf(['notify', 'resync'], 'notify'),
  strictFailover: trueOrFalse(false),
  onDeadLetter: oneOf(['resync', 'keep'], 'resync'),
  retry: group(retryRules),
} satisfies RulesOf<SubscriptionOptions>

/** Options of a subscription, checked, with their defaults. */
export type ResolvedSubscriptionOptions = Resolved<typeof subscriptionRules>
