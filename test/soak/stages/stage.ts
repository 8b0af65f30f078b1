import type { Random } from '../../../examples/demo/services/random.js'
import type { RedisServer } from '../../support/redis-server.js'
import type { TcpProxy } from '../../support/tcp-proxy.js'
import type { ServerFaultKind } from '../faults/kinds.js'
import type { Access } from '../processes/protocol.js'

/** How one process reaches the servers: over proxies of its own, so that it can be hit alone. */
export interface Way {
  readonly access: Access
  readonly proxies: readonly TcpProxy[]
}

/** Undoes a fault; resolves when all is as it was. */
export type Undo = () => Promise<void>

/** The servers of a topology, and what can be done to them. */
export interface Stage {
  /** For people. */
  readonly description: string
  /** By name. */
  readonly servers: ReadonlyMap<string, RedisServer>
  readonly faults: readonly ServerFaultKind[]
  openWay(): Promise<Way>
  /** @param random chooses what the kind leaves open */
  inflict(fault: string, random: Random): Promise<Undo>
  stop(): Promise<void>
}
