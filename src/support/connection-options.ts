import type { Logger } from './events.js'
import { checked, group, type RulesOf, runtimeRule, trueOrFalse, wholeNumber, withFunctions } from './option-rules.js'
import type { Runtime } from './runtime.js'

/** The channel that publishers and subscribers use if no other is named: `cache:invalidate`, as in the Rust crate. */
export const DEFAULT_CHANNEL = 'cache:invalidate'

/** Who connects to Redis. */
export interface Credentials {
  /** A user of Redis (ACL). Default: that of the URL, the options or the client. */
  readonly username?: string | undefined
  readonly password: string
}

/** Gives the credentials of the next connection. */
export type CredentialsSource = () => Credentials | Promise<Credentials>

/** How much the log keeps: whichever limit is reached first. The newest entry always stays. */
export interface RetentionOptions {
  /** Approximately, in entries. An entry is a frame, of one message or many. Default 100,000. */
  readonly maxEntries?: number
  /** Memory of the stream, in bytes. Redis may use 10 % and one frame more. Default 64 MiB. */
  readonly maxBytes?: number
  /** Age of the oldest entry, in ms by the clock of the server. Default: none. */
  readonly maxAgeMs?: number | undefined
}

/** The rules of {@link RetentionOptions}. */
export const retentionRules = {
  maxEntries: wholeNumber({ default: 100_000, unit: 'entries', min: 1, max: 1_000_000_000 }),
  maxBytes: wholeNumber({ default: 64 * 1024 ** 2, unit: 'bytes', min: 1024, max: 1024 ** 4 }),
  maxAgeMs: checked(
    {
      expected: 'a whole number of ms from 1 to 31536000000',
      defaultText: 'none',
      isValid: (given): given is number =>
        typeof given === 'number' && Number.isInteger(given) && given >= 1 && given <= 365 * 24 * 60 * 60_000,
    },
    undefined,
  ),
} satisfies RulesOf<RetentionOptions>

/** Options that publisher and subscriber share. */
export interface ConnectionOptions {
  /** The Pub/Sub channel; the log's keys derive from it. Default `cache:invalidate`. */
  readonly channel?: string
  /** How often the link is checked, in ms. Default 1,000. */
  readonly heartbeatMs?: number
  /** How long a command may take before its connection is replaced, in ms. Default 5,000. */
  readonly commandTimeoutMs?: number
  /** How long `close()` waits for what is still under way, in ms. Default 5,000. */
  readonly closeTimeoutMs?: number
  /**
   * Gives user and password, in place of those in the URL, the options or the client. It is called for each connection,
   * so passwords that rotate and tokens that expire are taken up by the next one. If it throws, rejects, or takes longer
   * than a third of `commandTimeoutMs`, that attempt to connect fails: `error` is emitted. The next attempt calls it
   * again, or waits for a late call. If it gives no `password`, or values that are not strings, `connect()` rejects
   * with `ConfigurationError`.
   * Sentinels have `sentinelUsername` and `sentinelPassword`. Default: none.
   */
  readonly credentials?: CredentialsSource
  /** How much the log keeps. Give all publishers and subscribers of a channel the same. Default `{}`. */
  readonly retention?: RetentionOptions
  /**
   * In a Redis Cluster: publishes to the log's shard alone (`SPUBLISH`), which costs the other nodes nothing, in place
   * of every node. All publishers and subscribers of a channel must have the same, and services with the Rust crate
   * hear nothing of it. Needs Redis 7. Default false.
   */
  readonly sharded?: boolean
  /**
   * Whether publishers and subscriptions keep a record of themselves in the log, written every few seconds. It shows
   * them to operators, and after a failover subscribers wait for the publishers that have a record. Default true.
   */
  readonly announce?: boolean
  /**
   * Whether spans are made and traces carried, where the application has set up OpenTelemetry. Metrics follow its meter
   * provider whatever this says. Default true.
   */
  readonly tracing?: boolean
  /** Takes errors that can't be thrown, and warnings; pino, winston and `console` fit. Default: none. */
  readonly logger?: Logger
  /** Clock, timers and randomness; for tests. Default: the system's. */
  readonly runtime?: Runtime
}

const minute = 60_000
const hour = 60 * minute

/** The rules of {@link ConnectionOptions}; other tables take single rules from it. */
export const connectionRules = {
  // The log checks which texts can name a channel. Without one, a log that was given has its own.
  channel: checked(
    {
      expected: 'a string',
      defaultText: DEFAULT_CHANNEL,
      isValid: (given): given is string => typeof given === 'string',
    },
    undefined,
  ),
  heartbeatMs: wholeNumber({ default: 1_000, unit: 'ms', min: 10, max: hour }),
  commandTimeoutMs: wholeNumber({ default: 5_000, unit: 'ms', min: 10, max: 10 * minute }),
  closeTimeoutMs: wholeNumber({ default: 5_000, unit: 'ms', min: 0, max: hour }),
  credentials: checked(
    {
      expected: 'a function',
      defaultText: 'none',
      isValid: (given): given is CredentialsSource => typeof given === 'function',
    },
    undefined,
  ),
  retention: group(retentionRules),
  sharded: trueOrFalse(false),
  announce: trueOrFalse(true),
  tracing: trueOrFalse(true),
  logger: withFunctions<Logger, undefined>(['debug', 'info', 'warn', 'error'], 'none', undefined),
  runtime: runtimeRule,
} satisfies RulesOf<ConnectionOptions>
