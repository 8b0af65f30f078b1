import type { InvalidationError } from '../errors.js'
import type { ConnectionListener, LogConnection } from './log.js'

/** Opens a connection; rejects with what went wrong, and closes it, where the first attempt to connect fails. */
export async function openOnce<Opened extends LogConnection>(
  open: (listener: ConnectionListener) => Opened,
): Promise<Opened> {
  let failure: InvalidationError | undefined
  const connection = open({
    onUp: () => {},
    onDown: () => {},
    onError: (error) => {
      failure ??= error
    },
  })
  try {
    await connection.opened()
    if (!connection.up && failure) throw failure
    return connection
  } catch (error) {
    await connection.close()
    throw error
  }
}
