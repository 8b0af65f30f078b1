import type { Announced } from '../log/model/announced.js'
import { decodePublisherRecord, type PublisherRecord } from '../log/model/publisher-record.js'
import { announceIntervalMs } from '../log/model/record.js'
import { type Announcement, decodeAnnouncement } from '../subscriber/announcement.js'

/** A subscription as it was last heard of. */
export interface FleetMember extends Announcement {
  readonly id: string
  /** How long ago it was heard of, in ms by the server's clock. */
  readonly ageMs: number
  /** Whether it has missed three announcements: gone without a word, cut off, or stuck. */
  readonly silent: boolean
  /** Whether another one that is not silent has the same name: they share a cursor, where that is in Redis. */
  readonly nameTaken: boolean
}

/** Announcements in a row that one must miss to count as silent. */
const missedWhenSilent = 3

/** What subscriptions announced, by service and name; what is no announcement is left out. */
export function readFleet(announced: readonly Announced[]): readonly FleetMember[] {
  const members = announced.flatMap(({ id, record, ageMs }) => {
    const announcement = decodeAnnouncement(record)
    return announcement ? [{ ...announcement, id, ageMs, silent: isSilent(announcement, ageMs) }] : []
  })
  const living = new Map<string, number>()
  for (const { name, silent } of members) if (!silent) living.set(name, (living.get(name) ?? 0) + 1)
  return members
    .map((member) => {
      const nameTaken = member.name !== '' && !member.silent && (living.get(member.name) ?? 0) > 1
      return { ...member, nameTaken }
    })
    .toSorted((a, b) => compare(a.service, b.service) || compare(a.name, b.name) || compare(a.id, b.id))
}

/** The records of publishers; anything else in their register is left out. */
export function readPublishers(announced: readonly Announced[]): readonly PublisherRecord[] {
  return announced.flatMap(({ record }) => decodePublisherRecord(record) ?? [])
}

/**
 * How many of the connections that listen to the channel belong to no subscription in the register. Subscriptions of
 * one subscriber share a connection. Records of older versions name no subscriber: each counts as one connection.
 */
export function unregisteredListeners(listeners: number, members: readonly FleetMember[]): number {
  const connections = new Set(members.map(({ subscriber, id }) => subscriber ?? id))
  return Math.max(0, listeners - connections.size)
}

function isSilent({ heartbeatMs }: Announcement, ageMs: number): boolean {
  return ageMs > missedWhenSilent * announceIntervalMs(heartbeatMs)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
