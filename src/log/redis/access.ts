import type { Credentials, CredentialsSource } from '../../support/connection-options.js'
import { ConfigurationError, RedisError } from '../../support/errors.js'
import { resolvesWithin, type Runtime } from '../../support/runtime.js'
import { describeThrown, toError } from '../../support/thrown.js'
import { nameKind } from './client-shape.js'
import type { RedisLike, RedisLikeOptions } from './redis-like.js'

/** Who connects: a user of Redis and its password. */
export interface Access {
  readonly username?: string | null | undefined
  readonly password?: string | null | undefined
}

/** Resolves to the access of the next connection; `own` is what the URL, the options or the client have now. */
export type ReadAccess = (own: Access) => Promise<Access>

/** The share of an attempt to connect that `credentials` may take. */
const share = 3

/**
 * Reads access anew for each connection: from the option `credentials` if it is given, else from what the user's client
 * has by then. Connections that ask at the same time share one call of `credentials`. A call that takes longer than the
 * attempt goes on, and serves the next attempt; one that is older than `commandTimeoutMs` is given up.
 */
export function accessReader(
  credentials: CredentialsSource | undefined,
  context: { readonly runtime: Runtime; readonly commandTimeoutMs: number },
): ReadAccess {
  if (credentials === undefined) return (own) => Promise.resolve(own)
  const { runtime, commandTimeoutMs } = context
  const limitMs = Math.max(1, Math.floor(commandTimeoutMs / share))
  let running: { readonly call: Promise<Credentials>; readonly since: number } | undefined
  const begin = (): Promise<Credentials> => {
    const call = callOnce(credentials)
    const entry = { call, since: runtime.monotonic() }
    const over = (): void => {
      if (running === entry) running = undefined
    }
    call.then(over, over)
    running = entry
    return call
  }
  return async (own) => {
    const isFresh = running !== undefined && runtime.monotonic() - running.since < commandTimeoutMs
    const call = isFresh && running ? running.call : begin()
    if (!(await resolvesWithin(runtime, limitMs, call))) throw tooSlow(limitMs)
    const { username = own.username, password } = await call
    return { username, password }
  }
}

async function callOnce(credentials: CredentialsSource): Promise<Credentials> {
  let given: unknown
  try {
    given = await credentials()
  } catch (error) {
    throw new RedisError(
      'disconnected',
      `\`credentials\` failed, so no connection was made: ${describeThrown(error)}. It is called again for the next attempt`,
      { cause: toError(error) },
    )
  }
  return check(given)
}

/** @throws ConfigurationError that says what was given without showing it */
function check(given: unknown): Credentials {
  if (typeof given !== 'object' || given === null) throw unexpected(nameKind(given))
  const username: unknown = Reflect.get(given, 'username')
  const password: unknown = Reflect.get(given, 'password')
  if (typeof password !== 'string') throw unexpected(`a \`password\` that is ${nameKind(password)}`)
  if (password === '') throw unexpected('an empty `password`')
  if (username === undefined) return { password }
  if (typeof username !== 'string') throw unexpected(`a \`username\` that is ${nameKind(username)}`)
  return { username, password }
}

function unexpected(got: string): ConfigurationError {
  return new ConfigurationError(
    `Expected \`credentials\` to give an object with \`password\`, a string, and \`username\`, a string or undefined, got ${got}`,
  )
}

function tooSlow(limitMs: number): RedisError {
  return new RedisError(
    'timeout',
    `\`credentials\` gave nothing within ${limitMs} ms, a third of \`commandTimeoutMs\`: raise that, or answer from a cache. The next attempt waits for the same call`,
  )
}

/** A client, of any copy of ioredis, that reads on each connect what the user's client has by then. */
export function followAccess(client: RedisLike, read: () => RedisLikeOptions): RedisLike {
  const following = (name: 'username' | 'password' | 'tls'): PropertyDescriptor => ({
    get: () => read()[name],
    enumerable: true,
    configurable: true,
  })
  Object.defineProperties(client.options, {
    username: following('username'),
    password: following('password'),
    // Certificates are renewed, too.
    tls: following('tls'),
  })
  return client
}
