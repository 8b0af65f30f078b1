import type { ClockReading, Fact, KeyState, LogSnapshot } from '../../log/admin/administration-replies.js'
import type { Right, Role } from '../../log/admin/rights.js'
import type { LogKeys } from '../../log/model/keys.js'
import type { PublisherRecord } from '../../log/model/publisher-record.js'
import type { Named } from '../../log/redis/replies.js'
import type { TargetKind } from '../../log/redis/target.js'
import type { FleetMember } from '../fleet.js'

/** What can be known of a server and the log on it. */
export interface Answers {
  readonly info: Named
  /** CLUSTER INFO; empty where the server belongs to no cluster. */
  readonly clusterInfo: Named
  /** How long the certificate of the server is valid for, in ms; undefined without TLS. */
  readonly certificateLeftMs: number | undefined
  readonly settings: Named
  readonly clock: ClockReading
  /** What the server lacks that a log can't do without; undefined where it has all. */
  readonly lacking: string | undefined
  readonly keyStates: readonly KeyState[]
  readonly snapshot: LogSnapshot
  /** Memory that the log takes. */
  readonly logBytes: number
  /** Other databases of the server that have a log of the same channel. */
  readonly otherDatabases: readonly number[]
  readonly deadLetters: number
  /** How many connections have subscribed to the channel. */
  readonly listeners: number
  readonly subscriptions: readonly FleetMember[]
  readonly publishers: readonly PublisherRecord[]
  /** Positions of durable cursors, by name. */
  readonly cursors: Named
  readonly missingRights: readonly Right[]
}

/** What was found out; each by itself may be unknown. */
export type Facts = { readonly [Name in keyof Answers]: Fact<Answers[Name]> }

/** What the operator asked for, and what the facts are about. */
export interface Terms {
  readonly keys: LogKeys
  /** What the server was named as. */
  readonly target: TargetKind
  /** What is connected to: `host:port` or the path of a socket. */
  readonly server: string
  /** How long an outage the log should cover. */
  readonly coverMs: number
  /** How far behind a subscription may be. */
  readonly lagMs: number
  /** Whose rights are looked at; undefined for the user that asks. */
  readonly user: string | undefined
  /** The role whose rights are looked at; undefined for all. */
  readonly role: Role | undefined
}
const MiB = 1024 ** 2

/** From where on the checks speak. Times in ms, sizes in bytes. */
export const thresholds = {
  /** Share of `maxmemory`. */
  memoryShare: 0.9,
  /** Share of `maxmemory` that the log takes. */
  logShare: 0.25,
  /** What a Pub/Sub client may have unread: Redis' own defaults are 32 MiB at once, 8 MiB for a minute. */
  outputBufferHard: 8 * MiB,
  outputBufferSoft: 2 * MiB,
  /** What a client that reads the log may have unread: a page of large entries, with the next one. */
  outputBufferPage: 4 * MiB,
  /** Longer than any sensible heartbeat, so that no connection of ours is ever idle for so long. */
  idleTimeout: 60_000,
  replicaLag: 10_000,
  certificateLeft: 14 * 24 * 60 * 60_000,
  clockSkew: 500,
  cover: 10 * 60_000,
  lag: 30_000,
} as const
