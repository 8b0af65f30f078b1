import type { FeedListener, LogFeed } from '../log.js'
import { checkPrimary, checkSharded, known } from './probe.js'
import { Connection, type ConnectionContext, type Send } from './session.js'

/** The live channel over a connection to Redis of its own. */
export class RedisFeed extends Connection implements LogFeed {
  readonly #channel: string
  readonly #listener: FeedListener
  readonly #sharded: boolean

  constructor(channel: string, context: ConnectionContext, listener: FeedListener, sharded = false) {
    super(context, listener)
    this.#channel = channel
    this.#listener = listener
    this.#sharded = sharded
  }

  async ping(): Promise<void> {
    await this.call('ping')
  }

  /** ioredis counts as ready before SUBSCRIBE is acknowledged; a feed does not. */
  protected override async prepare(send: Send): Promise<void> {
    if (this.primaryOnly) await checkPrimary(send, this.server)
    if (this.#sharded) await checkSharded(send, this.server)
    await known('Pub/Sub', send(this.#sharded ? 'ssubscribe' : 'subscribe', this.#channel), this.server)
  }

  protected override receive(channel: string, text: string): void {
    if (channel === this.#channel) this.#listener.onMessage(text)
  }
}
