/** The kinds of member that announce themselves to a log: each has its own register. */
export type Member = 'subscriber' | 'publisher'

/** The record of a subscription or publisher that has announced itself, as the log keeps it. */
export interface Announced {
  readonly id: string
  /** The JSON object that was announced, with `seenAt` (ms since the epoch) and `ttlMs` put in front by the log. */
  readonly record: string
  /** How long ago it was announced, in ms by the server's clock. */
  readonly ageMs: number
}

/** How many records a register keeps at most: more than any fleet needs, and few enough not to fill Redis. */
export const maxAnnounced = 10_000

/** Why one more is refused, as Redis words its errors. */
export const tooManyAnnounced = `ERR ${maxAnnounced} records are announced already, the most there may be`

/** A record as it is stored: when it was seen and how long it holds are put into its JSON object, in front. */
export function stampRecord(record: string, now: number, ttlMs: number): string {
  return `{"seenAt":${now},"ttlMs":${ttlMs},${record.slice(1)}`
}

const stamped = /^\{"seenAt":(\d{1,15}),"ttlMs":(\d{1,15}),/

/** A stored record; undefined for one that has expired, and for what nobody announced. */
export function readAnnounced(id: string, text: string, now: number): Announced | undefined {
  const [, seenAt, ttlMs] = stamped.exec(text) ?? []
  if (seenAt === undefined || ttlMs === undefined) return undefined
  const ageMs = Math.max(0, now - Number(seenAt))
  return ageMs > Number(ttlMs) ? undefined : { id, record: text, ageMs }
}
