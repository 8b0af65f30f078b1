import type { InvalidationError } from '../support/errors.js'
import type { Announced } from './model/announced.js'
import type { Anchor, Appended, Inspection, Page, Presence } from './model/entry.js'
import type { Position } from './model/position.js'

/**
 * The log: a capped stream with its live channel. This is the one seam to Redis; `RedisLog` and `MemoryLog` implement
 * it with the same semantics and pass the same conformance suite.
 *
 * A log opens connections; each reconnects by itself until it is closed, and tells its listener when it is up or down.
 * No call of a connection waits for it to come up: while it is down, calls reject at once with a `RedisError` of kind
 * `disconnected`. Every call settles: with its reply, when the connection closes, or at the command deadline.
 */
export interface InvalidationLog {
  /** The Pub/Sub channel; the names of the log's keys derive from it. */
  readonly channel: string
  /** `host:port` or the path of a socket, for telemetry; absent where there is no server, or now one and now another. */
  readonly server?: string | undefined
  /** Names the servers, the same for every log that lives there; absent where there are none. */
  readonly origin?: string | undefined
  /** Opens a command connection and starts connecting. */
  openCommands(listener: ConnectionListener): LogCommands
  /** Opens a Pub/Sub connection and starts connecting; it subscribes to the channel each time it comes up. */
  openFeed(listener: FeedListener): LogFeed
}

/** What a connection tells its owner. `onUp` and `onDown` alternate, beginning with `onUp`. */
export interface ConnectionListener {
  /** Usable from now on. For a feed: SUBSCRIBE has been acknowledged, nothing published from now on is missed. */
  onUp(): void
  /** Lost; it reconnects by itself. */
  onDown(error: InvalidationError): void
  /** Something went wrong that did not change the state, such as a failed attempt to connect. */
  onError(error: InvalidationError): void
  /** All works, but something about the server may do harm: told once in a process. */
  onWarning?(text: string): void
}

/** A connection's listener that also takes what is published. */
export interface FeedListener extends ConnectionListener {
  /** A message on the channel, as published. */
  onMessage(text: string): void
}

/** What both kinds of connection share. */
export interface LogConnection {
  /** Whether calls can be made now. */
  readonly up: boolean
  /**
   * Settles with the first attempt to connect: resolves when it is up or when the failure is one that waiting may
   * mend; rejects with `RedisError` (kind `refused`) or `UnsupportedServerError` otherwise.
   */
  opened(): Promise<void>
  /** Drops the connection and makes a new one: for links that look open and are not. */
  reconnect(): void
  /** Closes the connection for good; pending calls reject. Never rejects itself. */
  close(): Promise<void>
}

/** Everything that is asked of the log over a command connection. */
export interface LogCommands extends LogConnection {
  /** Appends a frame (a whole JSON object) and publishes it: one atomic step. `cap` is in entries, approximate. */
  append(appendId: string, frame: string, cap: number): Promise<Appended>
  /** Waits until `count` replicas have all that was appended over this connection; resolves to how many have. */
  waitReplicas(count: number, timeoutMs: number): Promise<number>
  /** The replication id of the server: it changes with every failover and restart. Undefined where not to be had. */
  replicationId(): Promise<string | undefined>

  /**
   * Append id of the newest entry: what `last` holds or, where that is gone, the append id of the last entry if it is
   * also the last ever generated. Undefined where neither is to be had.
   */
  head(): Promise<string | undefined>
  /**
   * The entry to anchor to: the last one, if it is the one `last` names; else a marker (an empty frame), appended under
   * `appendId` and not published. Undefined where there is no such entry and this connection may not write.
   */
  anchor(appendId: string, cap: number): Promise<Anchor | undefined>
  inspect(position: Position): Promise<Inspection>
  /** Looks up entries, at most 100 at once, in one atomic step; answers in the same order. */
  lookup(positions: readonly Position[]): Promise<readonly Presence[]>
  /**
   * Reads up to `count` entries from a stream ID on, inclusive; `-` reads from the first entry.
   *
   * @param joined lets the server put the entries together, where it can: of small ones that takes it three times as
   *   long, and spares this process more than that. Default false
   */
  readPage(from: string, count: number, joined?: boolean): Promise<Page>

  loadCursor(name: string): Promise<string | undefined>
  /** Saves a position (as text). Unless `overwrite` is set, never moves the cursor back to an earlier stream ID. */
  saveCursor(name: string, position: string, overwrite: boolean): Promise<void>

  /** `cap` is in dead letters, approximate. */
  addDeadLetter(letter: Omit<DeadLetter, 'id'>, cap: number): Promise<string>
  /** Oldest first, from an id on, inclusive; `-` reads from the first. */
  listDeadLetters(from: string, count: number): Promise<readonly DeadLetter[]>
  removeDeadLetters(ids: readonly string[]): Promise<number>

  /**
   * Makes a subscription known: keeps a record (a JSON object that is not empty) under its id, in place of the one
   * before, for `ttlMs` by the server's clock. A refusal leaves the connection as it is, even that of a replica.
   */
  announce(id: string, record: string, ttlMs: number): Promise<void>
  /** Forgets a subscription. */
  withdraw(id: string): Promise<void>
  /** Every subscription whose record still holds. */
  listSubscribers(): Promise<readonly Announced[]>
}

/** The live channel. */
export interface LogFeed extends LogConnection {
  /** Asks the server for a sign of life; rejects with `RedisError` at the deadline. */
  ping(): Promise<void>
}
/** A message whose handler failed for good. */
export interface DeadLetter {
  /** Name of the place in the dead-letter stream: its stream ID. */
  readonly id: string
  /** The message as JSON. */
  readonly message: string
  readonly error: string
  /** Name of the subscription that gave up on it. */
  readonly subscriber: string
  /** How many times the handler was tried. */
  readonly tries: number
}
