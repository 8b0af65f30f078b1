import { Connection } from './connection.js'
import type { ConnectionContext } from './connection.js'
import type { FeedListener, LogFeed } from './log.js'

/** The live channel over a connection to Redis of its own. */
export class RedisFeed implements LogFeed {
  readonly #connection: Connection

  constructor(
    channel: string,
    context: Omit<ConnectionContext, 'prepare' | 'onMessage' | 'listener'>,
    listener: FeedListener,
  ) {
    this.#connection = new Connection({
      ...context,
      listener,
      // ioredis counts as ready before SUBSCRIBE is acknowledged; we are not.
      prepare: (send) => send('subscribe', channel),
      onMessage: (from, text) => {
        if (from === channel) listener.onMessage(text)
      },
    })
  }

  get up(): boolean {
    return this.#connection.up
  }

  opened(): Promise<void> {
    return this.#connection.opened()
  }

  reconnect(): void {
    this.#connection.reconnect()
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  async ping(): Promise<void> {
    await this.#connection.call('ping')
  }
}
