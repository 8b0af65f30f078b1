import type { FeedListener, LogFeed } from '../log.js'
import type { SessionContext } from './client-source.js'
import { checkPrimary, checkSharded, known } from './probe.js'
import type { Send } from './session-calls.js'
import { RedisSession } from './session.js'

/** The live channel over a connection to Redis of its own. */
export class RedisFeed implements LogFeed {
  readonly #channel: string
  readonly #sharded: boolean
  readonly #session: RedisSession

  /** Starts connecting. */
  constructor(channel: string, context: SessionContext, listener: FeedListener) {
    this.#channel = channel
    this.#sharded = context.sharded
    this.#session = new RedisSession(context, listener, {
      connectionName: context.feedName,
      prepare: (send) => this.#subscribe(send),
      receive: (from, text) => {
        if (from === channel) listener.onMessage(text)
      },
    })
  }

  get up(): boolean {
    return this.#session.up
  }

  opened(): Promise<void> {
    return this.#session.opened()
  }

  reconnect(): void {
    this.#session.reconnect()
  }

  close(): Promise<void> {
    return this.#session.close()
  }

  async ping(): Promise<void> {
    await this.#session.call('ping')
  }

  /** ioredis counts as ready before SUBSCRIBE is acknowledged; a feed does not. */
  async #subscribe(send: Send): Promise<void> {
    const { primaryOnly, server } = this.#session
    if (primaryOnly) await checkPrimary(send, server)
    if (this.#sharded) await checkSharded(send, server)
    await known('Pub/Sub', send(this.#sharded ? 'ssubscribe' : 'subscribe', this.#channel), server)
  }
}
