import type { RedisServer } from '../../scripts/redis-server-process.js'

export { freePort } from '../../scripts/free-port.js'
export { RedisServer, startRedisServer, type RedisServerOptions } from '../../scripts/redis-server-process.js'

/** Lets servers that are paused go on, and starts those again that are down. */
export async function revive(servers: readonly RedisServer[]): Promise<void> {
  const down = servers.filter((server) => !server.isRunning)
  for (const server of servers) server.resume()
  await Promise.all(down.map((server) => server.restart()))
}
