import { type Replication, unknownReplication } from '../model/replication.js'
import { isUnavailable } from './errors.js'
import { checkPrimary, demoted } from './probe.js'
import { readInfo, readReplication, readRole } from './replies.js'
import type { Send } from './session-calls.js'
import type { RedisSession } from './session.js'

/**
 * The server's part in replication. Rejects if another server has the log by now: a node of a cluster that no longer
 * owns the key, or a primary that sentinels have demoted.
 */
export async function askReplication(session: RedisSession, stream: string): Promise<Replication> {
  const [replication] = await Promise.all([readRoleAndId(session), checkOwner(session, stream)])
  const { kind, server } = session
  // With sentinels and clusters the primary is looked for again. A single server is the one that the user named.
  if (replication.role === 'replica' && kind !== 'single') throw session.failureOf('info', demoted(server))
  return replication
}

/** Sentinels end the connections to a primary that they demote; should one be left, it must not be believed. */
export async function checkRole(session: RedisSession): Promise<void> {
  if (!session.primaryOnly) return
  try {
    await checkPrimary((command, ...args) => session.call(command, ...args), session.server)
  } catch (error) {
    throw session.failureOf('hello', error)
  }
}

/** A user without the right to INFO can still read the role: HELLO needs no right. */
async function readRoleAndId(session: RedisSession): Promise<Replication> {
  const send: Send = (command, ...args) => session.call(command, ...args)
  try {
    return readReplication(readInfo(await send('info', 'replication')))
  } catch (error) {
    if (!isUnavailable(error)) throw error
  }
  try {
    return { ...unknownReplication, role: readRole(await send('hello')) }
  } catch (error) {
    if (!isUnavailable(error)) throw error
    return unknownReplication
  }
}

/** Every node of a cluster answers INFO, also one that no longer has the slot: only a command on a key shows that. */
async function checkOwner(session: RedisSession, stream: string): Promise<void> {
  if (session.kind !== 'cluster') return
  await session.call('xrange', stream, '+', '-').catch((error: unknown) => {
    if (!isUnavailable(error)) throw error
  })
}
