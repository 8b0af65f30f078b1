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
 * From now on these replicas, which have all that was written so far, get nothing more: what the primary acknowledges is
 * lost when it dies. They stay up, and may be promoted.
 */
export async function holdBack(
  clients: ServerClients,
  primary: RedisServer,
  replicas: readonly RedisServer[],
): Promise<void> {
  await inSync(clients, primary, replicas)
  // A primary without passwords refuses whoever brings one: no replica comes back to it.
  for (const replica of replicas) await clients.of(replica).config('SET', 'masterauth', 'none')
  await clients.of(primary).call('CLIENT', 'KILL', 'TYPE', 'replica')
  const isDown = async (replica: RedisServer): Promise<boolean> =>
    (await clients.info(replica, 'replication', 'master_link_status')) === 'down'
  for (const replica of replicas) {
    await until(() => isDown(replica), 10_000, `the link of the replica on port ${replica.port} down`)
  }
}

/** Lets replicas that were held back follow a primary again. */
export async function letFollow(clients: ServerClients, replicas: readonly RedisServer[]): Promise<void> {
  for (const replica of replicas) await clients.of(replica).config('SET', 'masterauth', '')
}
