import type { Fact, LogSnapshot } from '../log/admin/administration-replies.js'
import type { Announced } from '../log/model/announced.js'
import { formatPosition, type Position } from '../log/model/position.js'
import type { PublisherRecord } from '../log/model/publisher-record.js'
import { streamIdTime } from '../message/stream-id.js'
import type { Announcement } from '../subscriber/announcement.js'
import { type AppendRate, appendRate } from './append-rate.js'
import { type FleetMember, readFleet, unregisteredListeners } from './fleet.js'

/** What is read for a status. */
export interface StatusFacts {
  readonly channel: string
  /** `host:port` or the path of a socket. */
  readonly server: string
  /** By the server's clock. */
  readonly now: number
  readonly snapshot: Fact<LogSnapshot>
  readonly bytes: Fact<number>
  readonly announced: Fact<readonly Announced[]>
  readonly publishers: Fact<readonly PublisherRecord[]>
  /** How many connections have subscribed to the channel. */
  readonly listeners: Fact<number>
}

/** How a log and its subscriptions are, as `status --json` prints it: what is not known is null. */
export interface Status {
  readonly channel: string
  readonly server: string
  readonly log: LogStatus | null
  readonly subscribers: readonly SubscriberStatus[] | null
  readonly listeners: number | null
  /** How many of them belong to no subscription in the register. */
  readonly unregistered: number | null
  /** Why something is not known. */
  readonly unknown: readonly string[]
}

/** A retention, and the services that announce it. */
export interface RetentionStatus {
  readonly maxEntries: number
  readonly maxBytes: number | null
  readonly maxAgeMs: number | null
  readonly services: readonly string[]
}

export interface LogStatus {
  readonly length: number
  /** What publishers and subscriptions keep: one, unless services disagree. */
  readonly retentions: readonly RetentionStatus[]
  readonly bytes: number | null
  readonly oldest: string | null
  readonly oldestAgeMs: number | null
  /** Position of the newest entry. */
  readonly head: string | null
  readonly rate: AppendRate
}

/** What a subscription announced, as `--json` prints it. */
export interface SubscriberStatus extends Omit<
  Announcement,
  'position' | 'startedAt' | 'retention' | 'heartbeatMs' | 'subscriber'
> {
  readonly position: string | null
  readonly startedAt: string
  readonly seenAgoMs: number
  readonly silent: boolean
  readonly nameTaken: boolean
}

export function summarizeStatus({
  channel,
  server,
  now,
  snapshot,
  bytes,
  announced,
  publishers,
  listeners,
}: StatusFacts): Status {
  const fleet = announced.value && readFleet(announced.value)
  const members = [...(fleet ?? []), ...(publishers.value ?? [])]
  return {
    channel,
    server,
    log: snapshot.value ? summarizeLog(snapshot.value, bytes.value, members, now) : null,
    subscribers: fleet?.map(summarizeMember) ?? null,
    listeners: listeners.value ?? null,
    unregistered: fleet && listeners.value !== undefined ? unregisteredListeners(listeners.value, fleet) : null,
    // Both registers may lack the same right.
    unknown: [...new Set([snapshot, bytes, announced, publishers, listeners].flatMap(({ reason }) => reason ?? []))],
  }
}

function summarizeLog(
  { stream, newest }: LogSnapshot,
  bytes: number | undefined,
  members: readonly RetentionMember[],
  now: number,
): LogStatus {
  const oldest = stream?.first?.position.streamId
  return {
    length: stream?.length ?? 0,
    retentions: groupRetentions(members),
    bytes: bytes ?? null,
    oldest: oldest ?? null,
    oldestAgeMs: oldest === undefined ? null : Math.max(0, now - streamIdTime(oldest)),
    head: stream?.last ? describePosition(stream.last.position) : null,
    rate: appendRate(
      newest.map(({ id }) => id),
      now,
    ),
  }
}

/** A member of the fleet, as far as retention goes. */
export type RetentionMember = Pick<PublisherRecord, 'service' | 'retention'>

/** The retentions of a fleet with their services; that of most members first. */
export function groupRetentions(members: readonly RetentionMember[]): readonly RetentionStatus[] {
  const groups = new Map<
    string,
    { status: Omit<RetentionStatus, 'services'>; services: Set<string>; members: number }
  >()
  for (const { service, retention } of members) {
    const { maxEntries, maxBytes = null, maxAgeMs = null } = retention
    const status = { maxEntries, maxBytes, maxAgeMs }
    const key = JSON.stringify(status)
    const group = groups.get(key) ?? { status, services: new Set(), members: 0 }
    group.services.add(service || '-')
    group.members++
    groups.set(key, group)
  }
  return [...groups.values()]
    .toSorted((a, b) => b.members - a.members || a.status.maxEntries - b.status.maxEntries)
    .map(({ status, services }) => ({ ...status, services: [...services].toSorted() }))
}

/** An entry that somebody else added has no append id. */
function describePosition(position: Position): string {
  return position.appendId === '' ? position.streamId : formatPosition(position)
}

function summarizeMember(member: FleetMember): SubscriberStatus {
  const { name, service, host, pid, version, state, position, behind, lagMs, retrying } = member
  const { resyncs, replayed, deadLetters, startedAt, ageMs, silent, nameTaken } = member
  return {
    name,
    service,
    host,
    pid,
    version,
    state,
    position: position ?? null,
    behind,
    lagMs,
    retrying,
    resyncs,
    replayed,
    deadLetters,
    startedAt: new Date(startedAt).toISOString(),
    seenAgoMs: ageMs,
    silent,
    nameTaken,
  }
}
