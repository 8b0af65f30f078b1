import type { InvalidationError } from '../support/errors.js'
import type { Announced, Member } from './model/announced.js'
import type { Anchor, Appended, Inspection, Page, Presence } from './model/entry.js'
import type { Position } from './model/position.js'
import type { Replication } from './model/replication.js'
import type { Retention } from './model/retention.js'

/**
 * The log: a capped stream with its live channel. This is the one seam to Redis; `RedisLog` and `MemoryLog` implement
 * it with the same semantics and pass the same conformance suite.
 *
 * A log opens connections. Each reconnects by itself until it is closed, and notifies its listener when it goes up or
 * down. No call of a connection waits for it to come up: while it is down, calls reject at once with a `RedisError` of
 * kind `disconnected`. Every call settles: with its reply, when the connection closes, or at the command deadline.
 */
export interface InvalidationLog {
  /** The Pub/Sub channel; the names of the log's keys derive from it. */
  readonly channel: string
  /** `host:port` or the path of a socket, for telemetry; absent without a server, or if it may change. */
  readonly server?: string | undefined
  /**
   * Number of the server's database that holds the log. It distinguishes logs of the same channel, which receive each
   * other's frames. Absent if nobody else can publish on its channel.
   */
  readonly database?: number | undefined
  /** Names the servers, the same for every log that lives there; absent without servers. */
  readonly origin?: string | undefined
  /** Opens a command connection and starts connecting. */
  openCommands(listener: ConnectionListener): LogCommands
  /** Opens a Pub/Sub connection and starts connecting; it subscribes to the channel each time it comes up. */
  openFeed(listener: FeedListener): LogFeed
}

/**
 * Callbacks of a connection to its owner. `onUp` and `onDown` alternate, beginning with `onUp`. None is called before
 * `openCommands` or `openFeed` has returned.
 */
export interface ConnectionListener {
  /** Usable from now on. For a feed: SUBSCRIBE has been acknowledged, nothing published from now on is missed. */
  onUp(): void
  /** Lost; it reconnects by itself. */
  onDown(error: InvalidationError): void
  /** Something went wrong that did not change the state, such as a failed attempt to connect. */
  onError(error: InvalidationError): void
  /** Everything works, but a setting of the server may do harm. Called once in a process. */
  onWarning?(text: string): void
}

/** A connection's listener that also takes published messages. */
export interface FeedListener extends ConnectionListener {
  /** A message on the channel, as published. */
  onMessage(text: string): void
}

/** The life of a connection, of either kind. */
export interface LogConnection {
  /** Whether calls can be made now. */
  readonly up: boolean
  /**
   * Settles with the first attempt to connect: resolves when it is up, and also when it failed but a later attempt may
   * succeed; rejects with `RedisError` (kind `refused`) or `UnsupportedServerError` otherwise.
   */
  opened(): Promise<void>
  /** Drops the connection and makes a new one: for links that look open and are not. */
  reconnect(): void
  /** Closes the connection for good; pending calls reject. Never rejects itself. */
  close(): Promise<void>
}

/** A command connection to the log. */
export interface LogCommands extends LogConnection, Log, CursorTable, DeadLetterStore, Registry {}

/** The live channel. */
export interface LogFeed extends LogConnection {
  /** Asks the server for a sign of life; rejects with `RedisError` at the deadline. */
  ping(): Promise<void>
}

/** The stream of entries and `last`, the append id of the newest. */
export interface Log {
  /** Appends a frame (a whole JSON object) and publishes it: one atomic step. Then drops what `retention` does not keep. */
  append(appendId: string, frame: string, retention: Retention): Promise<Appended>
  /** Waits until `count` replicas have all that was appended over this connection; resolves to how many have. */
  waitReplicas(count: number, timeoutMs: number): Promise<number>
  /** The server's part in replication, and its replication id. */
  replication(): Promise<Replication>
  /**
   * Append id of the newest entry: the value of `last` or, if that is gone, the append id of the last entry if it is
   * also the last ever generated. Undefined if neither can be had.
   */
  head(): Promise<string | undefined>
  /**
   * The entry to anchor to: the last one, if it is the one `last` names; else a marker (an empty frame), appended under
   * `appendId` and not published. Undefined if there is no such entry and this connection may not write.
   */
  anchor(appendId: string, retention: Retention): Promise<Anchor | undefined>
  /** Drops what is older than `maxAgeMs`; the newest entry stays. For channels on which nothing is appended. Without `maxAgeMs` it does nothing. */
  trim(retention: Retention): Promise<void>
  /** Looks at the log around a position, in one atomic step. */
  inspect(position: Position): Promise<Inspection>
  /** Looks up entries, at most 100 at once, in one atomic step; answers in the same order. */
  lookup(positions: readonly Position[]): Promise<readonly Presence[]>
  /**
   * Reads up to `count` entries from a stream ID on, inclusive; `-` reads from the first entry.
   *
   * @param joined lets the server join the entries, if it can. For small ones that takes the server three times as long
   *   and saves this process more. The frame of the entry at `from` itself may then be empty: you have it. Default false
   */
  readPage(from: string, count: number, joined?: boolean): Promise<Page>
}

/** The positions that named subscriptions continue from. */
export interface CursorTable {
  /** The saved position, as text; undefined if none was saved under this name. */
  loadCursor(name: string): Promise<string | undefined>
  /** Saves a position (as text). Unless `overwrite` is set, never moves the cursor back to an earlier stream ID. */
  saveCursor(name: string, position: string, overwrite: boolean): Promise<void>
}

/** The messages whose handlers failed for good. */
export interface DeadLetterStore {
  /** Adds a dead letter and resolves to its id. `cap` is in dead letters, approximate. */
  addDeadLetter(letter: Omit<DeadLetter, 'id'>, cap: number): Promise<string>
  /** Lists up to `count`, oldest first, from an id on, inclusive; `-` reads from the first. */
  listDeadLetters(from: string, count: number): Promise<readonly DeadLetter[]>
  /** Removes dead letters by id; resolves to how many there were. */
  removeDeadLetters(ids: readonly string[]): Promise<number>
}

/** The registers of the subscriptions and of the publishers that have announced themselves. */
export interface Registry {
  /**
   * Announces a member: keeps a record (a JSON object that is not empty) under its id, in place of the one before, for
   * `ttlMs` by the server's clock. A refusal leaves the connection as it is, even that of a replica.
   */
  announce(member: Member, id: string, record: string, ttlMs: number): Promise<void>
  /** Removes the record of a member. */
  withdraw(member: Member, id: string): Promise<void>
  /** The records of one kind of member that have not expired. */
  listAnnounced(member: Member): Promise<readonly Announced[]>
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
  /**
   * The service of that subscription, if it has a name. Letters of earlier versions lack this and the next two fields.
   */
  readonly service?: string
  readonly host?: string
  readonly pid?: number
}
