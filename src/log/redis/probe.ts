import { RedisError, UnsupportedServerError } from '../../support/errors.js'
import { describeThrown } from '../../support/thrown.js'
import type { LogKeys } from '../model/keys.js'
import { isUnavailable, replyCode, replyError, replyText } from './errors.js'
import { refusalOf } from './refusals.js'
import { type Named, readInfo, readList, readReplication, readRole } from './replies.js'
import { probeScript } from './scripts/probe.js'
import { ScriptCalls, type Send } from './session-calls.js'

/** What a connection is used for, and so what it needs of the server. */
export type LogUse = 'append' | 'read'

/**
 * Tries out what these uses need, on a key that never exists. Asks for features, not for versions: many servers speak
 * Redis. Asks for nothing else: a server or a proxy may lack what is not used.
 *
 * @throws UnsupportedServerError for a server that lacks a feature
 */
export async function probe(send: Send, keys: LogKeys, server: string, uses: readonly LogUse[]): Promise<void> {
  const judge = probeJudge(server)
  const trials: Promise<void>[] = []
  // From the last entry to the first: there is nothing between them.
  if (uses.includes('read')) trials.push(judge('streams', send('xrange', keys.stream, '+', '-')))
  if (uses.includes('append')) trials.push(probeAppend(send, keys, judge, server))
  await Promise.all(trials)
}

type Judge = (feature: string, reply: Promise<unknown>) => Promise<void>

async function probeAppend(send: Send, keys: LogKeys, judge: Judge, server: string): Promise<void> {
  let reply: unknown
  await judge(
    'Lua scripts',
    new ScriptCalls(send, () => 0).run(probeScript, [keys.probe], [], (answer) => {
      reply = answer
    }),
  )
  if (!Array.isArray(reply)) return
  const [set, add] = readList(reply)
  const refused = (text: unknown, command: string): Promise<void> =>
    typeof text === 'string' && text !== ''
      ? Promise.reject(replyError(text.replace(/^-/, ''), command, server))
      : Promise.resolve()
  await judge('SET with XX and GET', refused(set, 'set'))
  await judge('streams', refused(add, 'xadd'))
}

/** Judges replies: a refusal that is about rights or about writes does not show that the feature is missing. */
function probeJudge(server: string): Judge {
  return async (feature, reply) => {
    try {
      await reply
    } catch (error) {
      const text = replyText(error)
      if (text === undefined) throw error
      const refusal = refusalOf(text)
      if (refusal === 'absent' || isOtherSyntax(text, feature)) throw lacks(feature, server, error)
      if (refusal === 'no-right' || refusal === 'no-writes' || isOnItsWay(error)) return
      // XADD got no arguments on purpose.
      if (/wrong number of arg/i.test(text)) return
      // An error that does not mention the command may be temporary: the next attempt will show.
      if (refusal !== 'other' || replyCode(error) === 'ERR') throw error
    }
  }
}

/** Whether the slot of the log is moving to another node: calls follow it, and the connection stays. */
function isOnItsWay(error: unknown): boolean {
  return ['ASK', 'TRYAGAIN'].includes(replyCode(error) ?? '')
}

/** Before Redis 6.2 the command takes other arguments. */
function isOtherSyntax(text: string, feature: string): boolean {
  return feature === 'SET with XX and GET' && /syntax error|wrong number of arg/i.test(text)
}

/**
 * Checks that the server knows sharded Pub/Sub: SPUBLISH without its arguments is refused before anything is published.
 *
 * @throws UnsupportedServerError for a server that does not
 */
export async function checkSharded(send: Send, server: string): Promise<void> {
  try {
    await known('sharded Pub/Sub', send('spublish'), server, '7.0')
  } catch (error) {
    const text = replyText(error)
    if (error instanceof UnsupportedServerError || text === undefined) throw error
    const refusal = refusalOf(text)
    if (refusal === 'not-now' || refusal === 'not-you') throw error
  }
}

/**
 * Waits for the reply to a command that a feature takes.
 *
 * @throws UnsupportedServerError for a server that does not know the command
 */
export async function known(feature: string, reply: Promise<unknown>, server: string, since?: string): Promise<void> {
  try {
    await reply
  } catch (error) {
    throw refusalOf(replyText(error) ?? '') === 'absent' ? lacks(feature, server, error, since) : error
  }
}

function lacks(feature: string, server: string, error: unknown, since = '6.2'): UnsupportedServerError {
  const text = describeThrown(error)
  return new UnsupportedServerError(
    `The server at ${server} lacks ${feature} (${text}): the log needs Redis ${since} or later, Valkey, or a server that can do the same`,
  )
}

/**
 * Asks the server for its role: sentinels may still name a primary that has become a replica, and a replica serves
 * reads as if nothing were. HELLO tells it and needs no right.
 *
 * @throws RedisError (kind `readonly`) where it is a replica
 */
export async function checkPrimary(send: Send, server: string): Promise<void> {
  if ((await askRole(send)) !== 'primary') throw demoted(server)
}

/** If the server does not know HELLO, INFO says it. */
async function askRole(send: Send): Promise<string | undefined> {
  try {
    return readRole(await send('hello'))
  } catch (error) {
    if (!isUnavailable(error)) throw error
    return readReplication(readInfo(await send('info', 'replication'))).role
  }
}

/** What is thrown where a primary was expected. */
export function demoted(server: string): RedisError {
  return new RedisError(
    'readonly',
    `Expected ${server} to be the primary, but it is a replica: the primary is looked for again`,
  )
}

/** Servers that this process has been warned of. */
const warnedOf = new Set<string>()

/**
 * Warns of a server that may evict the log: once in a process, unless it was set right in between. Where INFO is
 * refused nothing is known, and nothing said.
 */
export async function warnOfEviction(send: Send, server: string, warn: (text: string) => void): Promise<void> {
  const info = await askMemory(send)
  if (info === undefined) return
  const policy = evictingPolicy(info)
  if (policy === undefined) {
    warnedOf.delete(server)
    return
  }
  if (warnedOf.has(server)) return
  warnedOf.add(server)
  warn(
    `The server at ${server} may evict the log, and then every subscription evicts all that it caches: its \`maxmemory-policy\` is ${policy}. Set it to ${harmlessPolicy(policy)}, since the log never expires, or to noeviction, or give the log a server of its own`,
  )
}

/**
 * The policy by which a server evicts keys that do not expire, from what its INFO says; undefined where it does not.
 */
export function evictingPolicy(info: Named): string | undefined {
  const policy = info.get('maxmemory_policy') ?? ''
  return Number(info.get('maxmemory') ?? 0) > 0 && policy.startsWith('allkeys-') ? policy : undefined
}

/** The same policy for keys that expire alone. */
export function harmlessPolicy(policy: string): string {
  return policy.replace('allkeys-', 'volatile-')
}

async function askMemory(send: Send): Promise<Named | undefined> {
  try {
    return readInfo(await send('info', 'memory'))
  } catch (error) {
    if (replyText(error) === undefined) throw error
    return undefined
  }
}
