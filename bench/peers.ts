import { ioredis } from './peers/ioredis.js'
import { library } from './peers/library.js'
import type { Peer } from './peers/peer.js'

/** Ours first, then what it is compared with. */
export const peers: readonly Peer[] = [library, ioredis]

/** @throws Error where there is no peer of that name */
export function peerNamed(name: string): Peer {
  const peer = peers.find((each) => each.name === name)
  if (peer === undefined) throw new Error(`No peer is called \`${name}\``)
  return peer
}
