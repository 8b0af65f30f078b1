import type { Random } from '../../examples/demo/services/random.js'

/** A whole number from 0 up to, not including, `end`. */
export function below(end: number, random: Random): number {
  return Math.floor(random() * end)
}

/** @throws RangeError where there is nothing to pick from */
export function pick<T>(all: readonly T[], random: Random): T {
  const [picked] = all.slice(below(all.length, random)).map((value) => ({ value }))
  if (!picked) throw new RangeError('Expected something to pick from')
  return picked.value
}

export function shuffled<T>(all: readonly T[], random: Random): T[] {
  return all
    .map((value) => ({ value, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ value }) => value)
}
