import type { InvalidationLog, LogCommands, LogFeed } from '../log/log.js'
import { ConfigurationError, type InvalidationError } from '../support/errors.js'
import { Outage } from '../support/outage.js'
import type { Runtime, Timer } from '../support/runtime.js'

/** What the link tells its owner. */
export interface LinkListener {
  /** Both connections are up, and SUBSCRIBE has been acknowledged. */
  onUp(): void
  onDown(error: InvalidationError): void
  onMessage(text: string): void
  /** A heartbeat has read the head of the log; `sentAt` is when, on the monotonic clock. */
  onBeat(head: string | undefined, sentAt: number): void
  onError(error: Error): void
  /** All works, but something about the server may do harm. */
  onWarning(text: string): void
}

/** A connection of a link. Attempts to connect that fail again and again are one outage. */
interface Part {
  up: boolean
  readonly outage: Outage
}

/** One Pub/Sub connection and one command connection, watched by a heartbeat. It is up while both are. */
export class Link {
  readonly commands: LogCommands
  readonly #feed: LogFeed
  readonly #listener: LinkListener
  readonly #runtime: Runtime
  readonly #heartbeatMs: number
  #beat: Timer | undefined
  readonly #beatOutage: Outage
  #closed = false

  constructor(log: InvalidationLog, heartbeatMs: number, runtime: Runtime, listener: LinkListener) {
    this.#listener = listener
    this.#runtime = runtime
    this.#heartbeatMs = heartbeatMs
    const report = (error: Error): void => listener.onError(error)
    this.#beatOutage = new Outage(report)
    const commands: Part = { up: false, outage: new Outage(report) }
    const feed: Part = { up: false, outage: new Outage(report) }
    this.commands = log.openCommands({
      ...this.#watch(commands, feed),
      onWarning: (text) => {
        listener.onWarning(text)
      },
    })
    this.#feed = log.openFeed({
      ...this.#watch(feed, commands),
      onMessage: (text) => {
        listener.onMessage(text)
      },
    })
    this.#scheduleBeat()
  }

  get up(): boolean {
    return this.commands.up && this.#feed.up
  }

  /** Settles with the first attempts to connect, as `opened()` of each does. */
  async opened(): Promise<void> {
    await Promise.all([this.commands.opened(), this.#feed.opened()])
  }

  /** Makes a new Pub/Sub connection, in place of one that looks well and delivers nothing. */
  replaceFeed(): void {
    this.#feed.reconnect()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#beat?.cancel()
    await Promise.all([this.commands.close(), this.#feed.close()])
  }

  #watch(part: Part, other: Part): Pick<LinkListener, 'onUp' | 'onDown'> & { onError(error: InvalidationError): void } {
    return {
      onUp: () => {
        part.up = true
        part.outage.ended()
        if (other.up && !this.#closed) this.#listener.onUp()
      },
      onDown: (error) => {
        part.up = false
        if (other.up && !this.#closed) this.#listener.onDown(error)
      },
      onError: (error) => {
        part.outage.failed(error)
      },
    }
  }

  #scheduleBeat(): void {
    this.#beat = this.#runtime.after(this.#heartbeatMs, () => {
      void this.#runBeat()
    })
  }

  async #runBeat(): Promise<void> {
    if (this.up) {
      try {
        const sentAt = this.#runtime.monotonic()
        const [head] = await Promise.all([this.commands.head(), this.#feed.ping()])
        this.#beatOutage.ended()
        if (this.up) this.#listener.onBeat(head, sentAt)
      } catch (error) {
        // A lost or silent connection was reported by `onDown`; what is left is a server that refuses to answer.
        if (this.up) this.#beatOutage.failed(error)
      }
    }
    if (!this.#closed) this.#scheduleBeat()
  }
}

/**
 * Reports a channel that stays silent while the log grows, also over a connection that was made anew: then it is no
 * connection that is deaf, but what is published goes elsewhere. Reported once, until something arrives.
 */
export class DeafReport {
  readonly #channel: string
  readonly #outage: Outage
  #replaced = false

  constructor(channel: string, report: (error: Error) => void) {
    this.#channel = channel
    this.#outage = new Outage(report)
  }

  /** A frame of the log has arrived. */
  heard(): void {
    this.#replaced = false
    this.#outage.ended()
  }

  /** The connection is made anew, since nothing arrives that the log has. */
  replaced(): void {
    if (this.#replaced) this.#outage.failed(deafness(this.#channel))
    this.#replaced = true
  }
}

function deafness(channel: string): ConfigurationError {
  return new ConfigurationError(
    `Nothing arrives on the channel "${channel}" although the log grows and the connection was made anew: all is read from the log, up to two heartbeats late. Give all publishers and subscribers the same \`sharded\`, and publishers the right to publish to the channel`,
  )
}
