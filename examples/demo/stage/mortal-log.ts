import type { InvalidationLog } from '../../../src/index.js'

type Commands = ReturnType<InvalidationLog['openCommands']>
type Feed = ReturnType<InvalidationLog['openFeed']>

/** A service's way to the log. It can break for good without anybody being told, as when a process is killed. */
export class MortalLog implements InvalidationLog {
  readonly #log: InvalidationLog
  readonly #connections: (Commands | Feed)[] = []

  constructor(log: InvalidationLog) {
    this.#log = log
  }

  get channel(): string {
    return this.#log.channel
  }

  openCommands(...args: Parameters<InvalidationLog['openCommands']>): Commands {
    const commands = this.#log.openCommands(...args)
    this.#connections.push(commands)
    return commands
  }

  openFeed(...args: Parameters<InvalidationLog['openFeed']>): Feed {
    const feed = this.#log.openFeed(...args)
    this.#connections.push(feed)
    return feed
  }

  async die(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()))
  }
}
