import { isKeyClient } from '../log/redis/delete-matching.js'
import { buildCacheKey } from '../message/cache-key.js'
import type { Invalidation } from '../message/message.js'
import type { InvalidationHandler } from '../subscriber/handling/delivery.js'
import { ConfigurationError } from '../support/errors.js'
import { checked, resolveOptions, type RulesOf, text, trueOrFalse, wholeNumber } from '../support/option-rules.js'
import { describeThrown, isError } from '../support/thrown.js'
import type { Evictor, TagsOf, TargetSettings } from './evictor.js'
import { KeyvEvictor } from './keyv-evictor.js'
import { MapEvictor } from './map-evictor.js'
import { RedisEvictor } from './redis-evictor.js'
import { type EvictTarget, isCacheManager, isKeyv, isMapTarget, kindOf } from './targets.js'

/** Options of {@link evict}. */
export interface EvictOptions<Value = unknown> {
  /**
   * Text before each cache key: `gateway:` for a cache that keeps `user:1` as `gateway:user:1`. In addition to
   * the `keyPrefix` of an ioredis client and the `namespace` of a Keyv. Default: none.
   */
  readonly prefix?: string
  /**
   * Whether keys in Redis may have no prefix at all: then the pattern `*` deletes every key of that database, except for
   * those of logs. Default false.
   */
  readonly allowEmptyPrefix?: boolean
  /** How many keys are deleted at once, and how many the server checks per SCAN. Default 1,000. */
  readonly batchSize?: number
  /**
   * Gives the tags of a value, so that the invalidation of a tag evicts the values that carry it: for a Map or a Keyv. It
   * is called for each value in the cache, so a tag costs as much as a pattern. Default: none, and a tag evicts nothing.
   */
  readonly tagsOf?: (value: Value, key: string) => readonly string[]
}

/** A target of {@link evict} with options of its own, which go before those of all. */
export interface EvictTargetOptions<Value = unknown> extends EvictOptions<Value> {
  readonly target: EvictTarget<Value>
}

const isTagsOf = (given: unknown): given is TagsOf => typeof given === 'function'

export const evictRules = {
  prefix: text({ maxLength: 8_192 }),
  allowEmptyPrefix: trueOrFalse(false),
  batchSize: wholeNumber({ default: 1_000, unit: 'keys', min: 1, max: 100_000 }),
  tagsOf: checked({ expected: 'a function', defaultText: 'none', isValid: isTagsOf }, undefined),
} satisfies RulesOf<EvictOptions>

/**
 * A handler that evicts from a cache what each message names:
 *
 * ```ts
 * subscriber.subscribe(evict(cache))
 * subscriber.subscribe(evict([cache, { target: redis, prefix: 'gateway:' }]))
 * ```
 *
 * It takes a `Map` and what is like one (lru-cache, quick-lru), a Keyv 5 or 6, a cache of cache-manager 7, an ioredis
 * client or Cluster, or several of them. A `delete`, `update` or `batch` evicts its keys, a `pattern` all keys that it
 * matches, and `*` everything. A `tag` evicts nothing without `tagsOf`: a cache does not know the tags of its entries.
 *
 * Of several targets, those in memory are evicted at once, then the others one after another in the order given, and then
 * those in memory again: meanwhile they may have been filled from another with an old value. If one fails the others are
 * evicted all the same, and the handler rejects, so that the message is tried again.
 *
 * A large `Map` or lru-cache is swept in slices of about 1 ms. Between two of them a read may still find a value that is
 * to be evicted; none does once the message is handled. A load that is under way may put an old value back: `evict` does
 * not know of loads.
 *
 * In Redis it uses UNLINK, and SCAN on each primary for patterns, and it spares the keys of logs.
 *
 * @throws ConfigurationError for a target or an option that can't work: a Redis without prefix, a cache of unknown kind
 */
