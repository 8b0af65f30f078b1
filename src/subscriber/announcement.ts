import { isArray, type Json, type JsonObject } from '../message/message.js'

/** What a subscription tells operators of itself. Times are in ms; `startedAt` and `seenAt` are since the epoch. */
export interface Announcement {
  /** Which copy of the cache it is; empty where it was not named. */
  readonly name: string
  /** The service it belongs to; empty where it was not named. */
  readonly service: string
  readonly host: string
  readonly pid: number
  /** Of this package. */
  readonly version: string
  /** A `SubscriptionState`; a text, since other versions may know others. */
  readonly state: string
  /** Position, as text, up to which everything has been handled; undefined before the first. */
  readonly position?: string | undefined
  /** How many messages were taken and are not handled yet. */
  readonly behind: number
  /** Age of the oldest entry that was taken and is not handled yet. */
  readonly lagMs: number
  readonly resyncs: number
  readonly replayed: number
  readonly deadLetters: number
  /** How many entries its log keeps, as far as it knows. */
  readonly cap: number
  /** By the clock of its host. */
  readonly startedAt: number
  readonly heartbeatMs: number
}

/** How often a subscription announces itself at least, where its heartbeat is not slower. */
const announceEveryMs = 5_000

/** How often a subscription with this heartbeat announces itself while its state stays the same. */
export function announceIntervalMs(heartbeatMs: number): number {
  return Math.max(announceEveryMs, heartbeatMs)
}

/** How long a record holds after it was last seen: long enough for an operator to find who went silent. */
export function announcementTtlMs(heartbeatMs: number): number {
  return 60 * announceIntervalMs(heartbeatMs)
}

/** The latest time a `Date` can hold: more than any count reaches. */
const latestTime = 8.64e15

/** Longer texts are cut, so that a record stays small. */
const maxTextLength = 255

export function encodeAnnouncement(announcement: Announcement): string {
  return JSON.stringify(announcement, (_, value: unknown) =>
    typeof value === 'string' ? value.slice(0, maxTextLength) : value,
  )
}

/** Reads what somebody announced; undefined where it is no announcement. Never throws. */
export function decodeAnnouncement(text: string): Announcement | undefined {
  const record = parse(text)
  if (record === undefined) return undefined
  const texts = pick(record, ['name', 'service', 'host', 'version', 'state'], isShortText)
  const counts = pick(record, ['pid', 'behind', 'resyncs', 'replayed', 'deadLetters', 'cap'], isCount)
  const times = pick(record, ['lagMs', 'startedAt', 'heartbeatMs'], isCount)
  const { position } = record
  if (!texts || !counts || !times || !(position === undefined || isShortText(position))) return undefined
  return { ...texts, ...counts, ...times, position }
}

function parse(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as Json
    return typeof value === 'object' && value !== null && !isArray(value) ? value : undefined
  } catch {
    // Not JSON: somebody else's.
    return undefined
  }
}

/** The named fields, if every one of them is of a kind. */
function pick<Name extends string, Value extends Json>(
  record: JsonObject,
  names: readonly Name[],
  isKind: (value: Json | undefined) => value is Value,
): Record<Name, Value> | undefined {
  const picked = new Map<string, Value>()
  for (const name of names) {
    const value = record[name]
    if (!isKind(value)) return undefined
    picked.set(name, value)
  }
  return Object.fromEntries(picked) as Record<Name, Value>
}

function isShortText(value: Json | undefined): value is string {
  return typeof value === 'string' && value.length <= maxTextLength
}

function isCount(value: Json | undefined): value is number {
  return typeof value === 'number' && value >= 0 && value <= latestTime
}
