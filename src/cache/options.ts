import { type ConnectionOptions, connectionRules } from '../support/connection-options.js'
import {
  checked,
  group,
  oneOf,
  type Resolved,
  type RulesOf,
  text,
  trueOrFalse,
  wholeNumber,
} from '../support/option-rules.js'
import { roughSize } from './rough-size.js'

const day = 24 * 3_600_000
const year = 365 * day

/** How long values are served, and how they are loaded: for a cache, an entity or one call. */
export interface CachePolicyOptions {
  /** How long a value is fresh, in ms. Default 3,600,000. */
  readonly ttlMs?: number
  /**
   * By how many percent of `ttlMs` a value is fresh for less, at random, so that values which were loaded together do not
   * end together. Default 10.
   */
  readonly ttlJitterPercent?: number
  /** How long it is remembered that there is no value, in ms; 0: not at all. Default 60,000. */
  readonly negativeTtlMs?: number
  /** For how long past its time a value is served while it is loaded again in the background, in ms. Default 0. */
  readonly staleWhileRevalidateMs?: number
  /** For how long past its time a value is served if its load fails, in ms. Default 0. */
  readonly staleIfErrorMs?: number
  /** How long after a load that failed the stale value is served without another try, in ms. Default 1,000. */
  readonly errorPauseMs?: number
  /** How long a load may take, in ms. Then its callers get `LoadTimeoutError`. Default 30,000. */
  readonly loadTimeoutMs?: number
  /**
   * How long a read waits for a load if a stale value may be served by one of the two options, in ms: then it gets that,
   * and the load goes on. Default: none, so it waits as long as the load takes.
   */
  readonly softLoadTimeoutMs?: number | undefined
}

const milliseconds = (fallback: number, max = year): ReturnType<typeof wholeNumber> =>
  wholeNumber({ default: fallback, unit: 'ms', min: 0, max })

export const policyRules = {
  ttlMs: milliseconds(3_600_000),
  ttlJitterPercent: wholeNumber({ default: 10, unit: 'percent', min: 0, max: 100 }),
  negativeTtlMs: milliseconds(60_000),
  staleWhileRevalidateMs: milliseconds(0),
  staleIfErrorMs: milliseconds(0),
  errorPauseMs: milliseconds(1_000, day),
  loadTimeoutMs: wholeNumber({ default: 30_000, unit: 'ms', min: 1, max: day }),
  softLoadTimeoutMs: checked(
    {
      expected: 'a whole number of ms from 0 to 86400000',
      defaultText: 'none',
      isValid: (given): given is number =>
        typeof given === 'number' && Number.isInteger(given) && given >= 0 && given <= day,
    },
    undefined,
  ),
} satisfies RulesOf<CachePolicyOptions>

/** A policy, checked, with its defaults. */
export type CachePolicy = Resolved<typeof policyRules>

/** How much is kept in memory. The values that were used least recently make room. */
export interface CacheMemoryOptions {
  /** How many entries are kept. Default 50,000. */
  readonly maxEntries?: number
  /** How many bytes all values may take, by `sizeOf`. Default: none, and nothing is measured. */
  readonly maxBytes?: number | undefined
  /** How many bytes a value takes. Default: an estimate from its texts, numbers and buffers. */
  readonly sizeOf?: (value: unknown, key: string) => number
}

export const memoryRules = {
  maxEntries: wholeNumber({ default: 50_000, unit: 'entries', min: 1, max: 16_000_000 }),
  maxBytes: checked(
    {
      expected: 'a whole number of bytes from 1 to 1099511627776',
      defaultText: 'none',
      isValid: (given): given is number =>
        typeof given === 'number' && Number.isInteger(given) && given >= 1 && given <= 1024 ** 4,
    },
    undefined,
  ),
  sizeOf: checked(
    {
      expected: 'a function',
      defaultText: 'an estimate',
      isValid: (given): given is (value: unknown, key: string) => number => typeof given === 'function',
    },
    roughSize,
  ),
} satisfies RulesOf<CacheMemoryOptions>

/** Options of a cache, beside those of its connections. */
export interface CacheOwnOptions extends CachePolicyOptions {
  /** Names this cache to operators, in `status` and metrics. Default none. */
  readonly name?: string
  /** How much is kept in memory. Default `{}`. */
  readonly memory?: CacheMemoryOptions
  /**
   * How long the cache may go without proof that it has handled every invalidation, in ms. Then reads go to the loader.
   * Redis proves it once per `heartbeatMs`, so this must be at least three heartbeats. Default 10,000.
   */
  readonly maxStalenessMs?: number
  /** What reads do without that proof: `load` past the cache, or `serve` from it all the same. Default `load`. */
  readonly whenUnverified?: 'load' | 'serve'
  /**
   * Whether values are frozen, deeply: all readers share them, and one that changes a value would change it for all.
   * Default: true, unless `NODE_ENV` is `production`.
   */
  readonly freeze?: boolean
  /** Whether each read gets a copy of its own, by `structuredClone`. Default false. */
  readonly clone?: boolean
}

const cacheOwnRules = {
  ...policyRules,
  name: text({ maxLength: 200 }),
  memory: group(memoryRules),
  maxStalenessMs: wholeNumber({ default: 10_000, unit: 'ms', min: 30, max: day }),
  whenUnverified: oneOf(['load', 'serve'], 'load'),
  freeze: {
    ...trueOrFalse(process.env.NODE_ENV !== 'production'),
    defaultText: 'true, unless NODE_ENV is production',
  },
  clone: trueOrFalse(false),
} satisfies RulesOf<CacheOwnOptions>

/** Options of `CoherentCache.connect`. */
export interface CacheOptions extends CacheOwnOptions, ConnectionOptions {
  /** The name of this service: it signs what the cache publishes, and `status` shows it. Required. */
  readonly service: string
}

export const cacheRules = {
  ...connectionRules,
  ...cacheOwnRules,
  service: { ...text({ maxLength: 200 }), defaultText: 'required' },
} satisfies RulesOf<CacheOptions>

/** Options of `CoherentCache.attach`. */
export interface CacheAttachOptions
  extends CacheOwnOptions, Pick<ConnectionOptions, 'tracing' | 'logger' | 'runtime'> {}

export const attachRules = {
  ...cacheOwnRules,
  tracing: connectionRules.tracing,
  logger: connectionRules.logger,
  runtime: connectionRules.runtime,
} satisfies RulesOf<CacheAttachOptions>

/** Options of a cache, checked, with their defaults. */
export type ResolvedCacheOptions = Resolved<typeof attachRules>

/** Options of `getOrLoad`. */
export interface LoadOptions extends CachePolicyOptions {
  /** Tags of the value. Default: none. */
  readonly tags?: readonly string[]
}

/** Options of `wrap`. */
export interface WrapOptions<Arguments extends readonly unknown[], Value> extends CachePolicyOptions {
  /** The cache key of a call. Required. */
  readonly key: (...args: Arguments) => string
  /** Tags of the value. Default: none. */
  readonly tags?: readonly string[] | ((value: Value, ...args: Arguments) => readonly string[])
}
