import { ConfigurationError } from '../../support/errors.js'
import type { ConnectionListener, FeedListener, InvalidationLog, LogCommands, LogFeed } from '../log.js'
import { MemoryCommands } from './memory-commands.js'
import { MemoryFeed } from './memory-feed.js'
import { MemoryReplica, type ReplicaState } from './memory-replica.js'
import type { MemorySessionContext, WriteRefusal } from './memory-session.js'

/** Which connections a fault strikes. */
export type ConnectionKind = 'commands' | 'feeds' | 'all'

const connectionKinds: readonly ConnectionKind[] = ['commands', 'feeds', 'all']
const replicaStates: readonly (ReplicaState | undefined)[] = ['synced', 'stalled', undefined]
const writeRefusals: readonly (WriteRefusal | undefined)[] = ['readonly', 'refused', undefined]

/** What all links to one log share. */
export type MemoryLinkContext = Omit<
  MemorySessionContext,
  'writeRefusal' | 'pageLimit' | 'isReachable' | 'onClosed' | 'replica'
> & {
  readonly channel: string
}

/**
 * A way to a {@link MemoryLog}, with faults of its own: hand each client a link, and one can be cut off while the
 * others go on. Faults strike the connections that are open when they are called; only `goDown`, `refuseWrites`,
 * `limitPages` and `serveReplica` last. An invalid argument throws a `ConfigurationError`.
 */
export class MemoryLink implements InvalidationLog {
  readonly channel: string
  readonly database: number
  readonly #context: MemoryLinkContext
  readonly #parent: MemoryLink | undefined
  readonly #commands = new Set<MemoryCommands>()
  readonly #feeds = new Set<MemoryFeed>()
  readonly #replica: MemoryReplica
  #writeRefusal: WriteRefusal | undefined
  #pageLimit = Infinity
  #isDown = false

  /** @internal */
  constructor(context: MemoryLinkContext, parent?: MemoryLink) {
    this.channel = context.channel
    this.database = context.server.database
    this.#context = context
    this.#parent = parent
    this.#replica = new MemoryReplica(context.server, context.runtime)
  }

  openCommands(listener: ConnectionListener): LogCommands {
    const commands = new MemoryCommands(
      this.#sessionContext(() => this.#commands.delete(commands)),
      listener,
    )
    this.#commands.add(commands)
    return commands
  }

  openFeed(listener: FeedListener): LogFeed {
    const feed = new MemoryFeed(
      this.#sessionContext(() => this.#feeds.delete(feed)),
      listener,
    )
    this.#feeds.add(feed)
    return feed
  }

