import type {
  ConnectionListener,
  FeedListener,
  InvalidationLog,
  LogCommands,
  LogConnection,
  LogFeed,
} from '../../../src/index.js'

/** A service's way to the log. It can break for good without anybody being told, as when a process is killed. */
export class MortalLog implements InvalidationLog {
  readonly #log: InvalidationLog
  readonly #connections: LogConnection[] = []

  constructor(log: InvalidationLog) {
    this.#log = log
  }

  get channel(): string {
    return this.#log.channel
  }

  openCommands(listener: ConnectionListener): LogCommands {
    const commands = this.#log.openCommands(listener)
    this.#connections.push(commands)
    return commands
  }

  openFeed(listener: FeedListener): LogFeed {
    const feed = this.#log.openFeed(listener)
    this.#connections.push(feed)
    return feed
  }

  async die(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()))
  }
}
