import { Redis } from 'ioredis'
import { clientOverrides, type ClientPurpose, type ClientSource, shareOf } from '../client-source.js'
import { behindOwnName } from '../connection-name.js'
import type { RedisLike } from '../redis-like.js'
import type { ClusterTarget } from '../target.js'
import { type Address, formatAddress, throughNat } from './address.js'
import { askOnce, explainRefusal } from './ask.js'
import { connectorTo } from './connector.js'
import { PrimaryFinder, type Topology } from './primary-finder.js'
import { readSlots } from './slots.js'

/**
 * Clients of a cluster: all keys of a log share a slot, so each is a client of the one node that owns it, which is
 * looked up before each attempt to connect. ioredis' own Cluster follows redirects without a word, where a publisher
 * must know of them, and does not always repair its Pub/Sub connection.
 */
export function clusterSource(target: ClusterTarget, purpose: ClientPurpose): ClientSource {
  const { slot, runtime, commandTimeoutMs } = purpose
  const { seeds, nodeOptions, natMap } = target
  const nameOf = (name: string): string => behindOwnName(nodeOptions.connectionName, name)
  const reachable = (node: Address): Address => throughNat(node, natMap)
  const limitMs = shareOf(commandTimeoutMs, 3)
  const clientOf = ({ host, port }: Address): RedisLike =>
    new Redis({
      ...nodeOptions,
      ...clientOverrides(() => 0, nameOf(purpose.name)),
      host,
      port,
      connectTimeout: limitMs,
      retryStrategy: null,
    })
  const askSlots = async (node: Address): Promise<Topology> => {
    const slots = (client: RedisLike): Promise<unknown> => client.call('cluster', 'SLOTS')
    const reply = await askOnce(clientOf(node), slots, limitMs, runtime).catch((error: unknown) => {
      throw explainRefusal(error, node, 'a node of a Redis Cluster')
    })
    const { primary, nodes } = readSlots(reply, slot, node)
    return { primary: primary && reachable(primary), nodes: nodes.map(reachable) }
  }
  const owner = new PrimaryFinder({
    seeds: seeds.map(reachable),
    runtime,
    ask: askSlots,
    unknown: `knows of no owner of slot ${slot}, the log's: is the cluster complete?`,
  })
  const Connector = connectorTo(() => owner.locate())
  return {
    kind: 'cluster',
    makeClient: (retryDelay, name = purpose.name) =>
      new Redis({ ...nodeOptions, ...clientOverrides(retryDelay, nameOf(name)), Connector }),
    origin: `the cluster of ${seeds.map(formatAddress).join(', ')}`,
    database: nodeOptions.db ?? 0,
    get location() {
      return owner.last && formatAddress(owner.last)
    },
    cluster: {
      movedTo: (node) => {
        owner.movedTo(reachable(node))
      },
      clientOf: (node) => clientOf(reachable(node)),
      nodes: async () => (await askSlots(await owner.locate())).nodes,
    },
  }
}
