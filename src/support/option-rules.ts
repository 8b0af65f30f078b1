import { describeValue } from './describe-value.js'
import { ConfigurationError } from './errors.js'
import type { Logger } from './events.js'
import type { Runtime } from './runtime.js'
import { describeThrown } from './thrown.js'

/** A number among the options: its default, its unit, and what it may be. */
export interface NumberOption {
  readonly default: number
  readonly unit: string
  readonly min: number
  readonly max: number
}

const minute = 60_000
const hour = 60 * minute

/** Options that publisher and subscriber share: numbers. */
export const connectionNumbers = {
  heartbeatMs: { default: 1_000, unit: 'ms', min: 10, max: hour },
  commandTimeoutMs: { default: 5_000, unit: 'ms', min: 10, max: 10 * minute },
  closeTimeoutMs: { default: 5_000, unit: 'ms', min: 0, max: hour },
  cap: { default: 100_000, unit: 'entries', min: 1, max: 1_000_000_000 },
} as const satisfies Record<string, NumberOption>

export const subscriberNumbers = {
  ...connectionNumbers,
  replayConcurrency: { default: 4, unit: 'pages', min: 1, max: 1_000 },
} as const satisfies Record<string, NumberOption>

export const publisherNumbers = {
  ...connectionNumbers,
  publishTimeoutMs: { default: 5_000, unit: 'ms', min: 1, max: hour },
  maxQueued: { default: 100_000, unit: 'messages', min: 1, max: 10_000_000 },
  maxQueuedBytes: { default: 64 * 1024 * 1024, unit: 'bytes', min: 1024, max: 4 * 1024 ** 3 },
} as const satisfies Record<string, NumberOption>

/** How much a publisher remembers of what was acknowledged, for repair after a failover. */
export const repairNumbers = {
  maxFrames: { default: 10_000, unit: 'frames', min: 1, max: 1_000_000 },
  maxBytes: { default: 16 * 1024 * 1024, unit: 'bytes', min: 1024, max: 1024 ** 3 },
  maxAgeMs: { default: minute, unit: 'ms', min: 1, max: 24 * hour },
} as const satisfies Record<string, NumberOption>

export const waitReplicasNumbers = {
  count: { default: 1, unit: 'replicas', min: 1, max: 100 },
  timeoutMs: { default: 1_000, unit: 'ms', min: 1, max: minute },
} as const satisfies Record<string, NumberOption>

export const subscriptionNumbers = {
  concurrency: { default: 1, unit: 'tasks', min: 1, max: 1_000 },
  handlerTimeoutMs: { default: 30_000, unit: 'ms', min: 1, max: 24 * hour },
  maxBuffered: { default: 10_000, unit: 'messages', min: 1, max: 10_000_000 },
  maxBufferedBytes: { default: 8 * 1024 * 1024, unit: 'bytes', min: 1024, max: 4 * 1024 ** 3 },
  pageSize: { default: 1_000, unit: 'entries', min: 2, max: 100_000 },
  commitIntervalMs: { default: 1_000, unit: 'ms', min: 0, max: hour },
  deadLetterCap: { default: 10_000, unit: 'dead letters', min: 1, max: 10_000_000 },
} as const satisfies Record<string, NumberOption>

/** How long `waitFor()` and `caughtUp()` wait. */
export const waitNumbers = {
  timeoutMs: { default: 10_000, unit: 'ms', min: 0, max: 24 * hour },
} as const satisfies Record<string, NumberOption>

export const retryNumbers = {
  tries: { default: 3, unit: 'tries', min: 1, max: 100 },
  minDelayMs: { default: 100, unit: 'ms', min: 0, max: hour },
  maxDelayMs: { default: 5_000, unit: 'ms', min: 0, max: hour },
} as const satisfies Record<string, NumberOption>

/** Over how long a `StatsCollector` tells latencies. */
export const statsNumbers = {
  windowMs: { default: minute, unit: 'ms', min: 1_000, max: hour },
} as const satisfies Record<string, NumberOption>

