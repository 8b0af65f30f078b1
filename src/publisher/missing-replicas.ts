import type { Log } from '../log/log.js'
import { RedisError } from '../support/errors.js'
import type { ResolvedWaitReplicasOptions } from './options.js'

/** Waits until enough replicas have all appended entries; resolves to an error if too few have them. Never rejects. */
export async function missingReplicas(
  log: Log,
  { count, timeoutMs }: ResolvedWaitReplicasOptions,
): Promise<RedisError | undefined> {
  const done = 'The invalidation was appended and published, and need not be published again'
  try {
    const confirmed = await log.waitReplicas(count, timeoutMs)
    if (confirmed >= count) return undefined
    return new RedisError(
      'replicas',
      `Expected ${count} replicas to confirm within ${timeoutMs} ms, but ${confirmed} did. ${done}`,
    )
  } catch (cause) {
    return new RedisError('replicas', `Could not ask whether ${count} replicas have it. ${done}`, { cause })
  }
}
