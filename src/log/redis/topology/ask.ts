import { ConfigurationError } from '../../../support/errors.js'
import { resolvesWithin, type Runtime } from '../../../support/runtime.js'
import { disconnect } from '../client-source.js'
import { replyCause, replyError, replyText } from '../errors.js'
import type { RedisLike } from '../redis-like.js'
import { kindOfReply, refusalOf, withoutArguments } from '../refusals.js'
import { type Address, formatAddress } from './address.js'

/**
 * What to throw where one that was asked refuses us, or is not what it was taken for: it does not know the command, or
 * has no use for it. Any other error stays as it is.
 */
export function explainRefusal(error: unknown, node: Address, expected: string): unknown {
  const text = replyText(error)
  if (text === undefined) return error
  const address = formatAddress(node)
  if (refusalOf(text) === 'absent') {
    const said = withoutArguments(text)
    return new ConfigurationError(`Expected ${address} to be ${expected}, but it answers: ${said}`, {
      cause: replyCause(said),
    })
  }
  return kindOfReply(text) === 'refused' ? replyError(text, 'connect', `${address}, ${expected}`) : error
}

/**
 * Asks over a connection of its own, which is closed afterwards. Rejects with what ioredis rejects with, or when the
 * limit has passed.
 */
export async function askOnce<T>(
  client: RedisLike,
  question: (client: RedisLike) => Promise<T>,
  limitMs: number,
  runtime: Runtime,
): Promise<T> {
  // `connect()` rejects with little more than that it was closed.
  let failure: Error | undefined
  client.on('error', (error: Error) => {
    failure ??= error
  })
  try {
    const answer = client.connect().then(() => question(client))
    if (await resolvesWithin(runtime, limitMs, answer)) return await answer
    throw new Error(`no answer within ${limitMs} ms: is it reachable, with TLS if it asks for that?`)
  } catch (error) {
    throw failure ?? error
  } finally {
    disconnect(client)
  }
}
