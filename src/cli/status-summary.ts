import type { Fact, LogSnapshot } from '../log/admin/administration-replies.js'
import type { Announced } from '../log/model/announced.js'
import { formatPosition, type Position } from '../log/model/position.js'
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

export interface LogStatus {
  readonly length: number
  /** What the subscriptions were told that the log keeps: one number, unless they were told different ones. */
  readonly caps: readonly number[]
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
  'position' | 'startedAt' | 'cap' | 'heartbeatMs' | 'subscriber'
> {
  readonly position: string | null
  readonly startedAt: string
  readonly seenAgoMs: number
  readonly silent: boolean
  readonly nameTaken: boolean
}

export function summarizeStatus({ channel, server, now, snapshot, bytes, announced, listeners }: StatusFacts): Status {
  const fleet = announced.value && readFleet(announced.value)
  return {
    channel,
    server,
    log: snapshot.value ? summarizeLog(snapshot.value, bytes.value, fleet ?? [], now) : null,
    subscribers: fleet?.map(summarizeMember) ?? null,
    listeners: listeners.value ?? null,
    unregistered: fleet && listeners.value !== undefined ? unregisteredListeners(listeners.value, fleet) : null,
    unknown: [snapshot, bytes, announced, listeners].flatMap(({ reason }) => reason ?? []),
  }
}

function summarizeLog(
  { stream, newest }: LogSnapshot,
  bytes: number | undefined,
  fleet: readonly FleetMember[],
  now: number,
): LogStatus {
  const oldest = stream?.first?.position.streamId
  return {
    length: stream?.length ?? 0,
    caps: [...new Set(fleet.map(({ cap }) => cap))].toSorted((a, b) => a - b),
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
