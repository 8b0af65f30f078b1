import { ConfigurationError, isRefused } from '../../support/errors.js'
import { openOnce } from '../open-log.js'
import type { SessionContext } from '../redis/client-source.js'
import { replyCode } from '../redis/errors.js'
import { RedisFeed } from '../redis/feed.js'
import { readText } from '../redis/replies.js'
import type { Send } from '../redis/session-calls.js'
import type { Right } from './rights.js'

/**
 * Asks the server what a user may do (`ACL DRYRUN`, Redis 7 and later); resolves to the rights that are missing.
 *
 * @throws ConfigurationError where there is no such user
 */
export async function missingByDryRun(send: Send, user: string, rights: readonly Right[]): Promise<readonly Right[]> {
  if ((await send('acl', 'GETUSER', user)) === null) throw noSuchUser(user)
  const verdicts = await Promise.all(rights.map(({ command }) => send('acl', 'DRYRUN', user, ...command)))
  return rights.filter((_, index) => readText(verdicts[index]) !== 'OK')
}

function noSuchUser(user: string): ConfigurationError {
  return new ConfigurationError(
    `Expected the name of a user of this server, got ${JSON.stringify(user)}: ACL USERS lists those there are, and ACL SETUSER makes one`,
  )
}

/** What can't be queued in a transaction. */
const subscribing = new Set(['SUBSCRIBE', 'SSUBSCRIBE'])

/** Has no arguments: a transaction with it in it is never run, whatever else is queued. */
const doom = ['get'] as const

/**
 * Finds out what we may do ourselves, which needs no right to ask: a command is checked when it is queued in a
 * transaction, and the transaction is doomed from the start. SUBSCRIBE can't be queued: `subscribe` tries it.
 *
 * @param send must send to the server that is connected to and to no other: alone elsewhere, a command would be run
 */
export async function missingByTrial(
  send: Send,
  rights: readonly Right[],
  subscribe: () => Promise<boolean>,
): Promise<readonly Right[]> {
  const isMissing = await trial(send, rights)
  const maySubscribe = await subscribe()
  return rights.filter((right) => (subscribing.has(right.command[0]) ? !maySubscribe : isMissing(right)))
}

async function trial(send: Send, rights: readonly Right[]): Promise<(right: Right) => boolean> {
  // Without the right to MULTI what follows would be run, and not queued: so that is tried first.
  const [multi] = await settle(send, [['multi'], doom, ['exec']])
  if (isRefusal(multi)) return ({ command: [name] }) => name === 'MULTI'
  const queued = rights.filter(({ command: [name] }) => !subscribing.has(name) && name !== 'MULTI' && name !== 'EXEC')
  const outcomes = await settle(send, [['multi'], doom, ...queued.map(({ command }) => command), ['exec']])
  const missing = queued.filter((_, index) => isRefusal(outcomes[index + 2]))
  const execMissing = isRefusal(outcomes.at(-1))
  return (right) => (right.command[0] === 'EXEC' ? execMissing : missing.includes(right))
}

/** Sends commands in one turn, so that nothing else comes in between; rejects where the link fails. */
async function settle(
  send: Send,
  commands: readonly Right['command'][],
): Promise<readonly PromiseSettledResult<unknown>[]> {
  const outcomes = await Promise.allSettled(commands.map(([name, ...args]) => send(name, ...args)))
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected' && replyCode(outcome.reason) === undefined) throw outcome.reason
  }
  return outcomes
}

function isRefusal(outcome: PromiseSettledResult<unknown> | undefined): boolean {
  return outcome?.status === 'rejected' && replyCode(outcome.reason) === 'NOPERM'
}

/** Whether the channel may be subscribed to; rejects where the link fails. */
export async function maySubscribe(channel: string, context: SessionContext): Promise<boolean> {
  try {
    const feed = await openOnce((listener) => new RedisFeed(channel, context, { ...listener, onMessage: () => {} }))
    await feed.close()
    return true
  } catch (error) {
    if (isRefused(error)) return false
    throw error
  }
}
