import type { RedisServer } from '../../support/redis-server.js'
import { ServerProxies } from '../../support/server-proxies.js'
import type { TcpProxy } from '../../support/tcp-proxy.js'

type NatMap = ServerProxies['natMap']

/** A proxy in front of each of these servers, and the map that leads a client through them. */
export async function openProxies(
  servers: readonly RedisServer[],
): Promise<{ readonly proxies: readonly TcpProxy[]; readonly natMap: NatMap }> {
  const opened = await ServerProxies.start(servers)
  return { proxies: servers.map((server) => opened.of(server)), natMap: opened.natMap }
}
