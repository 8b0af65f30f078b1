import { until } from './latch.js'
import type { RedisServer } from './redis-server.js'
import type { ServerClients } from './server-clients.js'

/** Else a primary waits some seconds for more replicas before it sends its data. */
export const promptSync = ['--repl-diskless-sync-delay', '0']

/** Resolves when all that the primary has written so far has come to its replicas. */
export async function inSync(
  clients: ServerClients,
  primary: RedisServer,
  replicas: readonly RedisServer[],
): Promise<void> {
  const target = Number(await clients.info(primary, 'replication', 'master_repl_offset'))
  for (const replica of replicas) {
    await until(() => hasReached(clients, replica, target), 20_000, `the replica on port ${replica.port} in sync`)
  }
}

/** Whether all that the primary has written by now has come to its replicas. */
export async function areInSync(
  clients: ServerClients,
  primary: RedisServer,
  replicas: readonly RedisServer[],
): Promise<boolean> {
  const target = Number(await clients.info(primary, 'replication', 'master_repl_offset'))
  const synced = await Promise.all(replicas.map((replica) => hasReached(clients, replica, target)))
  return synced.every((each) => each)
}

async function hasReached(clients: ServerClients, replica: RedisServer, target: number): Promise<boolean> {
  if ((await clients.info(replica, 'replication', 'master_link_status')) !== 'up') return false
  return Number(await clients.info(replica, 'replication', 'slave_repl_offset')) >= target
}

/**
 * Does something while these replicas, which have all that was written before, get nothing more: what the primary
 * acknowledges is lost when it dies. They stay up, and may be promoted; afterwards they follow a primary again.
 */
export async function whileHeldBack(
  clients: ServerClients,
  primary: RedisServer,
  replicas: readonly RedisServer[],
  task: () => Promise<unknown>,
): Promise<void> {
  await inSync(clients, primary, replicas)
  try {
    // A primary without passwords refuses whoever brings one: no replica comes back to it.
    await setPassword(clients, replicas, 'none')
    await clients.of(primary).call('CLIENT', 'KILL', 'TYPE', 'replica')
    for (const replica of replicas) {
      await until(() => isCutOff(clients, replica), 10_000, `the link of the replica on port ${replica.port} down`)
    }
    await task()
  } finally {
    await setPassword(clients, replicas, '')
  }
}

/** What replicas show to their primary. */
async function setPassword(clients: ServerClients, replicas: readonly RedisServer[], password: string): Promise<void> {
  for (const replica of replicas) await clients.of(replica).config('SET', 'masterauth', password)
}

async function isCutOff(clients: ServerClients, replica: RedisServer): Promise<boolean> {
  return (await clients.info(replica, 'replication', 'master_link_status')) === 'down'
}
