import type { RedisLike } from './redis-like.js'

/** Ends the connection of a client: for good, or for it to make another. */
export function disconnect(client: Pick<RedisLike, 'stream' | 'disconnect'>, reconnect = false): void {
  // A TLS socket that is ended in the middle of its handshake may fail twice. ioredis listens for one error, and one
  // that nobody listens for ends the process.
  client.stream?.on('error', () => {})
  client.disconnect(reconnect)
}
