import type { InvalidationError } from '../support/errors.js'
import type { ErrorEvents } from '../support/events.js'
import type { RepairSummary } from './repair/repair.js'
import type { Overflow } from './send-queue.js'

/** Events a publisher emits. `error` is emitted once per outage for each kind of failure, not once per message. */
export interface PublisherEvents extends ErrorEvents {
  /** The connection came up. */
  connected: []
  /** The connection was lost; it comes back by itself, and what is published meanwhile waits. */
  disconnected: [error: InvalidationError]
  /** Messages have to wait: the connection is down or the server refuses them. Once, until `drained`. */
  queued: [{ readonly queued: number }]
  /** All that had to wait is appended. */
  drained: []
  /**
   * Too much waited: invalidations became one message that evicts all, the pattern `*`. Emitted at the end of the turn,
   * and once more when that message leaves, if it took in more meanwhile: `collapsed` is how many since the last event,
   * so that the numbers add up, and `total` how many the message covers by now.
   */
  overflow: [overflow: Overflow]
  /** The server changed, and what it had acknowledged was looked up: what was lost is appended again. */
  repaired: [summary: RepairSummary]
}

/** How a publisher is. */
export interface PublisherHealth {
  /**
   * - `up`: connected, and what is published is appended
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
