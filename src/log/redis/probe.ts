import { RedisError, UnsupportedServerError } from '../../support/errors.js'
import { describeThrown } from '../../support/thrown.js'
import type { LogKeys } from '../model/keys.js'
import { replyCode, replyText } from './errors.js'
import { field, type Named, readInfo, readList } from './replies.js'
import { scripts } from './scripts/scripts.js'
import type { Send } from './session-calls.js'

/** Codes of a server that can't answer now, or not to us; any other refusal is about rights or its role. */
const notNow = new Set(['LOADING', 'MASTERDOWN', 'BUSY', 'NOAUTH', 'WRONGPASS', 'MOVED', 'CLUSTERDOWN'])

/**
 * Tries out what the protocol needs, on a key that never exists, and loads the scripts. Asks for features, not for
 * versions: many servers speak Redis.
 *
 * @throws UnsupportedServerError for a server that lacks one
 */
export async function probe(send: Send, keys: LogKeys, server: string): Promise<void> {
  const needs = async (feature: string, reply: Promise<unknown>): Promise<void> => {
    try {
      await reply
    } catch (error) {
      const code = replyCode(error)
      if (code === undefined || notNow.has(code)) throw error
      if (code === 'ERR') throw lacks(feature, server, error)
    }
  }
  await Promise.all([
    needs('SET with XX and GET', send('set', keys.probe, '', 'XX', 'GET')),
    needs('streams', send('xlen', keys.stream)),
    ...scripts.map(({ source }) => needs('Lua scripts', send('script', 'load', source))),
  ])
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
    if (error instanceof UnsupportedServerError || replyCode(error) === undefined) throw error
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
    throw /unknown command/i.test(replyText(error) ?? '') ? lacks(feature, server, error, since) : error
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
  const role = field(readList(await send('hello')), 'role')
  if (role !== 'master') throw demoted(server)
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
    if (replyCode(error) === undefined) throw error
    return undefined
  }
}
