import { parsePosition } from '../log/model/position.js'
import { describeValue } from '../support/describe-value.js'
import { ConfigurationError } from '../support/errors.js'
import {
  checkEquipment,
  checkSwitch,
  type ConnectionOptions,
  rejectUnknownOptions,
  resolveNumbers,
  retryNumbers,
  subscriberNumbers,
  subscriptionNumbers,
} from '../support/option-rules.js'
import { checkStats, type StatsCollector } from '../telemetry/stats-collector.js'
import { type CursorFactory, memoryCursor } from './handling/cursor.js'

/** Options of `InvalidationSubscriber.connect`. */
export interface SubscriberOptions extends ConnectionOptions {
  /**
   * How many pages of the log are read at once, by all subscriptions of this process on this server together: when many
   * come back at once, the others wait for their turn. Default 4.
   */
  readonly replayConcurrency?: number
  /** Names the service to operators: `status` lists it. Default none. */
  readonly service?: string
  /** Whether subscriptions make themselves known to operators, every few seconds in the log. Default true. */
  readonly announce?: boolean
  /**
   * Whose child the span of an evict is: `parent+link` makes it one of the publish, so that both are one trace; `link`
   * begins a trace of its own that only links to the publish. Default `parent+link`.
   */
  readonly consumerSpan?: 'parent+link' | 'link'
  /** Makes spans too for messages whose publisher did not record their trace: each begins its own. Default false. */
  readonly traceUnsampled?: boolean
  /** Counts what is handled, for all subscriptions together. Default: each has one of its own. */
  readonly stats?: StatsCollector
}

/** Options of a subscriber with their defaults filled in. */
export type ResolvedSubscriberOptions = Readonly<Record<keyof typeof subscriberNumbers, number>> &
  Required<Pick<SubscriberOptions, 'sharded' | 'service' | 'announce' | 'tracing' | 'consumerSpan' | 'traceUnsampled'>>

/** How a failing handler is tried again: full-jitter exponential delays between the tries. */
export interface RetryOptions {
  /** How often a handler is tried in all. Default 3. */
  readonly tries?: number
  /** Ceiling of the first delay, in ms; it doubles with each try. Default 100. */
  readonly minDelayMs?: number
  /** Ceiling of all delays, in ms. Default 5,000. */
  readonly maxDelayMs?: number
}

/** Options of `subscribe`. */
export interface SubscriptionOptions {
  /** Names this copy of the cache, for its cursor and its dead letters. Required with a durable cursor. */
  readonly name?: string
  /**
   * Where the position is saved: `memoryCursor()`, `redisCursor()` or `fileCursor(path)`. Default `memoryCursor()`:
   * a new process has an empty cache and begins at the head of the log.
   */
  readonly cursor?: CursorFactory
  /**
   * Where to begin when there is no cursor: `head`, `oldest` (the first entry the log still has) or a position as text.
   * Default: `head`; with a durable cursor whose position is gone, a resync (`no-cursor`). Set with a durable cursor, it
   * holds for one that got lost as well: `head` then skips what was missed.
   */
  readonly startAt?: string
  /**
   * How many tasks run at once: a task is a frame of the live channel, or a slice of a backlog, whose messages are
   * handled one after another. Default 1: in order of each publisher.
   */
  readonly concurrency?: number
  /** How a failing handler is tried again. */
  readonly retry?: RetryOptions
  /** How long one try of a handler may take, in ms. Default 30,000. */
  readonly handlerTimeoutMs?: number
  /** What a resync does: `evict` runs the handler with the pattern `*`; `notify` only emits the event. Default `evict`. */
  readonly onResync?: 'evict' | 'notify'
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
  /** Resync whenever the server's replication id changes. Default false: publishers repair what a failover lost. */
  readonly strictFailover?: boolean
}

const subscriptionKeys = [
  ...Object.keys(subscriptionNumbers),
  'name',
  'cursor',
  'startAt',
  'retry',
  'onResync',
  'strictFailover',
]

/** @throws ConfigurationError when an option is unknown, out of range or of the wrong kind */
export function resolveSubscriberOptions(options: SubscriberOptions): ResolvedSubscriberOptions {
  const others = [
    'channel',
    'sharded',
    'logger',
    'runtime',
    'service',
    'announce',
    'tracing',
    'consumerSpan',
    'traceUnsampled',
    'stats',
  ]
  rejectUnknownOptions(options, [...Object.keys(subscriberNumbers), ...others], 'InvalidationSubscriber.connect')
  checkEquipment(options)
  const {
    service = '',
    announce = true,
    sharded = false,
    tracing = true,
    consumerSpan = 'parent+link',
    traceUnsampled = false,
  } = options
  checkName('service', service)
  checkSwitch('announce', announce)
  checkSwitch('sharded', sharded)
  checkSwitch('tracing', tracing)
  checkSwitch('traceUnsampled', traceUnsampled)
  checkStats(options.stats)
  if (consumerSpan !== 'parent+link' && consumerSpan !== 'link') {
    throw new ConfigurationError(
      `Expected \`consumerSpan\` to be 'parent+link' or 'link', got ${describeValue(consumerSpan)}`,
    )
  }
  const numbers = resolveNumbers(subscriberNumbers, options)
  return { ...numbers, service, announce, sharded, tracing, consumerSpan, traceUnsampled }
}

/** @throws ConfigurationError when an option is unknown, out of range or of the wrong kind */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the type is derived from this function
export function resolveSubscriptionOptions(options: SubscriptionOptions) {
  rejectUnknownOptions(options, subscriptionKeys, 'subscribe')
  const {
    name = '',
    cursor = memoryCursor(),
    startAt,
    retry = {},
    onResync = 'evict',
    strictFailover = false,
  } = options
  rejectUnknownOptions(retry, Object.keys(retryNumbers), 'retry')
  checkName('name', name)
  if (typeof cursor !== 'function') {
    throw new ConfigurationError('Expected `cursor` to be memoryCursor(), redisCursor() or fileCursor(path)')
  }
  if (startAt !== undefined && startAt !== 'head' && startAt !== 'oldest') checkPosition(startAt)
  checkSwitch('strictFailover', strictFailover)
  if (onResync !== 'evict' && onResync !== 'notify') {
    throw new ConfigurationError(`Expected \`onResync\` to be 'evict' or 'notify', got ${describeValue(onResync)}`)
  }
  return {
    ...resolveNumbers(subscriptionNumbers, options),
    retry: resolveNumbers(retryNumbers, retry, 'retry.'),
    name,
    cursor,
    startAt,
    onResync,
    strictFailover,
  }
}

export type ResolvedSubscriptionOptions = ReturnType<typeof resolveSubscriptionOptions>

function checkName(option: string, value: unknown): void {
  if (typeof value === 'string' && value.length <= 200) return
  throw new ConfigurationError(
    `Expected \`${option}\` to be a string of at most 200 characters, got ${describeValue(value)}`,
  )
}

function checkPosition(startAt: string): void {
  try {
    parsePosition(startAt)
  } catch (error) {
    const expected = "Expected `startAt` to be 'head', 'oldest' or a position such as \"1795365850251-16@abcdefgh4mnz\""
    throw new ConfigurationError(`${expected}, got ${describeValue(startAt)}`, { cause: error })
  }
}
