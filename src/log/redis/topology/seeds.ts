import { isDeepStrictEqual } from 'node:util'
import type { RedisOptions } from 'ioredis'
import { ConfigurationError } from '../../../support/errors.js'
import { Redis } from '../ioredis.js'
import { checkUrlParameters, nodeOptionsOf } from '../option-fates.js'
import type { ClusterLike } from '../redis-like.js'
import { type Address, formatAddress, parseAddress } from './address.js'

/** A node that a Cluster starts with. */
export interface Seed {
  readonly address: Address
  /** Its own options, as far as they apply to a node. */
  readonly options: RedisOptions
  /** Set by `rediss:`, which wants TLS and says nothing of it: what `redisOptions.tls` says applies. */
  readonly wantsTls?: boolean
}

/** Options of clients to the nodes of a cluster, except the address. */
export interface NodeOptions {
  /** Of any node. */
  readonly shared: RedisOptions
  /** Of one node: a startup node may have options of its own. */
  at(node: Address): RedisOptions
}

const defaultSeed: Address = { host: '127.0.0.1', port: 6_379 }

/** Options in which startup nodes may differ; nodes that are found later have those in which they agree. */
const ofOneNode: readonly string[] = ['username', 'password', 'tls', 'family'] satisfies (keyof RedisOptions)[]

/**
 * The nodes that a Cluster starts with: each a port, a URL, `host:port`, or an object with host, port and other options.
 *
 * @throws ConfigurationError for any other value, and for an option that a node can't have
 */
export function seedsOf(cluster: ClusterLike): readonly Seed[] {
  // Private to ioredis' types, and the same in all its versions.
  const nodes: unknown = Reflect.get(cluster, 'startupNodes')
  return Array.isArray(nodes) ? nodes.map(seedOf) : []
}

/**
 * The options of the nodes: `redisOptions`, and those of startup nodes, which come first, as in ioredis.
 *
 * @throws ConfigurationError where startup nodes differ in more than user, password, `tls` and `family`, or where it is
 *   not known whether the nodes found later want TLS
 */
export function readNodeOptions(redisOptions: object, given: readonly Seed[]): NodeOptions {
  const base = resolveTls(nodeOptionsOf(redisOptions, 'the `redisOptions` of the Cluster'))
  const seeds = given.map((seed) =>
    seed.wantsTls === true ? { ...seed, options: { tls: base.tls ?? {}, ...seed.options } } : seed,
  )
  const names = new Set(seeds.flatMap(({ options }) => Object.keys(options)))
  const agreed = Object.fromEntries(
    [...names].filter((name) => agree(name, seeds, base)).map((name) => [name, valueOf(seeds[0], name)]),
  )
  const shared: RedisOptions = { ...base, ...agreed }
  const own = new Map(seeds.map(({ address, options }) => [formatAddress(address), options]))
  return { shared, at: (node) => ({ ...shared, ...own.get(formatAddress(node)) }) }
}

function valueOf(seed: Seed | undefined, name: string): unknown {
  return seed && Reflect.get(seed.options, name)
}

function agree(name: string, seeds: readonly Seed[], base: RedisOptions): boolean {
  const first = valueOf(seeds[0], name)
  if (seeds.every((seed) => isDeepStrictEqual(valueOf(seed, name), first))) return true
  // Without it, a password could be sent in clear to a node that is found later.
  const isUnclear = name === 'tls' && base.tls === undefined
  if (ofOneNode.includes(name) && !isUnclear) return false
  throw new ConfigurationError(
    `Expected all startup nodes of the Cluster to have the same \`${name}\`: give it in \`redisOptions\`, for nodes that are found later`,
  )
}

/** ioredis has names for some settings of TLS. */
function resolveTls(options: RedisOptions): RedisOptions {
  const { tls } = options
  return tls === undefined ? options : { ...options, ...resolvedTls(tls) }
}

function resolvedTls(tls: NonNullable<RedisOptions['tls']>): Pick<RedisOptions, 'tls'> {
  return { tls: new Redis({ tls, lazyConnect: true }).options.tls }
}

function seedOf(node: unknown): Seed {
  if (typeof node === 'object' && node !== null) return seedOfObject(node)
  const text = String(node)
  if (/^\d+$/.test(text)) return { address: { ...defaultSeed, port: Number(text) }, options: {} }
  const address = parseAddress(text.replace(/^rediss?:\/\/(.*@)?/i, '').replace(/[/?].*$/, ''), defaultSeed.port)
  if (address === undefined) throw invalidSeed()
  return { address, options: optionsOfUrl(text), wantsTls: /^rediss:/i.test(text) }
}

function optionsOfUrl(text: string): RedisOptions {
  const url = URL.parse(/^rediss?:\/\//i.test(text) ? text : `redis://${text}`)
  if (url === null) throw invalidSeed()
  checkUrlParameters(url.searchParams.keys())
  const { family, ...parameters } = Object.fromEntries(url.searchParams)
  const hasUser = url.username !== '' || url.password !== ''
  return ownOptions({
    ...parameters,
    ...(family !== undefined && { family: Number(family) }),
    ...(hasUser && { username: decode(url.username), password: decode(url.password) }),
  })
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalidSeed()
  }
}

function seedOfObject(node: { readonly host?: unknown; readonly port?: unknown }): Seed {
  const { host, port } = node
  const number = Number(port ?? defaultSeed.port)
  if (!Number.isInteger(number)) throw invalidSeed()
  const address = { host: typeof host === 'string' && host !== '' ? host : defaultSeed.host, port: number }
  return { address, options: ownOptions(node) }
}

/** Without the database, which ioredis ignores here as well: a cluster has only one. */
function ownOptions(node: object): RedisOptions {
  const { db: _, ...options } = nodeOptionsOf(node, 'each startup node of the Cluster')
  return resolveTls(options)
}

/** Does not show the node, which may be a URL with a password. */
function invalidSeed(): ConfigurationError {
  return new ConfigurationError(
    'Expected each startup node of the Cluster to be a port, a URL, or an object with host and port: one of them is none of these',
  )
}
