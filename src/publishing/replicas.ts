import { RedisError } from '../errors.js'
import type { PublishingConnection } from './connection.js'

/** How many replicas must have an entry, and how long they may take. */
export interface ReplicaDemand {
  readonly count: number
  readonly timeoutMs: number
}

/** Waits until enough replicas have what was appended; resolves to why they have not. Never rejects. */
export async function missingReplicas(
  connection: Pick<PublishingConnection, 'waitReplicas'>,
  { count, timeoutMs }: ReplicaDemand,
): Promise<RedisError | undefined> {
  const stands = 'The invalidation was appended and published, and need not be published again'
  try {
    const confirmed = await connection.waitReplicas(count, timeoutMs)
    if (confirmed >= count) return undefined
    return new RedisError(
      'replicas',
      `Expected ${count} replicas to confirm within ${timeoutMs} ms, but ${confirmed} did. ${stands}`,
    )
  } catch (cause) {
    return new RedisError('replicas', `Could not ask whether ${count} replicas have it. ${stands}`, { cause })
  }
}