  /** Each open feed loses the next `count` live messages. */
  drop(count: number): void {
    requireWhole('count', count)
    for (const feed of this.#reachedFeeds()) feed.drop(count)
  }

  /** Each open feed delivers the next `count` live messages twice. */
  duplicate(count: number): void {
    requireWhole('count', count)
    for (const feed of this.#reachedFeeds()) feed.duplicate(count)
  }

  /** Each open feed holds back the next `count` live messages by `ms`, and with them all that comes behind. */
  delay(count: number, ms: number): void {
    requireWhole('count', count)
    requireWhole('ms', ms)
    for (const feed of this.#reachedFeeds()) feed.delay(count, ms)
  }

  /** Each open feed goes deaf: it stays up and answers `ping`, but delivers nothing until it reconnects. */
  deafen(): void {
    for (const feed of this.#reachedFeeds()) feed.deafen()
  }

  /** Open connections go down and come back by themselves after `reconnectMs`. */
  cut(kind: ConnectionKind = 'all'): void {
    requireOneOf('kind', kind, connectionKinds)
    const reason = 'it was cut'
    if (kind !== 'feeds') for (const commands of this.#reachedCommands()) commands.cut(reason)
    if (kind !== 'commands') for (const feed of this.#reachedFeeds()) feed.cut(reason)
  }

  /** The server can't be reached: connections go down, and attempts to connect fail until `comeBack`. */
  goDown(): void {
    this.#isDown = true
    this.cut()
  }

  /** The server can be reached again; connections come up with their next attempt. */
  comeBack(): void {
    this.#isDown = false
  }

  /**
   * Each open command connection executes its next `count` appends but never hears the reply: it goes down, so that
   * its client can't know what became of them.
   */
  loseAcknowledgements(count: number): void {
    requireWhole('count', count)
    for (const commands of this.#reachedCommands()) commands.loseAcknowledgements(count)
  }

  /**
   * Writes are refused from now on, as by a replica (`readonly`) or for want of rights (`refused`): they reject with a
   * `RedisError` of that kind, and a first start that would need a marker stays unanchored. `undefined` ends it.
   */
  refuseWrites(kind: WriteRefusal | undefined): void {
    requireOneOf('kind', kind, writeRefusals)
    this.#writeRefusal = kind
  }

  /**
   * Cuts a connection that reads a page of more than `entries` new entries, as a server does whose
   * `client-output-buffer-limit normal` is smaller than the page. `undefined` ends it.
   */
  limitPages(entries: number | undefined): void {
    if (entries !== undefined) requireWhole('entries', entries)
    this.#pageLimit = entries ?? Infinity
  }

  /**
   * Makes the server behind this link a replica of the log: it refuses writes. A `stalled` replica answers, but
   * receives nothing more from its primary: reads return the data as of now, and live messages wait until it is
   * `synced` again. Connections stay open. `undefined` ends it: connections are cut, and lead to the primary when they
   * come back. Other links always use the primary.
   */
  serveReplica(state: ReplicaState | undefined): void {
    requireOneOf('state', state, replicaStates)
    const { isReplica } = this.#replica
    this.#replica.become(state)
    if (isReplica && state === undefined) this.cut()
  }

  /** The links whose connections a fault of this one strikes. */
  protected reachedLinks(): readonly MemoryLink[] {
    return [this]
  }

  #reachedCommands(): MemoryCommands[] {
    return this.reachedLinks().flatMap((link) => [...link.#commands])
  }

  #reachedFeeds(): MemoryFeed[] {
    return this.reachedLinks().flatMap((link) => [...link.#feeds])
  }

  get #isReachable(): boolean {
    return !this.#isDown && (this.#parent === undefined || this.#parent.#isReachable)
  }

  get #refusal(): WriteRefusal | undefined {
    if (this.#replica.isReplica) return 'readonly'
    return this.#writeRefusal ?? (this.#parent ? this.#parent.#refusal : undefined)
  }

  #sessionContext(onClosed: () => void): MemorySessionContext {
    return {
      ...this.#context,
      replica: this.#replica,
      onClosed,
      isReachable: () => this.#isReachable,
      writeRefusal: () => this.#refusal,
      pageLimit: () => Math.min(this.#pageLimit, this.#parent ? this.#parent.#pageLimit : Infinity),
    }
  }
}

/*
 * What a fault is called with, checked: one that strikes nothing for a misspelt argument would let the test pass that
 * asked for it.
 */

/** @throws ConfigurationError unless `value` is a whole number, from `min` up */
export function requireWhole(name: string, value: unknown, min = 0): asserts value is number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min) return
  const range = Number.isFinite(min) ? ` from ${min} up` : ''
  throw new ConfigurationError(`Expected \`${name}\` to be a whole number${range}, got \`${String(value)}\``)
}

/** @throws ConfigurationError unless `value` is one of `names` */
function requireOneOf(name: string, value: string | undefined, names: readonly (string | undefined)[]): void {
  if (names.includes(value)) return
  const expected = names.map((known) => (known === undefined ? 'undefined' : `'${known}'`)).join(', ')
  throw new ConfigurationError(`Expected \`${name}\` to be one of ${expected}, got \`${String(value)}\``)
}
