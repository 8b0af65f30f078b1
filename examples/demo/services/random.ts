/** Numbers from 0 up to, not including, 1; the same for the same seed. */
export type Random = () => number

/** Mulberry32. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** An id below `count`; low ones come often, as popular things do. */
export function popularId(count: number, random: Random): number {
  return Math.floor(random() ** 3 * count)
}
