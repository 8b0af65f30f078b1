/**
 * Why continuity could not be proved, so that everything is evicted.
 *
 * - `trimmed`: the log no longer reaches back to the position (its retention was too small for the outage)
 * - `forked`: a failover replaced the history, and nothing of ours is left in the log
 * - `log-lost`: the log was emptied or began anew
 * - `deleted`: entries in the middle or at the end were deleted by hand
 * - `no-cursor`: a durable subscription has no cursor to go on from
 * - `no-position`: at the start there was no entry to anchor to, and one has appeared since
 * - `overflow`: messages that are not in the log arrived faster than they could be handled
 * - `failover`: the replication id changed, and `strictFailover` is set
 * - `unreadable`: an entry of the log can't be read in full, usually because a newer version of this package wrote it
 * - `foreign-gap`: messages that are not in the log may have been lost, and `onForeignGap` is `resync`
 * - `oversized`: a message that is not in the log was larger than a message may be
 * - `dead-letter`: the handler gave up on a message, and `onDeadLetter` is `resync`
 */
export type ResyncReason =
  | 'trimmed'
  | 'forked'
  | 'log-lost'
  | 'deleted'
  | 'no-cursor'
  | 'no-position'
  | 'overflow'
  | 'failover'
  | 'unreadable'
  | 'foreign-gap'
  | 'oversized'
  | 'dead-letter'
