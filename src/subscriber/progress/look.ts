import type { Replication } from '../../log/model/replication.js'

/** What was read of the server at one time, over one connection. */
export interface Look {
  /** Looks that began later have higher numbers. */
  readonly number: number
  /** Whether it is a heartbeat: one comes at a time, some time after the one before. */
  readonly isBeat: boolean
  /** Append id of the newest entry; undefined if the log has none. */
  readonly head: string | undefined
  /**
   * The server had everything by then that was acknowledged before, if its replication id is still the same; on the
   * elapsed clock. Undefined if it can't know: a replica.
   */
  readonly completeAt: number | undefined
  /** Read after the head. */
  readonly replication: Replication
  /** Whether all publishers had checked, before the head was read, that their entries survived under this id. */
  readonly isSettled: boolean
}

/** What a look at the server proves of the head that it read. */
export interface Proof {
  /** Number of the look. */
  readonly look: number
  /** The replication id that was read after that head; undefined if the server does not say. */
  readonly id: string | undefined
  /** Everything that was acknowledged before this moment is at or before that head; on the elapsed clock. */
  readonly completeAt: number
}

/** What was handled, or covered, when a subscription began or gave continuity up. */
export interface Ground {
  /** The replication id under which nothing that was acknowledged is missing; undefined if that is not known. */
  readonly id: string | undefined
  /** Stream ID from which on that holds; undefined if it holds for all entries, and `log` for those in the log alone. */
  readonly since: string | undefined
}
