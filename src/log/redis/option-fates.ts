import type { RedisOptions } from 'ioredis'
import { ConfigurationError } from '../../support/errors.js'

/**
 * What becomes of an option of ioredis in our own connections: it is taken over; taken over if the options name
 * sentinels, and without meaning otherwise; ours, whatever it says; or refused with an error that names it.
 */
export type OptionFate = 'kept' | 'sentinels' | 'ours' | 'refused'

/** Every option of a client of ioredis 5 and 6. A version of ioredis with another option does not compile. */
export const redisOptionFates = {
  Connector: 'kept',
  connectTimeout: 'kept',
  connectionName: 'kept',
  db: 'kept',
  family: 'kept',
  host: 'kept',
  keepAlive: 'kept',
  noDelay: 'kept',
  password: 'kept',
  path: 'kept',
  port: 'kept',
  protocol: 'kept',
  tls: 'kept',
  username: 'kept',
  enableTLSForSentinelMode: 'sentinels',
  name: 'sentinels',
  natMap: 'sentinels',
  sentinelPassword: 'sentinels',
  sentinelTLS: 'sentinels',
  sentinelUsername: 'sentinels',
  sentinels: 'sentinels',
  updateSentinels: 'sentinels',
  autoPipeliningIgnoredCommands: 'ours',
  autoResendUnfulfilledCommands: 'ours',
  autoResubscribe: 'ours',
  blockingTimeout: 'ours',
  blockingTimeoutGrace: 'ours',
  clientInfoTag: 'ours',
  commandQueue: 'ours',
  commandTimeout: 'ours',
  disableClientInfo: 'ours',
  disconnectTimeout: 'ours',
  enableAutoPipelining: 'ours',
  enableOfflineQueue: 'ours',
  enableReadyCheck: 'ours',
  failoverDetector: 'ours',
  himportFieldsets: 'ours',
  lazyConnect: 'ours',
  maxLoadingRetryTime: 'ours',
  maxRetriesPerRequest: 'ours',
  monitor: 'ours',
  offlineQueue: 'ours',
  preferredSlaves: 'ours',
  readOnly: 'ours',
  reconnectOnError: 'ours',
  replyMapping: 'ours',
  retryStrategy: 'ours',
  role: 'ours',
  scripts: 'ours',
  sentinelCommandTimeout: 'ours',
  sentinelMaxConnections: 'ours',
  sentinelReconnectStrategy: 'ours',
  sentinelRetryStrategy: 'ours',
  showFriendlyErrorStack: 'ours',
  socketTimeout: 'ours',
  stringNumbers: 'ours',
  keyPrefix: 'refused',
} as const satisfies Record<keyof RedisOptions, OptionFate>

type RedisOption = keyof typeof redisOptionFates

function isRedisOption(name: string): name is RedisOption {
  return Object.hasOwn(redisOptionFates, name)
}

/** Undefined if ioredis has no option of this name. */
function fateOf(name: string): OptionFate | undefined {
  return isRedisOption(name) ? redisOptionFates[name] : undefined
}

/** The options that are taken over, without those of these names. */
export function keptOptions(given: object, without: readonly string[] = []): RedisOptions {
  const entries = Object.entries(given).filter(([name]) => fateOf(name) === 'kept' && !without.includes(name))
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== null))
}

/** Options that say where to connect: in a cluster, it is looked up. */
const places: readonly string[] = ['Connector', 'path', 'sentinels']

/**
 * The options that apply to the nodes of a cluster, of those that the user gave for one node or for all.
 *
 * @param owner their owner, as errors name it
 * @throws ConfigurationError for an option that no node can have
 */
export function nodeOptionsOf(given: object, owner: string): RedisOptions {
  const set = Object.entries(given).filter(([, value]) => value !== undefined && value !== null)
  const refused = set.find(([name, value]) => (places.includes(name) || name === 'keyPrefix') && !isEmpty(value))
  if (refused) {
    throw new ConfigurationError(
      `Expected ${owner} without \`${refused[0]}\`: nodes of a cluster are reached by host and port, and every service must use the same keys. Remove it`,
    )
  }
  return keptOptions(given, ['host', 'port'])
}

/** Such as `path: ''`, which ioredis ignores. */
function isEmpty(value: unknown): boolean {
  return value === '' || (Array.isArray(value) && value.length === 0)
}

/** Options of node-redis, which ioredis would ignore: it would connect to localhost. */
const foreign: Readonly<Record<string, string>> = {
  url: 'give the URL itself as `redis`',
  socket: 'give `host`, `port` and `tls`',
  database: 'give `db`',
  nodes: 'give a Cluster of ioredis, or a URL such as "redis+cluster://host:7000"',
  rootNodes: 'give a Cluster of ioredis, or a URL such as "redis+cluster://host:7000"',
  redisOptions: 'give a Cluster of ioredis, or a URL such as "redis+cluster://host:7000"',
}

/** @throws ConfigurationError for an option that ioredis does not have: a misspelt one must not pass silently */
export function checkOptionNames(options: object): void {
  const unknown = Object.entries(options).find(([name, value]) => value !== undefined && !isRedisOption(name))
  if (!unknown) return
  const advice = foreign[unknown[0]] ?? 'remove it, or correct its name'
  throw new ConfigurationError(
    `Expected the options of \`redis\` to be those of an ioredis client, got the unknown option \`${unknown[0]}\`: ${advice}`,
  )
}

/** Parameters of a URL that have a meaning as text. */
const textParameters: readonly string[] = ['connectionName', 'db', 'family', 'keyPrefix', 'password', 'username']
/** Asks older versions of ioredis for what all do now. */
const outdatedParameter = 'allowUsernameInURI'

/** @throws ConfigurationError for a parameter in the URL of a server that would be ignored, or misread */
export function checkUrlParameters(names: Iterable<string>): void {
  for (const name of names) {
    if (textParameters.includes(name) || name === outdatedParameter || fateOf(name) === 'ours') continue
    const advice =
      name === 'tls' ? 'use rediss:// in place of redis://' : "a URL can't carry it. Give the options of a client"
    const problem = fateOf(name) === undefined ? 'Unknown' : 'Unexpected'
    throw new ConfigurationError(
      `${problem} parameter \`${name}\` in the URL of \`redis\`: ${fateOf(name) === undefined ? `expected one of ${textParameters.filter((each) => fateOf(each) === 'kept').join(', ')}` : advice}`,
    )
  }
}

/** How options of a sentinel's own are given. */
const ofSentinels: Readonly<Record<string, string>> = {
  username: 'give `sentinelUsername`, which is for all of them',
  password: 'give `sentinelPassword`, which is for all of them',
  tls: 'give `sentinelTLS`, which is for all of them',
}

/** @throws ConfigurationError for an option of ioredis that one sentinel can't have */
export function checkSentinel(sentinel: object): void {
  for (const [name, value] of Object.entries(sentinel)) {
    if (value === undefined || ['host', 'port', 'family'].includes(name) || !isRedisOption(name)) continue
    throw new ConfigurationError(
      `Expected each of \`sentinels\` to have \`host\`, \`port\` and \`family\`, got \`${name}\`: ${ofSentinels[name] ?? 'remove it'}`,
    )
  }
}
