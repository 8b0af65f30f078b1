/** What a server says of its part in replication. */
export interface Replication {
  /**
   * The replication id: it changes with every failover and restart, and a replica has its primary's. Undefined if it
   * can't be had.
   */
  readonly id: string | undefined
  /** Undefined if the server does not say, which is then taken for a primary. */
  readonly role: 'primary' | 'replica' | undefined
  /**
   * How long ago at most a replica received something from its primary, in ms. Undefined if its link is down, if that
   * can't be had, and for a primary.
   */
  readonly linkAgeMs: number | undefined
}

/** What a server that answers neither INFO nor HELLO says. */
export const unknownReplication: Replication = { id: undefined, role: undefined, linkAgeMs: undefined }
