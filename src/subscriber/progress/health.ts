/**
 * - `connecting`: the link has not been up yet
 * - `replaying`: reading from the log what was not received live
 * - `live`: receiving from Pub/Sub with nothing missing before it
 * - `lagging`: more arrives than is handled; reading the log at the handler's own pace
 * - `disconnected`: the link is down
 * - `closed`: closed for good
 */
export type SubscriptionState = 'connecting' | 'replaying' | 'live' | 'lagging' | 'disconnected' | 'closed'

/** What a subscription knows about how fresh its cache is. */
export interface Freshness {
  readonly state: SubscriptionState
  /** Position, as text, up to which everything has been handled; undefined before the first. */
  readonly position: string | undefined
  /** Age of the oldest entry that was taken and is not handled yet, in ms by Redis' clock; 0 when there is none. */
  readonly lagMs: number
  /** How many messages were taken and are not handled yet. */
  readonly behind: number
  /**
   * The last moment at which everything appended was known to be handled, on the monotonic clock (`performance.now()`);
   * undefined before the first.
   */
  readonly verifiedAt: number | undefined
}

/**
 * Why a subscription is not `up`: its state, or `unverified`: for three heartbeats it was not known to have handled
 * everything.
 */
export type HealthReason = Exclude<SubscriptionState, 'live'> | 'unverified'

/** How a subscription is, and with it the cache that it keeps fresh. */
export interface SubscriptionHealth extends Freshness {
  /**
   * - `up`: everything appended is handled, as of the last heartbeats
   * - `degraded`: connected, but behind: at the start, when the handler can't keep up, or when the log does not answer
   * - `down`: not connected, or closed: nothing says how old the cache is
   */
  readonly status: 'up' | 'degraded' | 'down'
  /** Empty when `up`. */
  readonly reasons: readonly HealthReason[]
  /** How long ago everything appended was last known to be handled, in ms; undefined before the first time. */
  readonly unverifiedMs: number | undefined
}

/** Each heartbeat verifies, unless a message is being handled just then: one that is missed means nothing yet. */
const heartbeatsMissed = 3

/** @param now monotonic, as `verifiedAt` is */
export function judgeHealth(freshness: Freshness, now: number, heartbeatMs: number): SubscriptionHealth {
  const { state, verifiedAt } = freshness
  const unverifiedMs = verifiedAt === undefined ? undefined : now - verifiedAt
  const isVerified = unverifiedMs !== undefined && unverifiedMs <= heartbeatsMissed * heartbeatMs
  const judged = (status: SubscriptionHealth['status'], ...reasons: HealthReason[]): SubscriptionHealth => ({
    status,
    reasons,
    ...freshness,
    unverifiedMs,
  })
  switch (state) {
    case 'connecting':
    case 'disconnected':
    case 'closed':
      return judged('down', state)
    case 'lagging':
      return isVerified ? judged('degraded', state) : judged('degraded', state, 'unverified')
    case 'replaying':
      // Every gap is read from the log: where that takes no longer than a few heartbeats, nobody need know.
      return isVerified ? judged('up') : judged('degraded', state, 'unverified')
    case 'live':
      return isVerified ? judged('up') : judged('degraded', 'unverified')
  }
}
