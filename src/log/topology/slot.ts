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
