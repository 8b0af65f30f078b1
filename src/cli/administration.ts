import { Administration } from '../log/administration.js'
import { withConnection, type ConnectionContext } from './connection.js'

/**
 * Looks at the server over a connection of its own, and closes it afterwards. Does not wait for a server that is away.
 *
 * @throws RedisError where the first attempt to connect fails, or is refused
 */
export function withAdministration<Result>(
  { connection, runtime, signal }: ConnectionContext,
  task: (administration: Administration) => Promise<Result>,
): Promise<Result> {
  const options = { channel: connection.channel, runtime }
  return withConnection(signal, (listener) => Administration.connect(connection.redis, options, listener), task)
}
