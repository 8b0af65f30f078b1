import type { ConnectionOptions as TlsConnectionOptions } from 'node:tls'
import type { RedisOptions } from 'ioredis'
import { ConfigurationError } from '../../support/errors.js'
import { isPlain, isUrl } from '../../support/realms.js'
import { describeThrown } from '../../support/thrown.js'
import { isClient, isCluster, nameKind } from './client-shape.js'
import { checkIoredis, Redis } from './ioredis.js'
import { checkOptionNames, checkSentinel, checkUrlParameters, keptOptions } from './option-fates.js'
import type { ClusterLike, DnsLookup, RedisLike, RedisLikeOptions } from './redis-like.js'
import type { Address, NatMap } from './topology/address.js'
import { type NodeOptions, readNodeOptions, seedsOf } from './topology/seeds.js'
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
  /** Of a client to each sentinel, except the address; read anew each time, since passwords rotate. */
  readonly sentinelOptions: RedisOptions
  /** Of a client to the primary, except the address; read anew each time. */
  readonly serverOptions: RedisOptions
  readonly natMap: NatMap | undefined
  /** Whether sentinels that the others name are asked as well. */
  readonly learnsSentinels: boolean
}

export interface ClusterTarget {
  readonly kind: 'cluster'
  readonly seeds: readonly Address[]
  /** Of a client to any of its nodes, except the address; read anew each time, since passwords rotate. */
  readonly nodeOptions: RedisOptions
  /** Of a client to one of its nodes: a startup node may have options of its own. */
  readonly optionsAt: (node: Address) => RedisOptions
  readonly natMap: NatMap | undefined
  readonly dnsLookup: DnsLookup | undefined
}

/** What a user can name: one server, or those who know where the primary is. */
export type TargetKind = ReturnType<typeof readTarget>['kind']

/**
 * Reads what a user named.
 *
 * @param tls for connections that a URL wants over TLS; a client or its options say so themselves
 * @throws ConfigurationError for what can't serve: a client of another library, an option that can't apply to our
 *   connections, a database that is no number, a text that is no Redis URL, a version of ioredis that can't serve
 */
