import { readList, readNumber } from '../replies.js'
import { type Address, distinctAddresses } from './address.js'
import type { Topology } from './primary-finder.js'

const slots = 16_384
const polynomial = 0x1021

/**
 * The slot of all keys that share a hash tag: CRC16 (XMODEM) of the tag, modulo 16,384, as the Redis Cluster
 * specification has it ("Key distribution model").
 */
export function slotOf(hashTag: string): number {
  let crc = 0
  for (const byte of Buffer.from(hashTag)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = ((crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ polynomial) & 0xffff
  }
  return crc % slots
}

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
