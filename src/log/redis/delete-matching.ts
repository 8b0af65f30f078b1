import { escapeGlob } from '../../message/glob.js'
import { describeValue } from '../../support/describe-value.js'
import { ConfigurationError, RedisError } from '../../support/errors.js'
import { abortSignal, resolveOptions, type RulesOf, text, wholeNumber } from '../../support/option-rules.js'
import { streamOfLogKey } from '../model/keys.js'
import { nameKind } from './client-shape.js'
import type { KeyClient, KeyCluster } from './redis-like.js'
import { readList, readText } from './replies.js'

/** Options of {@link deleteMatching}. */
export interface DeleteMatchingOptions {
  /** The prefix of the cache's keys, in addition to the client's own `keyPrefix`. Default: none. */
  readonly prefix?: string
  /** How many keys the server checks per SCAN, and how many are deleted at once. Default 1,000. */
  readonly count?: number
  /** When it aborts, no more keys are deleted: pass `delivery.signal`. Default: none. */
  readonly signal?: AbortSignal
}

export const deleteMatchingRules = {
  prefix: text({ maxLength: 8_192 }),
  count: wholeNumber({ default: 1_000, unit: 'keys', min: 1, max: 100_000 }),
  signal: abortSignal,
} satisfies RulesOf<DeleteMatchingOptions>

/**
 * Deletes every key of a cache in Redis that matches a pattern, as a handler does with `message.pattern`. It spares the
 * keys of every log of this library on that server, which SCAN and DEL of the pattern `*` would delete too.
 *
 * ```ts
 * if (message.action === 'pattern') await deleteMatching(redis, message.pattern, { signal: delivery.signal })
 * ```
 *
 * It scans page by page (SCAN, on every primary of a cluster) and unlinks what it finds, so it blocks neither the
 * server nor this process. A key that exists during the whole scan is found. A key that moves between two nodes of a
 * cluster meanwhile may be missed, and a key whose name is not UTF-8 is missed. The client's `keyPrefix` and `prefix`
 * belong to the cache's keys, not to the pattern.
 *
 * Resolves to the number of deleted keys. Rejects with the client's error, with the signal's reason, with
 * `ConfigurationError` for an invalid client, pattern or option, and with `RedisError` if a cluster names no primary.
 * It may have deleted some keys by then: call it again.
 *
 * @param redis an ioredis client or Cluster, as the cache uses it
 * @param pattern a Redis glob over the cache's keys
 */
export async function deleteMatching(
  redis: KeyClient,
  pattern: string,
  options: DeleteMatchingOptions = {},
): Promise<number> {
  const { prefix, count, signal } = resolveOptions(deleteMatchingRules, options, 'deleteMatching')
  if (typeof pattern !== 'string') {
    throw new ConfigurationError(`Expected the pattern to be a string, got ${describeValue(pattern)}`)
  }
  requireClient(redis)
  const ownPrefix = redis.options.keyPrefix ?? ''
  // The client adds its prefix to commands with keys, but not to SCAN, which returns whole names.
  const match = escapeGlob(ownPrefix + prefix) + pattern
  let deleted = 0
  for (const node of await nodesOf(redis)) {
    let cursor = '0'
    do {
      signal?.throwIfAborted()
      const [next, found] = readList(await node.call('scan', cursor, 'MATCH', match, 'COUNT', String(count)))
      cursor = readText(next)
      const names = readList(found).map((name) => readText(name).slice(ownPrefix.length))
      const keys = await withoutLogs(redis, ownPrefix, names)
      for (let start = 0; start < keys.length; start += count) {
        deleted += await unlink(redis, keys.slice(start, start + count))
      }
    } while (cursor !== '0')
  }
  return deleted
}

/**
 * Deletes these keys of a cache in Redis, `count` of them at once, and spares those of a log. The client's `keyPrefix`
 * belongs to the cache's keys. Rejects with the client's error, and with the signal's reason; it may have deleted some
 * keys by then.
 */
export async function deleteKeys(
  redis: KeyClient,
  keys: readonly string[],
  { count, signal }: { readonly count: number; readonly signal: AbortSignal },
): Promise<void> {
  const deletable = await withoutLogs(redis, redis.options.keyPrefix ?? '', keys)
  for (let start = 0; start < deletable.length; start += count) {
    signal.throwIfAborted()
    await unlink(redis, deletable.slice(start, start + count))
  }
}

/** Whether this is a client that keys can be deleted with: an ioredis client or Cluster, of version 5 or 6. */
export function isKeyClient(redis: unknown): redis is KeyClient {
  const isClient =
    typeof redis === 'object' && redis !== null && 'call' in redis && 'options' in redis && 'isCluster' in redis
  return isClient && typeof redis.call === 'function'
}

function requireClient(redis: unknown): asserts redis is KeyClient {
  if (isKeyClient(redis)) return
  throw new ConfigurationError(`Expected an ioredis client or Cluster to delete keys with, got ${nameKind(redis)}`)
}

function isCluster(redis: KeyClient): redis is KeyCluster {
  return redis.isCluster && 'nodes' in redis
}

/** Where to scan: the keys of a cluster are spread over its primaries. */
async function nodesOf(redis: KeyClient): Promise<readonly Pick<KeyClient, 'call'>[]> {
  if (!isCluster(redis)) return [redis]
  // A Cluster knows its nodes once it is connected, which a command waits for.
  await redis.call('ping')
  const primaries = redis.nodes('master')
  if (primaries.length > 0) return primaries
  throw new RedisError('disconnected', 'The cluster names no primary to look for keys on: it is not connected')
}

/**
 * Leaves out keys that belong to a log: by their whole name, and because that log exists. The client's prefix may lie
 * within the names of a log. If the client can't ask for the log by its prefix, the key is left out as well.
 */
async function withoutLogs(redis: KeyClient, ownPrefix: string, names: readonly string[]): Promise<readonly string[]> {
  const spared = new Set<string>()
  for (const name of names) {
    const stream = streamOfLogKey(ownPrefix + name)
    if (stream === undefined) continue
    const canAsk = stream.startsWith(ownPrefix)
    const type = canAsk ? await redis.call('type', stream.slice(ownPrefix.length)) : 'stream'
    if (type === 'stream') spared.add(name)
  }
  return spared.size === 0 ? names : names.filter((name) => !spared.has(name))
}

/** Resolves to how many of the keys existed. In a cluster each key has its own command: they are in different slots. */
async function unlink(redis: KeyClient, keys: readonly string[]): Promise<number> {
  if (!redis.isCluster) return Number(await redis.call('unlink', ...keys))
  const replies = await Promise.all(keys.map((key) => redis.call('unlink', key)))
  return replies.reduce<number>((sum, reply) => sum + Number(reply), 0)
}
