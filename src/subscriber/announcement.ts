import {
  type AnnouncedRetention,
  announceIntervalMs,
  encodeRecord,
  isCount,
  isShortText,
  parseRecord,
  pickFields,
  pickRetention,
  withCap,
} from '../log/model/record.js'
import type { Json } from '../message/message.js'

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
  /** How many of them failed at the handler and are tried again; 0 in records of versions that do not report it. */
  readonly retrying: number
  readonly resyncs: number
  readonly replayed: number
  readonly deadLetters: number
  /** How much of the log its markers keep. */
  readonly retention: AnnouncedRetention
  /** By the clock of its host. */
  readonly startedAt: number
  readonly heartbeatMs: number
  /** The same for all subscriptions of a subscriber, which share a connection; absent from older versions. */
  readonly subscriber?: string | undefined
}

/** How long a record holds after it was last seen: long enough for an operator to find who went silent. */
export function announcementTtlMs(heartbeatMs: number): number {
  return 60 * announceIntervalMs(heartbeatMs)
}

export function encodeAnnouncement(announcement: Announcement): string {
  return encodeRecord(withCap(announcement))
}

/** Reads what somebody announced; undefined where it is no announcement. Never throws. */
export function decodeAnnouncement(text: string): Announcement | undefined {
  const record = parseRecord(text)
  if (record === undefined) return undefined
  const texts = pickFields(record, ['name', 'service', 'host', 'version', 'state'], isShortText)
  const counts = pickFields(record, ['pid', 'behind', 'resyncs', 'replayed', 'deadLetters'], isCount)
  const times = pickFields(record, ['lagMs', 'startedAt', 'heartbeatMs'], isCount)
  const { position, subscriber, retrying = 0 } = record
  const retention = pickRetention(record)
  if (!retention || !texts || !counts || !times || !isOptionalText(position) || !isOptionalText(subscriber))
    return undefined
  return isCount(retrying) ? { ...texts, ...counts, ...times, retention, retrying, position, subscriber } : undefined
}

function isOptionalText(value: Json | undefined): value is string | undefined {
  return value === undefined || isShortText(value)
}
