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
  /** How many of them failed at the handler: they are tried again, or wait for a resync that covers them. */
  readonly retrying: number
  /** How long ago the handler first failed on the oldest of them, in ms; 0 if none fails. */
  readonly failingMs: number
  /**
   * The last moment at which everything that had been acknowledged was known to be handled, on the monotonic clock
   * (`performance.now()`); undefined before the first. If the machine has slept since, it is moved back by that time,
   * so that its age includes the sleep.
   *
   * On a replica it stays, unless `readReplica` is set. After a failover it stays until every known publisher has
   * checked that its entries survived. Two cases are not covered. One is a split brain while both sides answer. The
   * other is acknowledged entries of a publisher that has `repair: false` or `announce: false`, or that died together
   * with the primary and whose record has expired. `strictFailover` and `waitReplicas` cover these.
   */
  readonly verifiedAt: number | undefined
}

/**
 * Why a subscription is not `up`: its state, or
 *
 * - `failing`: the handler has failed with a message for longer than a heartbeat
 * - `dead-letters`: the handler gave up on a message that has been neither redriven nor purged, and no resync has covered
 *   it since
 * - `unverified`: it has not verifiably handled everything for three heartbeats (with `readReplica`, 11 seconds more)
 * - `replica`: the server is a replica, which can't know what it lacks
 * - `failover`: it is `unverified`, since publishers have not checked yet that their entries survived a failover
 * - `log-deleted`: the log is gone each time after the handler ran for the pattern `*`, so a handler deletes it
 */
export type HealthReason =
  | Exclude<SubscriptionState, 'live'>
  | 'failing'
  | 'dead-letters'
  | 'unverified'
  | 'replica'
  | 'failover'
  | 'log-deleted'

/** How a subscription is, and with it the cache that it keeps fresh. */
export interface SubscriptionHealth extends Freshness {
  /**
   * - `up`: everything appended is handled, as of the last heartbeats
   * - `degraded`: connected, but behind: at the start, when the handler can't keep up or fails, or when the log does not
   *   answer
   * - `down`: not connected, or closed: nothing says how old the cache is
   */
  readonly status: 'up' | 'degraded' | 'down'
  /** Empty when `up`. */
  readonly reasons: readonly HealthReason[]
  /** How long ago everything appended was last known to be handled, in ms; undefined before the first time. */
  readonly unverifiedMs: number | undefined
}

const downStates: ReadonlySet<SubscriptionState> = new Set(['connecting', 'disconnected', 'closed'])

/** Each heartbeat verifies, unless a message is being handled just then: one that is missed means nothing yet. */
const heartbeatsMissed = 3

/** A primary pings its replicas every 10 seconds, unless configured otherwise, and a replica counts whole seconds. */
const replicaLagMs = 11_000

/** How long a subscription may be unverified before that counts. */
export function unverifiedLimitMs(heartbeatMs: number, readReplica: boolean): number {
  return heartbeatsMissed * heartbeatMs + (readReplica ? replicaLagMs : 0)
}

/** Why a subscription may not be `up`, whatever its state. */
export interface Doubts {
  /** Dead letters of its own remain. */
  readonly deadLetters: boolean
  /** The server is a replica, without `readReplica`. */
  readonly replica: boolean
  /** Publishers have not checked yet what a failover lost. */
  readonly failover: boolean
  /** A handler deletes the log. */
  readonly logDeleted: boolean
}

/** The state from which a subscription's health is derived. */
export interface HealthFacts {
  readonly freshness: Freshness
  readonly doubts: Doubts
  /** Monotonic, as `verifiedAt` is. */
  readonly now: number
  readonly heartbeatMs: number
  readonly readReplica: boolean
}

export function judgeHealth({ freshness, doubts, now, heartbeatMs, readReplica }: HealthFacts): SubscriptionHealth {
  const { state, verifiedAt, failingMs } = freshness
  const unverifiedMs = verifiedAt === undefined ? undefined : now - verifiedAt
  const isVerified = unverifiedMs !== undefined && unverifiedMs <= unverifiedLimitMs(heartbeatMs, readReplica)
  const isDown = downStates.has(state)
  const found: readonly [isSo: boolean, reason: HealthReason][] = [
    [failingMs > heartbeatMs, 'failing'],
    [doubts.deadLetters, 'dead-letters'],
    [!isDown && !isVerified, 'unverified'],
    [!isDown && doubts.replica, 'replica'],
    [!isDown && doubts.failover && !isVerified, 'failover'],
    [doubts.logDeleted, 'log-deleted'],
  ]
  const others = found.filter(([isSo]) => isSo).map(([, reason]) => reason)
  // Every gap is read from the log: if that takes no longer than a few heartbeats, it does not affect health.
  const isQuiet = state === 'live' || (state === 'replaying' && others.length === 0)
  const reasons = isQuiet ? others : [state, ...others]
  const connected = reasons.length === 0 ? 'up' : 'degraded'
  return { status: isDown ? 'down' : connected, reasons, ...freshness, unverifiedMs }
}
