import type { Position } from '../../log/model/position.js'
import type { InvalidationMessage } from '../../message/message.js'
import type { TraceContext } from '../../message/trace-context.js'
import type { InvalidMessageError } from '../../support/errors.js'
import type { Origin } from '../handling/delivery.js'
import type { SubscriptionState } from '../progress/health.js'
import type { Finish } from '../progress/progress.js'

/** The messages of a frame, as they are handed to the handler's queue. */
export interface Handed {
  readonly messages: readonly InvalidationMessage[]
  /** The trace of the message at the same place; absent if none has one. */
  readonly traces?: readonly (TraceContext | undefined)[] | undefined
  /** When each message was made, in ms since the epoch; absent if only its timestamp says so. */
  readonly times?: readonly number[] | undefined
  /** Length of its JSON. */
  readonly bytes: number
}

/** A frame of the log as it arrived on the live channel. */
export interface LogFrame extends Handed {
  readonly position: Position
  readonly prev: string
  /** The errors of its unreadable parts; empty if all of it was read. */
  readonly rejected: readonly InvalidMessageError[]
}

/**
 * Identifies a frame that was handed over, for the event that it has been handled. It is a part of the history; or the
 * position, as text, of a frame that the log does not have; or undefined for anything else outside the history.
 */
export type Ticket = Finish | { readonly orphan: Position } | undefined

/** Hand a frame to the handler's queue. */
export interface HandOver {
  readonly type: 'hand-over'
  readonly frame: Handed
  readonly origin: Origin
  readonly ticket: Ticket
}

/** What a subscription does after an event, in order. */
export type Effect =
  | HandOver
  | { readonly type: 'state'; readonly state: SubscriptionState; readonly previous: SubscriptionState }
  /** Read the log. No other reading is asked for until this one has ended. */
  | { readonly type: 'read' }
  /** Look up in the log a frame that does not continue the history; the answer is an event. */
  | { readonly type: 'look-up'; readonly position: Position }
  /** The log was read because of a stray, and had it: the gap before it was real. */
  | { readonly type: 'gap-closed' }
  /** Make a new Pub/Sub connection: it delivers nothing although it looks well. */
  | { readonly type: 'replace-feed' }
  /** The handled part has grown; `newHistory` says that the position may be before the last one. */
  | { readonly type: 'advanced'; readonly position: Position | undefined; readonly newHistory: boolean }
  /** Everything appended is known to be handled, as of a moment later than before. */
  | { readonly type: 'verified' }
  /** An entry was handled that is not the end of the handled part: it is ahead, or not part of our history. */
  | { readonly type: 'entry-handled'; readonly position: Position }
  /** Report the unreadable parts of a frame that the log does not have. */
  | { readonly type: 'garbage'; readonly rejected: readonly InvalidMessageError[] }

export const noEffects: readonly Effect[] = []
