import type { ConnectionOptions as TlsConnectionOptions } from 'node:tls'
import { Redis, type RedisOptions } from 'ioredis'
import { ConfigurationError } from '../../support/errors.js'
import { describeThrown } from '../../support/thrown.js'
import type { ClusterLike, RedisLike, RedisLikeOptions } from './redis-like.js'
import type { Address, NatMap } from './topology/address.js'
import { seedsOf } from './topology/seeds.js'
import { type FleetUrl, invalidUrl, readUrl } from './url.js'

/** What connections can be made from: a URL as text or object, a client or Cluster of ioredis 5 or 6, or options. */
export type RedisTarget = string | URL | RedisLike | ClusterLike | RedisOptions

/** What TLS takes beside a URL that asks for it: who is trusted, and our own certificate. In PEM. */
export type TlsOptions = Pick<TlsConnectionOptions, 'ca' | 'cert' | 'key'>

export interface SingleTarget {
  readonly kind: 'single'
  /** Never connects: clients are its duplicates. */
  readonly template: RedisLike
}

export interface SentinelTarget {
  readonly kind: 'sentinel'
  readonly seeds: readonly Address[]
  /** What the sentinels call the primary. */
  readonly name: string
  /** Of a client to each sentinel, except the address. */
  readonly sentinelOptions: RedisOptions
  /** Of a client to the primary, except the address. */
  readonly serverOptions: RedisOptions
  readonly natMap: NatMap | undefined
}

export interface ClusterTarget {
  readonly kind: 'cluster'
  readonly seeds: readonly Address[]
  /** Of a client to each of its nodes, except the address. */
  readonly nodeOptions: RedisOptions
  readonly natMap: NatMap | undefined
}

/** What a user can name: one server, or those who know where the primary is. */
export type TargetKind = ReturnType<typeof readTarget>['kind']

/**
 * Reads what a user named.
 *
 * @param tls for connections that a URL wants over TLS; a client or its options say so themselves
 * @throws ConfigurationError for what can't serve: a `keyPrefix`, a database that is no number, a text that is no Redis
 *   URL, a Cluster whose nodes are looked up in DNS
 */
export function readTarget(redis: RedisTarget, tls: TlsOptions = {}): SingleTarget | SentinelTarget | ClusterTarget {
  const target = findTarget(redis, tls)
  const { keyPrefix, db = 0, host } = optionsOf(target)
  if (host !== undefined && /[@/]/.test(host)) throw urlAsHost()
  if (keyPrefix !== undefined && keyPrefix !== '') throw prefixed(keyPrefix)
  // Left to ioredis, it would be a reply that nobody awaits: an unhandled rejection ends the process.
  if (!Number.isSafeInteger(db) || db < 0) {
    throw new ConfigurationError(
      `Expected the database to be a number from 0 up, such as the 2 of "redis://localhost:6379/2", got ${String(db)}`,
    )
  }
  return target.kind === 'single' ? targetOfSentinels(target) : target
}

function optionsOf(target: SingleTarget | ClusterTarget): RedisLikeOptions {
  return target.kind === 'cluster' ? target.nodeOptions : target.template.options
}

function findTarget(redis: RedisTarget, tls: TlsOptions): SingleTarget | ClusterTarget {
  if (typeof redis === 'string') return targetOfUrl(redis, tls)
  if (redis instanceof URL) return targetOfUrl(redis.href, tls)
  if (typeof redis === 'object' && redis !== null) {
    if (isCluster(redis)) return targetOfCluster(redis)
    if (isClient(redis)) return { kind: 'single', template: redis }
    // Of anything else ioredis would read no option, and connect to localhost.
    if (isPlain(redis)) return templateOf(redis)
  }
  throw new ConfigurationError(
    `Expected \`redis\` to be a URL, an ioredis client or Cluster, or the options of a client as a plain object, got ${nameKind(redis)}`,
  )
}

function targetOfUrl(url: string, tlsOptions: TlsOptions): SingleTarget | ClusterTarget {
  const found = readUrl(url)
  if (found === 'single') {
    try {
      const tls = /^rediss:/i.test(url) && { tls: tlsOptions }
      return { kind: 'single', template: new Redis(url, { lazyConnect: true, ...tls }) }
    } catch {
      // Without its cause, which shows the URL as it is.
      throw invalidUrl(url)
    }
  }
  const { kind, username, password, tls } = found
  const access = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: tlsOptions }),
  }
  if (kind === 'sentinel') {
    const sentinelTls = tls && { enableTLSForSentinelMode: true, sentinelTLS: tlsOptions }
    return templateOf({ ...access, ...sentinelOptions(found, url), ...sentinelTls })
  }
  if (found.path.length > 0) throw invalidUrl(url)
  checkParameters(found, [])
  return { kind: 'cluster', seeds: found.addresses, nodeOptions: access, natMap: undefined }
}

