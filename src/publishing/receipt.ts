/** What became of an invalidation that was appended to the log. */
export interface Receipt {
  /**
   * The id of the message that went on the wire. Where equal invalidations were sent as one, or an overflow made one
   * flush of many, it is the id of the message that stands for all of them.
   */
  readonly messageId: string
  /** Where it stands in the log: hand it to `subscription.waitFor()`. Opaque. */
  readonly position: string
  /** How many connections the server handed it to at once; −1 where the server refuses the channel. */
  readonly receivers: number
}
