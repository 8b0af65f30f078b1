import { Administration } from '../log/administration.js'
import type { ConnectionListener } from '../log/log.js'
import { logOptions, withConnection, type ConnectionContext } from './connection.js'

/**
 * Looks at the server over a connection of its own, and closes it afterwards. Does not wait for a server that is away.
 *
 * @throws RedisError where the first attempt to connect fails, or is refused
 */
export function withAdministration<Result>(
  context: ConnectionContext,
  task: (administration: Administration) => Promise<Result>,
): Promise<Result> {
  const { redis } = context.connection
  const open = (listener: ConnectionListener): Administration =>
    Administration.connect(redis, logOptions(context), listener)
  return withConnection(context.signal, open, task)
}
