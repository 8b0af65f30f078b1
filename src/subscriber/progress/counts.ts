/** What a subscription has done since it began, in messages unless said otherwise. */
export interface SubscriptionCounts {
  /** Taken from the live channel. */
  live: number
  /** Read from the log. */
  replayed: number
  /** Arrived live and were dropped, because the log had already given them. */
  duplicates: number
  /** Taken live from a history that a failover replaced. */
  orphaned: number
  /** Came without a place in the log: from publishers that only use Pub/Sub. */
  foreign: number
  /** Were no messages, live or in the log: garbage, which is told as `error` once a kind and minute. */
  invalid: number
  /** Given up on by the handler. */
  deadLetters: number
  /** Times the live channel did not continue the history, and the log was read. */
  gaps: number
  /** Times everything was evicted because continuity could not be proved. */
  resyncs: number
}

export function noCounts(): SubscriptionCounts {
  return {
    live: 0,
    replayed: 0,
    duplicates: 0,
    orphaned: 0,
    foreign: 0,
    invalid: 0,
    deadLetters: 0,
    gaps: 0,
    resyncs: 0,
  }
}
