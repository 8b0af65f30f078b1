import type { Address } from '../address.js'
import type { NatMap } from '../redis-like.js'

/** Where a node is to be reached that calls itself so. The keys of the map are as ioredis has them: `host:port`. */
export function throughNat(address: Address, natMap: NatMap | undefined): Address {
  const name = `${address.host}:${address.port}`
  const mapped = typeof natMap === 'function' ? natMap(name) : natMap?.[name]
  return mapped ?? address
}
