import { Connection } from './connection.js'
import type { ConnectionContext, Send } from './connection.js'
import type { FeedListener, LogFeed } from './log.js'

/** The live channel over a connection to Redis of its own. */
export class RedisFeed extends Connection implements LogFeed {
  readonly #channel: string
  readonly #listener: FeedListener

  constructor(channel: string, context: ConnectionContext, listener: FeedListener) {
    super(context, listener)
    this.#channel = channel
    this.#listener = listener
  }

  async ping(): Promise<void> {
    await this.call('ping')
  }

  /** ioredis counts as ready before SUBSCRIBE is acknowledged; a feed does not. */
  protected override prepare(send: Send): Promise<unknown> {
    return send('subscribe', this.#channel)
  }

  protected override receive(channel: string, text: string): void {
    if (channel === this.#channel) this.#listener.onMessage(text)
  }
}
