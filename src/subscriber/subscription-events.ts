import type { DeadLetter } from '../log/log.js'
import type { ErrorEvents } from '../support/events.js'
import type { ReplayEvent, ResyncEvent } from './follow/recovery-event.js'
import type { SubscriptionState } from './progress/health.js'

/** Events of a subscription. */
export interface SubscriptionEvents extends ErrorEvents {
  /** The state changed. */
  state: [state: SubscriptionState, previous: SubscriptionState]
  /** Missed entries were read from the log and handed to the handler's queue. */
  replay: [event: ReplayEvent]
  /** Continuity could not be proved; everything is evicted. */
  resync: [event: ResyncEvent]
  /**
   * The Pub/Sub connection is back. Messages that services without the log, such as those on the Rust crate, published
   * meanwhile are lost. Emitted if this subscriber has heard such a service before, or if `onForeignGap` is `resync`.
   */
  foreignGap: [event: ForeignGapEvent]
  /** The handler failed for good on a message, which is now in the dead-letter stream. */
  deadLetter: [letter: DeadLetter]
}

/** A gap in which messages that are not in the log may have been lost. */
export interface ForeignGapEvent {
  /**
   * How long the Pub/Sub connection was away, in ms. It counts from when the loss was noticed or, if the connection was
   * replaced because it delivered nothing, from when something last arrived. A connection that broke silently may have
   * lost messages shortly before.
   */
  readonly awayMs: number
  /** Whether everything is evicted, so that nothing is missed. */
  readonly resync: boolean
}