/** @throws ConfigurationError for a parameter that means nothing: a misspelt one must not pass silently */
function checkParameters({ parameters }: FleetUrl, known: readonly string[]): void {
  for (const name of parameters.keys()) {
    if (known.includes(name)) continue
    const expected = known.length === 0 ? 'none' : `one of ${known.join(', ')}`
    throw new ConfigurationError(`Unknown parameter \`${name}\` in the URL of \`redis\`: expected ${expected}`)
  }
}

function sentinelOptions(found: FleetUrl, url: string): RedisOptions {
  checkParameters(found, ['sentinelUsername', 'sentinelPassword'])
  const { addresses, path, parameters } = found
  const [name, db, ...rest] = path
  if (name === undefined || name === '' || rest.length > 0) throw invalidUrl(url)
  const username = parameters.get('sentinelUsername')
  const password = parameters.get('sentinelPassword')
  return {
    sentinels: [...addresses],
    name,
    ...(db !== undefined && db !== '' && { db: Number(db) }),
    ...(username !== null && { sentinelUsername: username }),
    ...(password !== null && { sentinelPassword: password }),
  }
}

/** ioredis' options of sentinels, in a shape of ours; the same target where there are none. */
function targetOfSentinels(target: SingleTarget): SingleTarget | SentinelTarget {
  const { sentinels, name, natMap, ...others } = target.template.options
  if (!sentinels) return target
  const { host, port, path, tls, sentinelUsername, sentinelPassword, sentinelTLS, ...options } = others
  if (name === undefined || name === '' || sentinels.length === 0) {
    throw new ConfigurationError('Expected `sentinels` with at least one, and `name`, what they call the primary')
  }
  return {
    kind: 'sentinel',
    name,
    natMap,
    seeds: sentinels.map(({ host = '127.0.0.1', port = 26_379 }) => ({ host, port })),
    sentinelOptions: {
      ...(typeof sentinelUsername === 'string' && { username: sentinelUsername }),
      ...(typeof sentinelPassword === 'string' && { password: sentinelPassword }),
      ...(options.family !== undefined && { family: options.family }),
      ...(sentinelTLS && { tls: sentinelTLS }),
    },
    // As ioredis has it: with sentinels, `tls` is that of the servers only where this says so.
    serverOptions: { ...options, ...(tls && options.enableTLSForSentinelMode === true && { tls }) },
  }
}

function templateOf(options: RedisOptions): SingleTarget {
  try {
    return { kind: 'single', template: new Redis({ ...options, lazyConnect: true, replyMapping: 'legacy' }) }
  } catch (error) {
    throw new ConfigurationError(`Expected options that ioredis takes: ${describeThrown(error)}`)
  }
}

function targetOfCluster(cluster: ClusterLike): ClusterTarget {
  const { keyPrefix, natMap, redisOptions = {}, useSRVRecords } = cluster.options
  if (keyPrefix !== undefined && keyPrefix !== '') throw prefixed(keyPrefix)
  if (useSRVRecords === true) {
    throw new ConfigurationError(
      'Expected a Cluster without `useSRVRecords`: name nodes by host and port; one that answers is enough',
    )
  }
  const seeds = seedsOf(cluster)
  if (seeds.length === 0)
    throw new ConfigurationError('Expected a Cluster with startup nodes: one that answers is enough')
  return { kind: 'cluster', seeds, nodeOptions: { ...redisOptions }, natMap }
}

/** Not shown: it may hold a password. */
function urlAsHost(): ConfigurationError {
  return new ConfigurationError(
    'Expected `host` to be the name or the address of a server, got a text with "@" or "/" in it: pass a URL in place of the options',
  )
}

function prefixed(keyPrefix: string): ConfigurationError {
  return new ConfigurationError(
    `Expected a client without \`keyPrefix\`, got ${JSON.stringify(keyPrefix)}: every service must use the same keys. Remove it, or set \`channel\` to keep logs apart`,
  )
}

function isCluster(redis: RedisLike | ClusterLike | RedisOptions): redis is ClusterLike {
  return 'isCluster' in redis && redis.isCluster
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
