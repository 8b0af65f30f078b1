import { accessReader } from '../access.js'
import { clientOverrides, type ClientPurpose, type ClientSource, shareOf } from '../client-source.js'
import { behindOwnName } from '../connection-name.js'
import { Redis } from '../ioredis.js'
import type { RedisLike } from '../redis-like.js'
import type { ClusterTarget } from '../target.js'
import { type Address, formatAddress, throughNat } from './address.js'
import { askOnce, explainRefusal } from './ask.js'
import { clientTo, type Destination } from './connector.js'
import { PrimaryFinder, type Topology } from './primary-finder.js'
import { readSlots } from './slots.js'

/**
 * Clients of a cluster: all keys of a log share a slot, so each is a client of the one node that owns it, which is
 * looked up before each attempt to connect. ioredis' own Cluster follows redirects without a word, where a publisher
 * must know of them, and does not always repair its Pub/Sub connection.
 */
export function clusterSource(target: ClusterTarget, purpose: ClientPurpose): ClientSource {
  const { slot, runtime, commandTimeoutMs } = purpose
  const { seeds, natMap, dnsLookup } = target
  const nameOf = (name: string): string => behindOwnName(target.nodeOptions.connectionName, name)
  const reachable = (node: Address): Address => throughNat(node, natMap)
  const limitMs = shareOf(commandTimeoutMs, 3)
  const readAccess = accessReader(purpose.credentials, purpose)
  const destinationAt = async ({ host, port }: Address): Promise<Destination> => {
    const { tls, family, username, password } = target.optionsAt({ host, port })
    return { place: { host, port }, tls, family, dnsLookup, ...(await readAccess({ username, password })) }
  }
  const clientOf = ({ host, port }: Address, locate = () => destinationAt({ host, port })): RedisLike =>
    clientTo(
      locate,
      (Connector) =>
        new Redis({
          ...target.optionsAt({ host, port }),
          ...clientOverrides(() => 0, nameOf(purpose.name)),
          host,
          port,
          connectTimeout: limitMs,
          retryStrategy: null,
          Connector,
        }),
    )
  const askSlots = async (node: Address): Promise<Topology> => {
    const slots = (client: RedisLike): Promise<unknown> => client.call('cluster', 'SLOTS')
    // Before the node's time begins: how long `credentials` takes is not the node's doing.
    const destination = await destinationAt(node)
    const client = clientOf(node, () => Promise.resolve(destination))
    const reply = await askOnce(client, slots, limitMs, runtime).catch((error: unknown) => {
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
  const locateOwner = async (): Promise<Destination> => destinationAt(await owner.locate())
  return {
    kind: 'cluster',
    makeClient: (retryDelay, name = purpose.name) =>
      clientTo(
        locateOwner,
        (Connector) => new Redis({ ...target.nodeOptions, ...clientOverrides(retryDelay, nameOf(name)), Connector }),
      ),
    origin: `the cluster of ${seeds.map(formatAddress).join(', ')}`,
    database: target.nodeOptions.db ?? 0,
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
