import type { ResyncReason } from '../../log/model/resync-reason.js'
import type { InvalidationMessage } from '../../message/message.js'
import type { TraceContext } from '../../message/trace-context.js'
import type { RecoverySpan } from '../../telemetry/telemetry.js'

/**
 * How a message came: over Pub/Sub (`live`), read from the log (`replay`), or made here because continuity could not
 * be proved and everything is to be evicted (`resync`).
 */
export type Origin =
  | {
      readonly mode: 'live' | 'replay'
      /** Position of the entry that carried it; absent where the message never was in the log. */
      readonly position?: string
    }
  | {
      readonly mode: 'resync'
      readonly reason: ResyncReason
      /** How many entries are gone, where known. */
      readonly missed?: number
    }

/** What a handler is told about the message it is called with. */
export type Delivery = Origin & {
  /** Which try this is, from 1. */
  readonly attempt: number
  /** Aborted when the try runs longer than `handlerTimeoutMs`, or when `close()` gives up waiting for it. */
  readonly signal: AbortSignal
}

/**
 * Evicts what the message names. A returned promise is awaited; any other return value is ignored. If the handler
 * throws or rejects, it is tried again. The same message can come more than once, so a handler must be idempotent. Each
 * try has a copy of the message: what one does to it, no other try and no other subscription sees.
 */
export type InvalidationHandler = (message: InvalidationMessage, delivery: Delivery) => unknown

/** A frame to be handed over. */
export interface Work {
  /** Empty for a marker, which only has its turn. */
  readonly messages: readonly InvalidationMessage[]
  /** The trace of the message at the same index; absent if no message has a trace. */
  readonly traces?: readonly (TraceContext | undefined)[] | undefined
  /** When each message was made, in ms since the epoch; absent if only its timestamp says so. */
  readonly times?: readonly number[] | undefined
  /** Length of their JSON; absent if they did not come as JSON. */
  readonly bytes?: number | undefined
  readonly origin: Origin
  /** The recovery that hands it over. */
  readonly recovery?: RecoverySpan | undefined
  /** Called once, when every message was handled, covered or given up. */
  handled(): void
}
