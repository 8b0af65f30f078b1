import { ConfigurationError } from '../../../support/errors.js'
import type { ClusterLike } from '../redis-like.js'
import { type Address, parseAddress } from './address.js'

const defaultSeed: Address = { host: '127.0.0.1', port: 6_379 }

/**
 * The nodes that a Cluster starts with: each a port, a URL, `host:port`, or an object with host and port.
 *
 * @throws ConfigurationError where one is none of these
 */
export function seedsOf(cluster: ClusterLike): readonly Address[] {
  // Private to ioredis' types, and the same in all its versions.
  const nodes: unknown = Reflect.get(cluster, 'startupNodes')
  return Array.isArray(nodes) ? nodes.map(seedOf) : []
}

function seedOf(node: unknown): Address {
  if (typeof node === 'object' && node !== null) return seedOfObject(node)
  const text = String(node)
  if (/^\d+$/.test(text)) return { ...defaultSeed, port: Number(text) }
  const address = parseAddress(text.replace(/^rediss?:\/\/(.*@)?/, '').replace(/[/?].*$/, ''), defaultSeed.port)
  if (address === undefined) throw invalidSeed()
  return address
}

function seedOfObject({ host, port }: { readonly host?: unknown; readonly port?: unknown }): Address {
  const number = Number(port ?? defaultSeed.port)
  if (!Number.isInteger(number)) throw invalidSeed()
  return { host: typeof host === 'string' && host !== '' ? host : defaultSeed.host, port: number }
}

/** Does not show the node, which may be a URL with a password. */
function invalidSeed(): ConfigurationError {
  return new ConfigurationError(
    'Expected each startup node of the Cluster to be a port, a URL, or an object with host and port: one of them is none of these',
  )
}
