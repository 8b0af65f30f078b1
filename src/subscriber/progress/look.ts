import type { Replication } from '../../log/model/replication.js'

/** The result of a look at the server, over one connection. */
export interface Look {
  /** Looks that began later have higher numbers. */
  readonly number: number
  /** Whether it is a heartbeat: they come one at a time, with pauses. */
  readonly isBeat: boolean
  /** Append id of the newest entry; undefined if the log has none. */
  readonly head: string | undefined
  /**
   * The server had everything that was acknowledged before this moment, if its replication id is still the same; on the
   * elapsed clock. Undefined for a replica, which can't know.
   */
  readonly completeAt: number | undefined
  /** Read after the head. */
  readonly replication: Replication
  /** Whether all publishers had checked, before the head was read, that their entries survived under this id. */
  readonly isSettled: boolean
}

/** What a look at the server proves about the head that it read. */
export interface Proof {
  /** Number of the look. */
  readonly look: number
  /** The replication id that was read after that head; undefined if the server does not report it. */
  readonly id: string | undefined
  /** Everything that was acknowledged before this moment is at or before that head; on the elapsed clock. */
  readonly completeAt: number
}

/** What counts as handled when a subscription begins, or after it gave up continuity. */
export interface Ground {
  /** The replication id under which no acknowledged entry is missing; undefined if that is not known. */
  readonly id: string | undefined
  /** First stream ID for which that holds. Undefined: for all entries; `log`: only for entries in the log. */
  readonly since: string | undefined
  /** Append id of the entry it goes on from, if nobody handled that entry and nothing covers it. */
  readonly skipped?: string | undefined
}
