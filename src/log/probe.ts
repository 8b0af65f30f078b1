import { UnsupportedServerError } from '../errors.js'
import { describeThrown } from '../thrown.js'
import type { Send } from './connection.js'
import type { LogKeys } from './keys.js'
import { replyCode, replyText } from './redis-errors.js'
import { scripts } from './scripts.js'

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