/** Options that publisher and subscriber share. */
export interface ConnectionOptions {
  /** The Pub/Sub channel; the log's keys derive from it. Default `cache:invalidate`. */
  readonly channel?: string
  /**
   * In a Redis Cluster: publishes to the log's shard alone (`SPUBLISH`), which costs the other nodes nothing, in place of
   * every node. All publishers and subscribers of a channel must have the same, and services with the Rust crate hear
   * nothing of it. Needs Redis 7. Default false.
   */
  readonly sharded?: boolean
  /** How often the link is checked, in ms. Default 1,000. */
  readonly heartbeatMs?: number
  /** How long a command may take before its connection is replaced, in ms. Default 5,000. */
  readonly commandTimeoutMs?: number
  /** How long `close()` waits for what is still under way, in ms. Default 5,000. */
  readonly closeTimeoutMs?: number
  /** How many entries the log keeps, approximately. Default 100,000. */
  readonly cap?: number
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

const loggerCalls = ['debug', 'info', 'warn', 'error']
const runtimeCalls = ['now', 'monotonic', 'after', 'yield', 'random', 'uuid']

/** @throws ConfigurationError when a logger or a runtime lacks one of its functions */
export function checkEquipment({ logger, runtime }: Pick<ConnectionOptions, 'logger' | 'runtime'>): void {
  checkFunctions(logger, loggerCalls, 'logger')
  checkFunctions(runtime, runtimeCalls, 'runtime')
}

function checkFunctions(given: object | undefined, names: readonly string[], option: string): void {
  if (given === undefined) return
  const missing = names.find((name) => typeof (given as Record<string, unknown> | null)?.[name] !== 'function')
  if (missing === undefined) return
  throw new ConfigurationError(
    `Expected \`${option}\` to have the functions ${names.join(', ')}; it has no \`${missing}\``,
  )
}

/** @throws ConfigurationError where a switch is neither true nor false */
export function checkSwitch(name: string, value: unknown): asserts value is boolean {
  if (typeof value === 'boolean') return
  throw new ConfigurationError(`Expected \`${name}\` to be true or false, got ${describeValue(value)}`)
}

/** @throws ConfigurationError for what is no AbortSignal */
export function checkSignal(signal: unknown): void {
  if (signal === undefined || signal instanceof AbortSignal) return
  throw new ConfigurationError(`Expected \`signal\` to be an AbortSignal, got ${describeValue(signal)}`)
}

/** The default channel, the crate's. */
export const defaultChannel = 'cache:invalidate'

type Numbers<Table> = { readonly [Name in keyof Table]: number }

/**
 * Fills in defaults and checks ranges.
 *
 * @throws ConfigurationError that names the option, what was expected and what was given
 */
export function resolveNumbers<Table extends Record<string, NumberOption>>(
  table: Table,
  given: { readonly [Name in keyof Table]?: number | undefined },
  prefix = '',
): Numbers<Table> {
  const resolved: Record<string, number> = {}
  for (const [name, option] of Object.entries(table)) {
    const value = given[name] ?? option.default
    if (!Number.isInteger(value) || value < option.min || value > option.max) {
      throw new ConfigurationError(
        `Expected \`${prefix}${name}\` to be a whole number of ${option.unit} from ${option.min} to ${option.max}, got \`${describeValue(value)}\``,
      )
    }
    resolved[name] = value
  }
  return resolved as Numbers<Table>
}

/**
 * @throws ConfigurationError when `given` is no object, or one of its keys is none of `known`: a misspelt option must not
 *   pass silently
 */
export function rejectUnknownOptions(given: unknown, known: readonly string[], where: string): asserts given is object {
  const keys = typeof given === 'object' && given !== null ? readKeys(given, where) : undefined
  if (keys === undefined) {
    throw new ConfigurationError(`Expected the options of ${where} to be an object, got ${describeValue(given)}`)
  }
  for (const key of keys) {
    if (!known.includes(key)) {
      throw new ConfigurationError(`Unknown option \`${key}\` of ${where}: expected one of ${known.join(', ')}`)
    }
  }
}

/** The keys of options; undefined for an array. Each is read as well: a getter may throw. */
function readKeys(given: object, where: string): readonly string[] | undefined {
  try {
    return Array.isArray(given) ? undefined : Object.entries(given).map(([key]) => key)
  } catch (cause) {
    throw new ConfigurationError(`The options of ${where} can't be read: ${describeThrown(cause)}`, { cause })
  }
}
