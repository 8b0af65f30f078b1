import { Redis } from 'ioredis'
import type { RedisOptions } from 'ioredis'
import { ConfigurationError } from '../errors.js'
import type { Runtime } from '../runtime.js'
import type { ClientOverrides, RedisLike, RedisLikeOptions } from './redis-like.js'

/** What connections can be made from: a URL as text or object, a client of ioredis 5 or 6, or its options. */
export type RedisTarget = string | URL | RedisLike | RedisOptions

/** Makes a client that has not connected yet and waits `retryDelay()` ms before each attempt to reconnect. */
export type ClientFactory = (retryDelay: () => number) => RedisLike

/** Where clients come from, and what to call the server in messages. */
export interface ClientSource {
  readonly makeClient: ClientFactory
  /** `host:port` or the path of a socket; never a password. */
  readonly server: string
}

/** How long a connection that was dropped may take to say goodbye before its socket is destroyed. */
const disconnectTimeoutMs = 100

/**
 * The one place that makes clients: each is a duplicate of the one given, or of one made from a URL or options, which
 * itself never connects.
 *
 * @throws ConfigurationError for what can't serve: a cluster, a `keyPrefix`, a database that is no number, a text that
 *   is no Redis URL
 */
export function clientSource(redis: RedisTarget): ClientSource {
  const template = templateOf(redis)
  if (template.isCluster) {
    throw new ConfigurationError(
      'Redis Cluster is not supported by this version: pass a URL, options or a client of a single server',
    )
  }
  const { keyPrefix } = template.options
  if (keyPrefix !== undefined && keyPrefix !== '') {
    throw new ConfigurationError(
      `Expected a client without \`keyPrefix\`, got ${JSON.stringify(keyPrefix)}: every service must use the same keys. Remove it, or set \`channel\` to keep logs apart`,
    )
  }
  const db = template.options.db ?? 0
  // Left to ioredis, it would be a reply that nobody awaits: an unhandled rejection ends the process.
  if (!Number.isSafeInteger(db) || db < 0) {
    throw new ConfigurationError(
      `Expected the database of ${describeServer(template.options)} to be a number from 0 up, such as the 2 of "redis://localhost:6379/2", got ${String(db)}`,
    )
  }
  return {
    makeClient: (retryDelay) => template.duplicate(overrides(retryDelay)),
    server: describeServer(template.options),
  }
}

function templateOf(redis: RedisTarget): RedisLike {
  if (typeof redis === 'string') return clientOfUrl(redis)
  if (redis instanceof URL) return clientOfUrl(redis.href)
  if (typeof redis === 'object' && redis !== null) {
    if (isClient(redis)) return redis
    // Of anything else ioredis would read no option, and connect to localhost.
    if (isPlain(redis)) return new Redis({ ...redis, lazyConnect: true, replyMapping: 'legacy' })
  }
  throw new ConfigurationError(
    `Expected \`redis\` to be a URL, an ioredis client or its options as a plain object, got ${nameKind(redis)}`,
  )
}

function clientOfUrl(url: string): RedisLike {
  // A text without a scheme ioredis takes for a host name or a path: a misspelt URL would wait for ever.
  if (!/^(rediss?:\/\/|\/(?!\/))/i.test(url)) throw invalidUrl(url)
  try {
    return new Redis(url, { lazyConnect: true })
  } catch {
    // Without its cause, which shows the URL as it is.
    throw invalidUrl(url)
  }
}

function invalidUrl(url: string): ConfigurationError {
  return new ConfigurationError(
    `Expected \`redis\` to be a URL such as "redis://localhost:6379" or the path of a socket, got ${JSON.stringify(redact(url))}`,
  )
}

/** Leaves out what may be a password: all before an "@", all behind a "?". */
function redact(url: string): string {
  return url.replace(/^(\w*:?\/{0,2}).*@/s, '$1***@').replace(/\?.*$/s, '?***')
}

function isClient(redis: RedisLike | RedisOptions): redis is RedisLike {
  return 'duplicate' in redis && typeof redis.duplicate === 'function'
}

function isPlain(redis: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(redis)
  return (prototype === Object.prototype || prototype === null) && !('then' in redis)
}

/** Names what was given without showing what is in it, which may be a password. */
function nameKind(value: unknown): string {
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value
  if ('then' in value) return 'a promise: await it first'
  const { constructor }: { readonly constructor?: unknown } = value
  return `an object of class ${typeof constructor === 'function' ? constructor.name : 'unknown'}`
}

function describeServer(options: RedisLikeOptions): string {
  return options.path ?? `${options.host ?? 'localhost'}:${options.port ?? 6379}`
}

/** Closes a client for good; resolves when its socket is gone. */
export async function closeClient(client: RedisLike, runtime: Runtime): Promise<void> {
  if (!['connecting', 'connect', 'ready', 'close'].includes(client.status)) {
    client.disconnect()
    return
  }
  await new Promise<void>((resolve) => {
    // Twice as long as its socket may take: a client that misses its own end must not keep us.
    const giveUp = runtime.after(2 * disconnectTimeoutMs, resolve)
    client.on('end', () => {
      giveUp.cancel()
      resolve()
    })
    client.disconnect()
  })
}

/** Our connections never resend, queue or hang by themselves: whoever calls decides what happens to a call. */
function overrides(retryDelay: () => number): ClientOverrides {
  return {
    lazyConnect: true,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    // Neither a setup of its own nor its ready check, which is an INFO: what must be known we ask ourselves.
    disableClientInfo: true,
    enableReadyCheck: false,
    disconnectTimeout: disconnectTimeoutMs,
    enableAutoPipelining: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    monitor: false,
    readOnly: false,
    reconnectOnError: null,
    replyMapping: 'legacy',
    retryStrategy: retryDelay,
    showFriendlyErrorStack: false,
    stringNumbers: false,
    commandTimeout: undefined,
    socketTimeout: undefined,
    blockingTimeout: undefined,
  }
}
