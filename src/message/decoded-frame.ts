import type { InvalidMessageError } from '../errors.js'
import type { InvalidationMessage } from './message.js'
import type { TraceContext } from './trace-context.js'

/** What one append carried. */
export interface DecodedFrame {
  /** Set, together with `appendId` and `prev`, where the text came over the channel from one of our publishers. */
  readonly streamId?: string
  readonly appendId?: string
  /** Append id of the entry before; empty where this one continues nothing. */
  readonly prev?: string
  readonly messages: readonly InvalidationMessage[]
  /** The trace of the message at the same place; absent where none carries one. */
  readonly traces?: readonly (TraceContext | undefined)[]
  /** Why each of the others is no message; a frame with more than 1,000 of those is read no further. */
  readonly rejected: readonly InvalidMessageError[]
}

/** A frame's place in the log. */
export type Link = Required<Pick<DecodedFrame, 'streamId' | 'appendId' | 'prev'>>
