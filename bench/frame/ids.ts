import { randomUUID } from 'node:crypto'

/** What the ids of a frame's messages look like. */
export const idKinds = [
  { name: 'six digits', characters: 6 },
  { name: 'UUIDs', characters: 36 },
] as const

export type IdKind = (typeof idKinds)[number]['name']

const [firstId, idCount] = [100_000, 900_000]
/** Has no divisor in common with their count, so that each of them comes before one comes again. */
const stride = 7_919

/**
 * Makes ids that are new each time: V8 keeps short texts that it has read, and a frame that is read again costs half.
 * Those of digits are in no order.
 */
export function freshIds(kind: IdKind): () => string {
  let next = 0
  return kind === 'UUIDs' ? () => randomUUID() : () => String(firstId + ((next++ * stride) % idCount))
}
