import type { Runtime } from '../runtime.js'
import type { Address } from './address.js'
import type { RedisLike } from './redis-like.js'
import type { TargetKind } from './redis-target.js'

/** Makes a client that has not connected yet and waits `retryDelay()` ms before each attempt to reconnect. */
export type ClientFactory = (retryDelay: () => number) => RedisLike

/** Where clients come from. */
export interface ClientSource {
  readonly kind: TargetKind
  readonly makeClient: ClientFactory
  /** Names the servers, the same for all that connects to them, whichever is connected to; never with a password. */
  readonly origin: string
  /** Where the newest connection leads: `host:port` or the path of a socket; undefined while that is being looked for. */
  readonly location: string | undefined
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
