import { distinctAddresses, type Address } from '../address.js'
import { readList, readNumber } from '../replies.js'
import type { Topology } from './topology.js'

/**
 * Reads the reply of `CLUSTER SLOTS`: ranges of slots, each with its primary and then its replicas. The primary is the
 * owner of the slot.
 *
 * @param asked whom the reply is from: a node that does not know its own host leaves it out
 */
export function readSlots(reply: unknown, slot: number, asked: Address): Topology {
  let primary: Address | undefined
  const nodes: Address[] = []
  for (const range of readList(reply)) {
    const [first, last, ...servers] = readList(range)
    const addresses = servers.map((server) => readNode(server, asked))
    nodes.push(...addresses)
    if (readNumber(first) <= slot && slot <= readNumber(last)) primary = addresses[0]
  }
  return { primary, nodes: distinctAddresses(nodes) }
}

function readNode(node: unknown, asked: Address): Address {
  const [host, port] = readList(node)
  const known = typeof host === 'string' && host !== '' && host !== '?'
  return { host: known ? host : asked.host, port: readNumber(port) }
}
