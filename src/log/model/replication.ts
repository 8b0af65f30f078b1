/** A server's report of its part in replication. */
export interface Replication {
  /**
   * The replication id: it changes with every failover and restart, and a replica has its primary's. Undefined if it is
   * not available.
   */
  readonly id: string | undefined
  /** Undefined if the server does not report it; it then counts as a primary. */
  readonly role: 'primary' | 'replica' | undefined
  /**
   * Upper bound for the time since a replica last received something from its primary, in ms. Undefined for a primary,
   * if its link is down, and if it is not available.
   */
  readonly linkAgeMs: number | undefined
}

/** The report if a server answers neither INFO nor HELLO. */
export const unknownReplication: Replication = { id: undefined, role: undefined, linkAgeMs: undefined }
