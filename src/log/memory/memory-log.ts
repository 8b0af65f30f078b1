import { connectionRules, DEFAULT_CHANNEL } from '../../support/connection-options.js'
import {
  oneOf,
  type OptionRule,
  resolveOptions,
  type RulesOf,
  runtimeRule,
  wholeNumber,
} from '../../support/option-rules.js'
import type { Runtime } from '../../support/runtime.js'
import type { Entry } from '../model/entry.js'
import { logKeys } from '../model/keys.js'
import { MemoryLink, type MemoryLinkContext, requireWhole } from './memory-link.js'
import { MemoryServer } from './memory-server.js'

/** A failover, as {@link MemoryLog.failOver} takes it. */
export interface MemoryFailOver {
  /** How many of the newest entries the replica lacks. Required. */
  readonly lose: number
  /** Whether the feeds stay up. Default `none`. */
  readonly keep?: 'feeds' | 'none'
}

const lose: OptionRule<number> = {
  expected: 'a whole number from 0 up',
  defaultText: 'required',
  unit: 'entries',
  resolve(given, name) {
    requireWhole(name, given)
    return given
  },
}

export const failOverRules = { lose, keep: oneOf(['feeds', 'none'], 'none') } satisfies RulesOf<MemoryFailOver>

/** Options of a {@link MemoryLog}. */
export interface MemoryLogOptions {
  /** The name of the channel. Default `cache:invalidate`. */
  readonly channel?: string
  /** Clock, timers and randomness. Default: the system's. */
  readonly runtime?: Runtime
  /** From a call to its reply, in ms; a published message takes half of it. Default 0: the next turns of the loop. */
  readonly latencyMs?: number
  /** From the loss of a connection to the next attempt to connect, in ms. Default 50. */
  readonly reconnectMs?: number
  /** Number of the server's database that holds the log. Default 0. */
  readonly database?: number
  /** How many entries capping removes at once: Redis trims by whole nodes. 1 caps exactly. Default 100. */
  readonly nodeSize?: number
}

export const memoryLogRules = {
  channel: connectionRules.channel,
  runtime: runtimeRule,
  latencyMs: wholeNumber({ default: 0, unit: 'ms', min: 0, max: 60_000 }),
  reconnectMs: wholeNumber({ default: 50, unit: 'ms', min: 0, max: 60_000 }),
  database: wholeNumber({ default: 0, unit: '', min: 0, max: 1_000_000 }),
  nodeSize: wholeNumber({ default: 100, unit: 'entries', min: 1, max: 100_000 }),
} satisfies RulesOf<MemoryLogOptions>

/**
 * A log in memory, for tests of your own services without Redis: one server that many connections share, with the
 * semantics of a log in Redis, and faults on demand.
 *
 * ```ts
 * const log = new MemoryLog()
 * const publisher = await InvalidationPublisher.connect(log, 'user-service')
 * const subscriber = await InvalidationSubscriber.connect(log)
 * log.cut('feeds')
 * ```
 *
 * Its own faults strike every connection; those of a {@link link} strike the connections made through it.
 *
 * A log made `beside` another is in another database of the same server: each receives the frames of the other.
 *
 * @throws ConfigurationError for an option that can't work
 */
export class MemoryLog extends MemoryLink {
  readonly #server: MemoryServer
  readonly #context: MemoryLinkContext
  readonly #links: MemoryLink[] = []

  constructor(options: MemoryLogOptions = {}, beside?: MemoryLog) {
    const resolved = resolveOptions(memoryLogRules, options, 'MemoryLog')
    const { runtime, latencyMs, reconnectMs, nodeSize, database } = resolved
    const { channel } = logKeys(resolved.channel ?? beside?.channel ?? DEFAULT_CHANNEL)
    const server = new MemoryServer(runtime, nodeSize, database, beside && beside.#server)
    const context = { channel, server, runtime, latencyMs, reconnectMs }
    super(context)
    this.#server = server
    this.#context = context
  }

  /** A way to this log whose faults strike only the connections made through it. */
  link(): MemoryLink {
    const link = new MemoryLink(this.#context, this)
    this.#links.push(link)
    return link
  }

  /**
   * A replica that lacks the newest `lose` entries takes over: they vanish, `last` goes back to what it was before
   * them, the replication id changes. Connections go down and come back; with `keep: 'feeds'` the feeds stay up, and
   * what is already on its way to them still arrives.
   */
  failOver(failOver: MemoryFailOver): void {
    const { lose, keep } = resolveOptions(failOverRules, failOver, 'failOver')
    this.#server.promoteReplica(lose)
    this.cut(keep === 'feeds' ? 'commands' : 'all')
  }

  /** Publishes a text that is not in the log, as a publisher does that only uses Pub/Sub. */
  publish(text: string): void {
    this.#server.publish(text)
  }

  /** Shifts the server's clock by `ms`. Stream IDs still never go back. */
  stepClock(ms: number): void {
    requireWhole('ms', ms, -Infinity)
    this.#server.clockOffset += ms
  }

  /**
   * FLUSHALL: entries, `last`, cursors, dead letters and announced subscribers are gone; stream IDs begin with the
   * clock again.
   */
  clear(): void {
    this.#server.clear()
  }

  /** XDEL: deletes entries by stream ID; returns how many there were. */
  deleteEntries(...streamIds: readonly string[]): number {
    return this.#server.deleteEntries(streamIds)
  }

  /** XTRIM: keeps the newest `length` entries, exactly. */
  trim(length: number): void {
    requireWhole('length', length)
    this.#server.trim(length)
  }

  /** The key that names the newest append id is gone, as by eviction. */
  evictLast(): void {
    this.#server.evictLast()
  }

  /** How many replicas confirm what is appended, for `waitReplicas`. At first none. */
  setReplicas(count: number): void {
    requireWhole('count', count)
    this.#server.replicas = count
  }

  /** All entries, oldest first. */
  entries(): readonly Entry[] {
    return this.#server.entries()
  }

  protected override reachedLinks(): readonly MemoryLink[] {
    return [this, ...this.#links]
  }
}
