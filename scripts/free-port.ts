import { once } from 'node:events'
import { createServer } from 'node:net'

/** How far above its port a cluster node has the one that other nodes talk to it on. */
const busOffset = 10_000

/**
 * A port below the range that systems give to outgoing connections: while a server is down, a client that reconnects
 * to a port in that range can be given that very port, and so end up connected to itself.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000)
    if (await isFree(port)) return port
  }
}

/** A port for a cluster node, whose bus port is free and below that range as well. */
export async function freeClusterPort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 10_000)
    if ((await isFree(port)) && (await isFree(port + busOffset))) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port, '127.0.0.1')
  try {
    await once(probe, 'listening')
    return true
  } catch {
    return false
  } finally {
    probe.close()
  }
}
