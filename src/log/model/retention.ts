/** How much the log keeps: whichever limit is reached first. The newest entry always stays. */
export interface Retention {
  /** Approximate: whole nodes of the stream are dropped. */
  readonly maxEntries: number
  /** Memory of the stream, in bytes. */
  readonly maxBytes: number
  /** In ms by the clock of the server; undefined keeps entries of any age. */
  readonly maxAgeMs: number | undefined
}
