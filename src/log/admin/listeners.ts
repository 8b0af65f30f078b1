import { describeThrown } from '../../support/thrown.js'
import type { ClusterRoute, SessionContext } from '../redis/client-source.js'
import { readList, readNumber } from '../redis/replies.js'
import type { Send } from '../redis/session-calls.js'
import { type Address, formatAddress } from '../redis/topology/address.js'
import { askOnce } from '../redis/topology/ask.js'
import { type Fact, factOf } from './administration-replies.js'

/** A channel that may be subscribed to. */
interface Listening {
  readonly channel: string
  readonly sharded: boolean
}

/** How many connections have subscribed to a channel: each server knows of its own, so in a cluster all are asked. */
export async function countListeners(listening: Listening, send: Send, context: SessionContext): Promise<Fact<number>> {
  const { cluster } = context.source
  if (cluster === undefined) return factOf(ask(listening, send))
  try {
    return await countOverNodes(await cluster.nodes(), (node) => askNode(listening, node, cluster, context))
  } catch (error) {
    return { reason: `The nodes of the cluster are not known: ${describeThrown(error)}` }
  }
}

/** Where nobody is found, a node that is silent may have somebody all the same. */
async function countOverNodes(
  nodes: readonly Address[],
  countOn: (node: Address) => Promise<number>,
): Promise<Fact<number>> {
  const counts = await Promise.allSettled(nodes.map(countOn))
  const count = counts.reduce((sum, each) => sum + (each.status === 'fulfilled' ? each.value : 0), 0)
  const silent = nodes.filter((_, index) => counts[index]?.status === 'rejected').map(formatAddress)
  if (count > 0 || silent.length === 0) return { value: count }
  return { reason: `Nobody listens on the nodes that answer, and these could not be asked: ${silent.join(', ')}` }
}

function askNode(
  listening: Listening,
  node: Address,
  cluster: ClusterRoute,
  { runtime, commandTimeoutMs }: SessionContext,
): Promise<number> {
  const question = (client: { readonly call: Send }): Promise<number> =>
    ask(listening, (command, ...args) => client.call(command, ...args))
  return askOnce(cluster.clientOf(node), question, commandTimeoutMs, runtime)
}

async function ask({ channel, sharded }: Listening, send: Send): Promise<number> {
  return readNumber(readList(await send('pubsub', sharded ? 'SHARDNUMSUB' : 'NUMSUB', channel))[1])
}
