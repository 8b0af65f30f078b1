import type { Address } from '../address.js'
import { readList, readNumber } from '../replies.js'

/** What a node of a cluster knows of it. */
export interface Topology {
  /** The primary that owns the slot; undefined where none does. */
  readonly owner: Address | undefined
  /** Every node that serves slots, replicas included. */
  readonly nodes: readonly Address[]
}

/**
 * Reads the reply of `CLUSTER SLOTS`: ranges of slots, each with its primary and then its replicas.
 *
 * @param asked whom the reply is from: a node that does not know its own host leaves it out
 */
export function readTopology(reply: unknown, slot: number, asked: Address): Topology {
  let owner: Address | undefined
  const nodes: Address[] = []
  for (const range of readList(reply)) {
    const [first, last, ...servers] = readList(range)
    const addresses = servers.map((server) => readNode(server, asked))
    nodes.push(...addresses)
    if (readNumber(first) <= slot && slot <= readNumber(last)) owner = addresses[0]
  }
  return { owner, nodes }
}

function readNode(node: unknown, asked: Address): Address {
  const [host, port] = readList(node)
  const known = typeof host === 'string' && host !== '' && host !== '?'
  return { host: known ? host : asked.host, port: readNumber(port) }
}
