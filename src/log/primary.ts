import { RedisError } from '../errors.js'
import type { Send } from './connection.js'
import { field, readList } from './replies.js'

/**
 * Asks the server for its role: sentinels may still name a primary that has become a replica, and a replica serves reads
 * as if nothing were. HELLO tells it and needs no right.
 *
 * @throws RedisError (kind `readonly`) where it is a replica
 */
export async function checkPrimary(send: Send, server: string): Promise<void> {
  const role = field(readList(await send('hello')), 'role')
  if (role !== 'master') throw demoted(server)
}

/** What is thrown where a primary was expected. */
export function demoted(server: string): RedisError {
  return new RedisError(
    'readonly',
    `Expected ${server} to be the primary, but it is a replica: the primary is looked for again`,
  )
}
