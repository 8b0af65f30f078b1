import type { InvalidationLog, LogCommands, LogFeed } from '../log/log.js'
import type { Replication } from '../log/model/replication.js'
import { outsideOfContexts } from '../support/async-context.js'
import type { ElapsedClock } from '../support/elapsed-clock.js'
import { ConfigurationError, type InvalidationError } from '../support/errors.js'
import { Outage } from '../support/outage.js'
import type { Runtime, Timer } from '../support/runtime.js'
import type { Look } from './progress/look.js'
import { PublisherRegister } from './publisher-register.js'

/** What the link tells its owner. */
export interface LinkListener {
  /** Both connections are up, and SUBSCRIBE has been acknowledged. */
  onUp(): void
  onDown(error: InvalidationError): void
  /** The Pub/Sub connection alone went up or down; called before {@link onUp} and {@link onDown}. */
  onFeed(up: boolean): void
  onMessage(text: string): void
  /** A look at the server has ended, over one connection that is still up. */
  onLook(look: Look): void
  /** Whether a subscription waits for the publishers to check what a failover may have lost. */
  isDoubtful(): boolean
  onError(error: Error): void
  /** All works, but something about the server may do harm. */
  onWarning(text: string): void
}

/** How a link is watched. */
export interface LinkOptions {
  readonly heartbeatMs: number
  readonly runtime: Runtime
  readonly clock: ElapsedClock
  /** Whether looks at a replica count, as far as the age of its link allows. */
  readonly readReplica: boolean
}

type Seen = Pick<Look, 'head' | 'completeAt' | 'replication'>

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
  readonly #options: LinkOptions
  #beat: Timer | undefined
  readonly #beatOutage: Outage
  readonly #publishers: PublisherRegister
  #closed = false
  /** How often it went down: reads before and after may come from two servers. */
  #losses = 0
  #looks = 0
  /** A requested look that has not begun. */
  #lookWanted = false
  #looking = false

  constructor(log: InvalidationLog, options: LinkOptions, listener: LinkListener) {
    this.#listener = listener
    this.#options = options
    const report = (error: Error): void => listener.onError(error)
    this.#beatOutage = new Outage(report)
    const commands: Part = { up: false, outage: new Outage(report) }
    const feed: Part = { up: false, outage: new Outage(report) }
    const watched = this.#watch(feed, commands)
    this.commands = log.openCommands({
      ...this.#watch(commands, feed),
      onWarning: (text) => {
        listener.onWarning(text)
      },
    })
    this.#publishers = new PublisherRegister(this.commands, options.clock, report)
    this.#feed = log.openFeed({
      ...watched,
      onUp: () => {
        listener.onFeed(true)
        watched.onUp()
      },
      onDown: (error) => {
        listener.onFeed(false)
        watched.onDown(error)
      },
      onMessage: (text) => {
        listener.onMessage(text)
      },
    })
    this.#scheduleBeat()
  }

  get up(): boolean {
    return this.commands.up && this.#feed.up
  }

  /** Number of the newest look that has begun. */
  get looks(): number {
    return this.#looks
  }

  /** Looks at the server now or, if a requested look is under way, once more after it. */
  look(): void {
    this.#lookWanted = true
    if (!this.#looking) outsideOfContexts(() => void this.#lookAsWanted())
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
        this.#losses += 1
        if (other.up && !this.#closed) this.#listener.onDown(error)
      },
      onError: (error) => {
        part.outage.failed(error)
      },
    }
  }

  #scheduleBeat(): void {
    const { runtime, heartbeatMs } = this.#options
    this.#beat = runtime.after(heartbeatMs, () => {
      void this.#runBeat()
    })
  }

  async #runBeat(): Promise<void> {
    await this.#lookNow(true)
    if (!this.#closed) this.#scheduleBeat()
  }

  async #lookAsWanted(): Promise<void> {
    this.#looking = true
    while (this.#lookWanted && this.up) {
      this.#lookWanted = false
      await this.#lookNow(false)
    }
    this.#lookWanted = false
    this.#looking = false
  }

  async #lookNow(isBeat: boolean): Promise<void> {
    if (!this.up || this.#closed) return
    const losses = this.#losses
    const number = ++this.#looks
    try {
      const ping = isBeat ? this.#feed.ping() : undefined
      const [seen] = await Promise.all([this.#readProved(), ping])
      this.#beatOutage.ended()
      if (losses === this.#losses) this.#listener.onLook({ number, isBeat, ...seen })
    } catch (error) {
      // `onDown` has reported a lost or silent connection; otherwise the server refuses to answer.
      if (this.up) this.#beatOutage.failed(error)
    }
  }

  /** The register is read before the head, so that the head covers all that publishers have appended again. */
  async #readProved(): Promise<Omit<Look, 'number' | 'isBeat'>> {
    const isDoubtful = this.#listener.isDoubtful()
    if (!isDoubtful) this.#publishers.forget()
    const haveChecked = isDoubtful ? await this.#publishers.read() : undefined
    const seen = await this.#readServer()
    return { ...seen, isSettled: haveChecked?.(seen.replication.id) ?? false }
  }

  /**
   * The role is read after the head: a primary that was demoted in between may have taken over the data of another, and
   * its head with it.
   */
  async #readServer(): Promise<Seen> {
    const { clock, readReplica } = this.#options
    const sentAt = clock.now()
    const head = await this.commands.head()
    const replication = await this.commands.replication()
    if (replication.role !== 'replica') return { head, completeAt: sentAt, replication }
    return readReplica ? this.#readReplica(replication) : { head, completeAt: undefined, replication }
  }

  /**
   * The age of a replica's link is read before the head. If a stalled link resumed in between, its age would be small
   * although a head read before is old.
   */
  async #readReplica(before: Replication): Promise<Seen> {
    const sentAt = this.#options.clock.now()
    const head = await this.commands.head()
    const replication = await this.commands.replication()
    const isSame = replication.id === before.id && replication.role === before.role
    const isKnown = isSame && before.linkAgeMs !== undefined && replication.linkAgeMs !== undefined
    return { head, completeAt: isKnown ? sentAt - before.linkAgeMs : undefined, replication }
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
  #heard = false
  #heardAt: number | undefined

  constructor(channel: string, report: (error: Error) => void) {
    this.#channel = channel
    this.#outage = new Outage(report)
  }

  /** A frame of the log has arrived. */
  heard(): void {
    this.#heard = true
    this.#replaced = false
    this.#outage.ended()
  }

  /** A heartbeat was answered at this moment. */
  beat(now: number): void {
    if (this.#heard) this.#heardAt = now
    this.#heard = false
  }

  /** The newest heartbeat by which another frame of the log had arrived. */
  get heardAt(): number | undefined {
    return this.#heardAt
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
