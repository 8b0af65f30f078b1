import { Administration } from '../log/administration.js'
import type { ConnectionContext } from './connection.js'

/**
 * Looks at the server over a connection of its own, and closes it afterwards. Does not wait for a server that is away.
 *
 * @throws RedisError where the first attempt to connect fails, or is refused
 */
export async function withAdministration<Result>(
  { connection, runtime, signal }: ConnectionContext,
  task: (administration: Administration) => Promise<Result>,
): Promise<Result> {
  const administration = await Administration.open(connection.redis, { channel: connection.channel, runtime })
  const close = (): void => void administration.close()
  signal.addEventListener('abort', close, { once: true })
  try {
    signal.throwIfAborted()
    return await task(administration)
  } finally {
    signal.removeEventListener('abort', close)
    await administration.close()
  }
}