export function evict<Value>(
  targets: EvictTarget<Value> | readonly (EvictTarget<Value> | EvictTargetOptions<Value>)[],
  options: EvictOptions<Value> = {},
): InvalidationHandler {
  const settings = resolveOptions(evictRules, options, 'evict')
  const listed: readonly unknown[] = Array.isArray(targets) ? targets : [{ target: targets }]
  const evictors = listed.flatMap((each) => readable(() => fromList(each, settings, options)))
  const [only, ...others] = evictors
  if (!only) throw new ConfigurationError('Expected at least one target to evict from, got an empty list')
  if (others.length === 0) return (message, { signal }) => evictFrom(only, message, signal)
  return (message, { signal }) => evictFromAll(evictors, message, signal)
}

/** Looks at what was given, which may be a proxy, or have getters, that throw. */
function readable<Result>(look: () => Result): Result {
  try {
    return look()
  } catch (cause) {
    if (isError(cause) && cause instanceof ConfigurationError) throw cause
    throw new ConfigurationError(`A target of \`evict\` can't be read: ${describeThrown(cause)}`, { cause })
  }
}

/** A target in a list, which may have options of its own. */
function fromList(given: unknown, settings: TargetSettings, common: object): readonly Evictor[] {
  if (typeof given !== 'object' || given === null || !('target' in given)) return evictorsOf(given, settings)
  const { target, ...own } = given
  return evictorsOf(target, resolveOptions(evictRules, { ...common, ...own }, 'a target of evict'))
}

function evictorsOf(target: unknown, settings: TargetSettings): readonly Evictor[] {
  if (isKeyv(target)) return [new KeyvEvictor(target, settings)]
  // Its first store is the nearest, which is filled from those behind it.
  if (isCacheManager(target)) return target.stores.map((store) => new KeyvEvictor(store, settings)).toReversed()
  if (isKeyClient(target)) return [new RedisEvictor(target, settings)]
  if (isMapTarget(target)) return [new MapEvictor(target, settings)]
  throw new ConfigurationError(
    `Expected a target of \`evict\` to be a Map or a cache with its functions (lru-cache, quick-lru), a Keyv, a cache of cache-manager, or an ioredis client or Cluster, got ${kindOf(target)}: for any other cache, give \`subscribe\` a function of your own`,
  )
}

function evictFrom(evictor: Evictor, message: Invalidation, signal: AbortSignal): void | Promise<void> {
  switch (message.action) {
    case 'delete':
    case 'update':
      return evictor.evictKeys([buildCacheKey(message.entityType, message.entityId)], signal)
    case 'batch':
      return evictor.evictKeys(message.cacheKeys, signal)
    case 'pattern':
      return evictor.evictMatching(message.pattern, signal)
    case 'tag':
      return evictor.evictTagged(message.tags, signal)
  }
}

/** Memory is evicted at once, since it must not be stale for as long as Redis is away, and again after the others. */
async function evictFromAll(evictors: readonly Evictor[], message: Invalidation, signal: AbortSignal): Promise<void> {
  const failures = new Map<Evictor, unknown>()
  const attempt = async (evictor: Evictor): Promise<void> => {
    try {
      await evictFrom(evictor, message, signal)
    } catch (error) {
      failures.set(evictor, error)
    }
  }
  const remote = evictors.filter((evictor) => evictor.isRemote)
  const local = evictors.filter((evictor) => !evictor.isRemote)
  const atOnce = local.map(attempt)
  for (const evictor of remote) await attempt(evictor)
  await Promise.all(atOnce)
  if (remote.length > 0) await Promise.all(local.map(attempt))
  if (failures.size > 0) throw failureOf([...failures.values()])
}

function failureOf(failures: readonly unknown[]): unknown {
  if (failures.length === 1) return failures[0]
  const texts = failures.map((failure) => describeThrown(failure)).join('; ')
  return new AggregateError(failures, `${failures.length} evictions failed: ${texts}`)
}