export function readTarget(redis: RedisTarget, tls: TlsOptions = {}): SingleTarget | SentinelTarget | ClusterTarget {
  checkIoredis()
  const target = findTarget(redis, tls)
  const {
    keyPrefix,
    db = 0,
    host,
  }: RedisLikeOptions = target.kind === 'cluster' ? target.nodeOptions : target.template.options
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

function findTarget(redis: RedisTarget, tls: TlsOptions): SingleTarget | ClusterTarget {
  if (typeof redis === 'string') return targetOfUrl(redis, tls)
  if (isUrl(redis)) return targetOfUrl(redis.href, tls)
  if (typeof redis === 'object' && redis !== null) {
    if (isCluster(redis)) return targetOfCluster(redis)
    if (isClient(redis)) return { kind: 'single', template: redis }
    // Of anything else ioredis would read no option, and connect to localhost.
    if (isPlain(redis) && !('then' in redis)) {
      checkOptionNames(redis)
      return templateOf(redis)
    }
  }
  throw new ConfigurationError(
    `Expected \`redis\` to be a URL, an ioredis client or Cluster, or the options of a client as a plain object, got ${nameKind(redis)}`,
  )
}

function targetOfUrl(url: string, tlsOptions: TlsOptions): SingleTarget | ClusterTarget {
  const found = readUrl(url)
  if (found === 'single') {
    checkUrlParameters(new URLSearchParams(/\?(.*)$/s.exec(url)?.[1]).keys())
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
  checkParameters(found, ['family'])
  const nodeOptions: RedisOptions = { ...access, ...familyOf(found) }
  return {
    kind: 'cluster',
    seeds: found.addresses,
    nodeOptions,
    optionsAt: () => nodeOptions,
    natMap: undefined,
    dnsLookup: undefined,
  }
}

/** @throws ConfigurationError for a parameter that means nothing: a misspelt one must not pass silently */
function checkParameters({ parameters }: FleetUrl, known: readonly string[]): void {
  for (const name of parameters.keys()) {
    if (known.includes(name)) continue
    const expected = known.length === 0 ? 'none' : `one of ${known.join(', ')}`
    throw new ConfigurationError(`Unknown parameter \`${name}\` in the URL of \`redis\`: expected ${expected}`)
  }
}

/** @throws ConfigurationError if it is another number than 4, 6, or 0 for either */
function familyOf({ parameters }: FleetUrl): Pick<RedisOptions, 'family'> {
  const family = parameters.get('family')
  if (family === null) return {}
  if (/^[046]$/.test(family)) return { family: Number(family) }
  throw new ConfigurationError('Expected the parameter `family` in the URL of `redis` to be 0, 4 or 6')
}

function sentinelOptions(found: FleetUrl, url: string): RedisOptions {
  checkParameters(found, ['sentinelUsername', 'sentinelPassword', 'family'])
  const { addresses, path, parameters } = found
  const [name, db, ...rest] = path
  if (name === undefined || name === '' || rest.length > 0) throw invalidUrl(url)
  const username = parameters.get('sentinelUsername')
  const password = parameters.get('sentinelPassword')
  return {
    sentinels: [...addresses],
    name,
    ...familyOf(found),
    ...(db !== undefined && db !== '' && { db: Number(db) }),
    ...(username !== null && { sentinelUsername: username }),
    ...(password !== null && { sentinelPassword: password }),
  }
}

/** ioredis' options of sentinels, in a shape of ours; the same target if there are no sentinels. */
function targetOfSentinels(target: SingleTarget): SingleTarget | SentinelTarget {
  const { template } = target
  const { sentinels, name, natMap, updateSentinels, tls, enableTLSForSentinelMode, Connector } = template.options
  if (!sentinels || Connector !== undefined) return target
  if (name === undefined || name === '' || sentinels.length === 0) {
    throw new ConfigurationError('Expected `sentinels` with at least one, and `name`, what they call the primary')
  }
  if (tls && enableTLSForSentinelMode !== true) {
    throw new ConfigurationError(
      'Expected `enableTLSForSentinelMode: true` beside `sentinels` and `tls`: without it, ioredis sends all to the server in clear. Set it, or remove `tls`',
    )
  }
  for (const sentinel of sentinels) checkSentinel(sentinel)
  return {
    kind: 'sentinel',
    name,
    natMap,
    seeds: sentinels.map(({ host = '127.0.0.1', port = 26_379, family }) => ({
      host,
      port,
      ...(family !== undefined && { family }),
    })),
    learnsSentinels: updateSentinels !== false,
    get sentinelOptions() {
      return optionsOfSentinels(template.options)
    },
    get serverOptions() {
      return keptOptions(template.options, ['host', 'port', 'path'])
    },
  }
}

function optionsOfSentinels(options: RedisLikeOptions): RedisOptions {
  const { sentinelUsername, sentinelPassword, sentinelTLS, family, protocol } = options
  return {
    ...(typeof sentinelUsername === 'string' && { username: sentinelUsername }),
    ...(typeof sentinelPassword === 'string' && { password: sentinelPassword }),
    ...(family !== undefined && { family }),
    ...(protocol !== undefined && { protocol }),
    ...(sentinelTLS && { tls: sentinelTLS }),
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
  const { keyPrefix, natMap, dnsLookup, useSRVRecords } = cluster.options
  if (keyPrefix !== undefined && keyPrefix !== '') throw prefixed(keyPrefix)
  if (useSRVRecords === true) {
    throw new ConfigurationError(
      'Expected a Cluster without `useSRVRecords`: name nodes by host and port; one that answers is enough',
    )
  }
  const seeds = seedsOf(cluster)
  const read = (): NodeOptions => readNodeOptions(cluster.options.redisOptions ?? {}, seedsOf(cluster))
  if (seeds.length === 0)
    throw new ConfigurationError('Expected a Cluster with startup nodes: one that answers is enough')
  return {
    kind: 'cluster',
    seeds: seeds.map(({ address }) => address),
    get nodeOptions() {
      return read().shared
    },
    optionsAt: (node) => read().at(node),
    natMap,
    dnsLookup,
  }
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
