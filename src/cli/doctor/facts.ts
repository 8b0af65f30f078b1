import type { ClockReading, KeyState, LogSnapshot, Named } from '../../log/administration-replies.js'
import type { Fact } from '../../log/fact.js'
import type { LogKeys } from '../../log/keys.js'
import type { TargetKind } from '../../log/redis-target.js'
import type { Right, Role } from '../../log/rights.js'
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
  readonly deadLetters: number
  /** How many connections have subscribed to the channel. */
  readonly listeners: number
  readonly subscriptions: readonly FleetMember[]
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
