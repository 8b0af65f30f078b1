import type { TraceContext } from './trace-context.js'

/** What makes an invalidation a message. */
export interface MessageDefaults {
  readonly messageId: string
  readonly timestamp: string
  readonly sourceService: string
}

/**
 * A message that was checked and encoded. A class: V8 learns for a literal whether its objects grow old, and allocates them
 * in the old space from then on. Learnt in a burst at the start, it would keep all that is published, with its text, until
 * the next full collection.
 */
export class PreparedMessage {
  readonly messageId: string
  /** The message in wire form. */
  readonly json: string
  /** Size of `json` in UTF-8. */
  readonly bytes: number
  /** Equal for messages that are the same but for their id, timestamp and trace; and for no others. */
  readonly coalesceKey: string
  /** The trace it carries. */
  readonly trace: TraceContext | undefined

  constructor(messageId: string, json: string, bytes: number, coalesceKey: string, trace?: TraceContext) {
    this.messageId = messageId
    this.json = json
    this.bytes = bytes
    this.coalesceKey = coalesceKey
    this.trace = trace
  }
}
