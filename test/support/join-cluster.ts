import { until } from './latch.js'
import type { RedisServer } from './redis-server.js'
import { inSync } from './replication.js'
import type { ServerClients } from './server-clients.js'
import { slotTable } from './slot-table.js'

const slots = 16_384

/** A node and its name in the cluster. */
export interface Member {
  readonly node: RedisServer
  readonly id: string
}

/**
 * Makes a cluster of nodes that stand alone: the first so many share the slots equally, the rest are replicas, dealt out
 * in turn. Resolves when every node finds the cluster in order, and replicas are in sync.
 */
export async function joinCluster(
  clients: ServerClients,
  members: readonly Member[],
  primaryCount: number,
): Promise<void> {
  const primaries = members.slice(0, primaryCount)
  const replicas = members.slice(primaryCount).map((member, index) => {
    const primary = primaries[index % primaryCount]
    if (!primary) throw new Error('Expected at least one primary')
    return { ...member, primary }
  })
  const call = ({ node }: Member, ...args: string[]): Promise<unknown> => clients.of(node).call('CLUSTER', ...args)
  await Promise.all(members.map((member, index) => call(member, 'SET-CONFIG-EPOCH', String(index + 1))))
  await Promise.all(primaries.map((member, index) => call(member, 'ADDSLOTS', ...share(index, primaryCount))))
  // Each is told of each: gossip alone takes a second or two.
  await Promise.all(
    members.flatMap((member, index) =>
      members.slice(index + 1).map(({ node }) => call(member, 'MEET', '127.0.0.1', String(node.port))),
    ),
  )
  const knowsAll = async (member: Member): Promise<boolean> => {
    const known = String(await call(member, 'NODES')).split('\n')
    return known.filter((line) => / (myself,)?master /.test(line)).length === members.length
  }
  for (const member of members) await until(() => knowsAll(member), 20_000, 'every node knows all others')
  await Promise.all(replicas.map((member) => call(member, 'REPLICATE', member.primary.id)))
  const isInOrder = async (member: Member): Promise<boolean> => {
    const table = await slotTable(clients.of(member.node))
    const known = table.reduce((sum, range) => sum + range.replicas.length, 0)
    return known === replicas.length && String(await call(member, 'INFO')).includes('cluster_state:ok')
  }
  for (const member of members) await until(() => isInOrder(member), 20_000, 'the cluster in order')
  for (const { node, primary } of replicas) await inSync(clients, primary.node, [node])
}

/** The slots of a primary. */
function share(index: number, count: number): string[] {
  const from = Math.floor((index * slots) / count)
  const to = Math.floor(((index + 1) * slots) / count)
  return Array.from({ length: to - from }, (_, offset) => String(from + offset))
}
