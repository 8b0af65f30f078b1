import type { Retention } from '../log/model/retention.js'
import type { CursorTable, DeadLetterStore, Log } from '../log/log.js'
import type { Position } from '../log/model/position.js'
import type { ElapsedClock } from '../support/elapsed-clock.js'
import type { Logger } from '../support/events.js'
import type { Runtime } from '../support/runtime.js'
import type { StatsCollector } from '../telemetry/stats-collector.js'
import type { MeasuredSubscription, SubscriptionTelemetry } from '../telemetry/telemetry.js'
import type { StrayAsker, StrayLookups } from './follow/strays.js'
import type { Looks } from './position-waits.js'

/** The services that a subscriber provides to its subscriptions. @internal */
export interface SubscriptionContext {
  readonly channel: string
  /** Empty if it was not named. */
  readonly service: string
  readonly log: Log & CursorTable & DeadLetterStore
  readonly runtime: Runtime
  readonly clock: ElapsedClock
  readonly looks: Looks
  readonly logger: Logger | undefined
  readonly retention: Retention
  readonly closeTimeoutMs: number
  readonly heartbeatMs: number
  readonly readReplica: boolean
  /** Undefined if each subscription has its own. */
  readonly stats: StatsCollector | undefined
  /** Begins to measure; undefined if the application has no OpenTelemetry. */
  createTelemetry(measured: MeasuredSubscription): SubscriptionTelemetry | undefined
  /** The last failure of the link; undefined once it is up and answers. */
  linkError(): Error | undefined
  nextAppendId(): string
  /** Reads a page of the log when it is this subscription's turn. */
  inTurn<T>(read: () => Promise<T>): Promise<T>
  /** Looks a received frame up in the log; returns when the answer will come. */
  readonly askAboutStray: (position: Position, asker: StrayAsker) => ReturnType<StrayLookups['ask']>
  /** The log was read because of a stray, and the gap was real. */
  gapClosed(): void
  replaceFeed(): void
  onClosed(): void
}
