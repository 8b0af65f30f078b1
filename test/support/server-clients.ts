import { Redis } from 'ioredis'
import type { RedisServer } from './redis-server.js'

/** How long a server may take to answer before it counts as paused. */
const commandTimeoutMs = 3_000

/** Plain clients to the servers of a stage, one each, to look at them and to do them harm. */
export class ServerClients {
  readonly #clients = new Map<RedisServer, Redis>()

  of(server: RedisServer): Redis {
    const existing = this.#clients.get(server)
    if (existing) return existing
    const client = new Redis(server.port, '127.0.0.1', {
      commandTimeout: commandTimeoutMs,
      maxRetriesPerRequest: 0,
      retryStrategy: () => 50,
    })
    // A server that is away is no news to a test that took it away: its commands reject.
    client.on('error', () => undefined)
    this.#clients.set(server, client)
    return client
  }

  /** A field of INFO; undefined where there is no such field. */
  async info(server: RedisServer, section: string, field: string): Promise<string | undefined> {
    const text = await this.of(server).info(section)
    return new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(text)?.[1]
  }

  close(): void {
    for (const client of this.#clients.values()) client.disconnect()
  }
}
