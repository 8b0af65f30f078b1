import type { Runtime } from '../runtime.js'
import type { Address } from './address.js'
import type { RedisLike } from './redis-like.js'

/** Makes a client that has not connected yet and waits `retryDelay()` ms before each attempt to reconnect. */
export type ClientFactory = (retryDelay: () => number) => RedisLike

/** Where clients come from, and what to call the server in messages. */
export interface ClientSource {
  readonly makeClient: ClientFactory
  /** What is connected to, for messages; never a password. */
  readonly server: string
  /** Names the servers, the same for all that connects to them, whichever is connected to. */
  readonly origin: string
  /** `host:port` or the path of a socket; undefined where it may be one server now and another later. */
  readonly address: string | undefined
  /** Where the newest connection leads, in the same form; undefined while that is being looked for. */
  readonly location: string | undefined
  /** Whether a replica must not be taken in place of the primary: a single server is taken as it is. */
  readonly primaryOnly: boolean
  /** Undefined outside of a cluster. */
  readonly cluster: ClusterRoute | undefined
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
}
