import type { InvalidationError } from '../support/errors.js'
import type { ErrorEvents } from '../support/events.js'
import type { RepairSummary } from './repair/repair.js'
import type { Overflow } from './send-queue.js'

/** Events a publisher emits. `error` is emitted once per outage for each kind of failure, not once per message. */
export interface PublisherEvents extends ErrorEvents {
  /** The connection came up. */
  connected: []
  /** The connection was lost. It reconnects by itself; messages published meanwhile wait. */
  disconnected: [error: InvalidationError]
  /** Messages have to wait: the connection is down or the server refuses them. Emitted once, until `drained`. */
  queued: [{ readonly queued: number }]
  /** All messages that had to wait have been appended. */
  drained: []
  /**
   * The send queue was full: invalidations became one message that evicts all, the pattern `*`. Emitted at the end of
   * the turn, and once more when that message leaves, if it took in more meanwhile. `collapsed` counts those since the
   * last event, so the numbers add up; `total` counts all that the message covers.
   */
  overflow: [overflow: Overflow]
  /** The server changed. Acknowledged messages were looked up, and lost ones are appended again. */
  repaired: [summary: RepairSummary]
}

/** The health of a publisher. */
export interface PublisherHealth {
  /**
   * - `up`: connected, and messages are appended
   * - `degraded`: connected, but the server refuses appends, or can't be asked what a failover may have lost
   * - `down`: not connected, or closed
   */
  readonly status: 'up' | 'degraded' | 'down'
  readonly connected: boolean
  /** Messages that wait to be sent, or to be sent again. */
  readonly queued: number
  readonly queuedBytes: number
  /** Frames (of one message or many) that were sent and are not acknowledged. */
  readonly inFlight: number
}
