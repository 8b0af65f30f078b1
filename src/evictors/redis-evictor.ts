import { deleteKeys, deleteMatching } from '../log/redis/delete-matching.js'
import type { KeyClient } from '../log/redis/redis-like.js'
import { ConfigurationError } from '../support/errors.js'
import type { Evictor, TargetSettings } from './evictor.js'

/** Evicts from a cache in Redis. */
export class RedisEvictor implements Evictor {
  readonly isRemote = true
  readonly #redis: KeyClient
  readonly #settings: TargetSettings

  /** @throws ConfigurationError if the keys have no prefix and that was not allowed, or for `tagsOf` */
  constructor(redis: KeyClient, settings: TargetSettings) {
    if (settings.tagsOf) {
      throw new ConfigurationError(
        '`tagsOf` needs the values of a cache, and those in Redis are not read: give it for a Map or a Keyv alone',
      )
    }
    requirePrefix((redis.options.keyPrefix ?? '') + settings.prefix, settings, '`prefix`, or the client a `keyPrefix`')
    this.#redis = redis
    this.#settings = settings
  }

  evictKeys(keys: readonly string[], signal: AbortSignal): Promise<void> {
    const { prefix, batchSize } = this.#settings
    const names = keys.map((key) => prefix + key)
    return deleteKeys(this.#redis, names, { count: batchSize, signal })
  }

  async evictMatching(pattern: string, signal: AbortSignal): Promise<void> {
    const { prefix, batchSize } = this.#settings
    await deleteMatching(this.#redis, pattern, { prefix, count: batchSize, signal })
  }

  evictTagged(): void {
    // Redis does not know which entries carry a tag.
  }
}

/**
 * A `*` without a prefix deletes whatever others keep in that Redis.
 *
 * @param remedy what to give, as the error names it
 */
export function requirePrefix(prefix: string, settings: TargetSettings, remedy: string): void {
  if (prefix !== '' || settings.allowEmptyPrefix) return
  throw new ConfigurationError(
    `Expected the keys of a cache in Redis to have a prefix, got none: the pattern \`*\` would delete every key there. Give \`evict\` a ${remedy}; or \`allowEmptyPrefix: true\`, if nothing else is kept there`,
  )
}
