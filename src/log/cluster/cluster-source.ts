import { Redis } from 'ioredis'
import type { Runtime } from '../../runtime.js'
import { formatAddress, type Address } from '../address.js'
import { clientOverrides, shareOf } from '../client-overrides.js'
import type { ClientPurpose, ClientSource } from '../client-source.js'
import { disconnect } from '../disconnect.js'
import type { RedisLike } from '../redis-like.js'
import { describeTarget, type ClusterTarget } from '../redis-target.js'
import { LocatingConnector, type ConnectorOptions } from './connector.js'
import { throughNat } from './nat-map.js'
import { SlotOwner } from './slot-owner.js'
import { readTopology, type Topology } from './topology.js'

/**
 * Clients of a cluster: all keys of a log share a slot, so each is a client of the one node that owns it, which is looked
 * up before each attempt to connect. ioredis' own Cluster follows redirects without a word, where a publisher must know
 * of them, and does not always repair its Pub/Sub connection.
 */
export function clusterSource(target: ClusterTarget, { slot, runtime, commandTimeoutMs }: ClientPurpose): ClientSource {
  const { seeds, nodeOptions, natMap } = target
  const reachable = (node: Address): Address => throughNat(node, natMap)
  const limitMs = shareOf(commandTimeoutMs, 3)
  const clientOf = (node: Address): RedisLike =>
    new Redis({
      ...nodeOptions,
      ...clientOverrides(() => 0),
      ...{ host: node.host, port: node.port, connectTimeout: limitMs, retryStrategy: null },
    })
  const owner = new SlotOwner({
    seeds: seeds.map(reachable),
    runtime,
    ask: async (node) => {
      const { owner: named, nodes } = await askTopology(clientOf(node), node, slot, limitMs, runtime)
      return { owner: named && reachable(named), nodes: nodes.map(reachable) }
    },
  })
  const server = describeTarget(target)
  class Connector extends LocatingConnector {
    constructor(options: unknown) {
      super(options as ConnectorOptions, () => owner.locate())
    }
  }
  return {
    makeClient: (retryDelay) => new Redis({ ...nodeOptions, ...clientOverrides(retryDelay), Connector }),
    server,
    address: undefined,
    // A replica sends us on by itself.
    primaryOnly: false,
    cluster: {
      movedTo: (node) => {
        owner.movedTo(reachable(node))
      },
      clientOf: (node) => clientOf(reachable(node)),
    },
  }
}

/** Asks a node for the slots and their owners, within the limit. */
async function askTopology(
  client: RedisLike,
  node: Address,
  slot: number,
  limitMs: number,
  runtime: Runtime,
): Promise<Topology> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>()
  const timer = runtime.after(limitMs, () => {
    reject(new Error(`${formatAddress(node)} did not answer within ${limitMs} ms`))
  })
  let failure: Error | undefined
  client.on('error', (error: Error) => {
    failure ??= error
  })
  try {
    const reply = client.connect().then(() => client.call('cluster', 'SLOTS'))
    return readTopology(await Promise.race([reply, tooLate]), slot, node)
  } catch (error) {
    throw failure ?? error
  } finally {
    timer.cancel()
    disconnect(client)
  }
}
