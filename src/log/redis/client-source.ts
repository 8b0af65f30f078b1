import type { CredentialsSource } from '../../support/connection-options.js'
import type { Runtime } from '../../support/runtime.js'
import type { ClientOverrides, RedisLike } from './redis-like.js'
import type { TargetKind } from './target.js'
import type { Address } from './topology/address.js'

/**
 * Makes a client that has not connected yet and waits `retryDelay()` ms before each attempt to reconnect. `name` is the
 * name of the connection; by default it follows from the purpose.
 */
export type ClientFactory = (retryDelay: () => number, name?: string) => RedisLike

/** Where clients come from. */
export interface ClientSource {
  readonly kind: TargetKind
  readonly makeClient: ClientFactory
  /** Names the servers, the same for all that connects to them, whichever is connected to; never with a password. */
  readonly origin: string
  /** Number of the database that connections select. */
  readonly database: number
  /**
   * Where the newest connection leads: `host:port` or the path of a socket; undefined while that is being looked for.
   */
  readonly location: string | undefined
  /** Undefined outside of a cluster. */
  readonly cluster: ClusterRoute | undefined
}

/** What a session is made of. */
export interface SessionContext {
  readonly source: ClientSource
  readonly runtime: Runtime
  /** How long a command, or an attempt to connect, may take before the connection is replaced, in ms. */
  readonly commandTimeoutMs: number
  /** The name of a Pub/Sub connection in CLIENT LIST. */
  readonly feedName: string
  /** Whether the channel is that of the log's slot of a cluster alone. */
  readonly sharded: boolean
  /** What its command connections are used for. */
  readonly uses: readonly ('append' | 'read')[]
}

/** The server that the newest connection leads to, for messages. */
export function serverOf({ location, origin }: ClientSource): string {
  return location ?? origin
}

/** How a cluster sends its clients on. */
export interface ClusterRoute {
  /** A node has named the owner of the slot; the next connection goes there. */
  movedTo(node: Address): void
  /** A client to a node, which does not reconnect. */
  clientOf(node: Address): RedisLike
  /** All nodes of the cluster, as the owner of the slot knows them. */
  nodes(): Promise<readonly Address[]>
}

/** What clients are made for. */
export interface ClientPurpose {
  /** The slot of the log's keys, where it is in a cluster. */
  readonly slot: number
  readonly runtime: Runtime
  /** How long an attempt to connect may take, in ms. */
  readonly commandTimeoutMs: number
  /** The name of its connections in CLIENT LIST. */
  readonly name: string
  /** Gives user and password of each connection, in place of those that the user named. */
  readonly credentials?: CredentialsSource | undefined
}

/** How long a connection that was dropped may take to say goodbye before its socket is destroyed. */
export const disconnectTimeoutMs = 100

/** Our clients never resend or queue a command. The caller decides about a command that fails. */
export function clientOverrides(retryDelay: () => number, connectionName: string): ClientOverrides {
  return {
    // If the server refuses to set it, ioredis continues without a name.
    connectionName,
    lazyConnect: true,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    // Neither a setup of its own nor its ready check, which is an INFO: what must be known we ask ourselves.
    disableClientInfo: true,
    enableReadyCheck: false,
    disconnectTimeout: disconnectTimeoutMs,
    enableAutoPipelining: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    monitor: false,
    readOnly: false,
    reconnectOnError: null,
    replyMapping: 'legacy',
    retryStrategy: retryDelay,
    showFriendlyErrorStack: false,
    stringNumbers: false,
    commandTimeout: undefined,
    socketTimeout: undefined,
    blockingTimeout: undefined,
    himportFieldsets: undefined,
    scripts: undefined,
  }
}

/** The most that one sentinel, or one node of a cluster, is waited for, whatever the attempt to connect may take. */
const maxStepMs = 1_000

/** An equal share of an attempt to connect, in ms: what is asked on the way must leave time for the rest. */
export function shareOf(commandTimeoutMs: number, steps: number): number {
  return Math.max(1, Math.min(maxStepMs, Math.floor(commandTimeoutMs / steps)))
}

/** Ends the connection of a client: for good, or for it to make another. */
export function disconnect(client: Pick<RedisLike, 'stream' | 'disconnect'>, reconnect = false): void {
  // A TLS socket that is ended in the middle of its handshake may fail twice. ioredis listens for one error, and one
  // that nobody listens for ends the process.
  client.stream?.on('error', () => {})
  client.disconnect(reconnect)
}
