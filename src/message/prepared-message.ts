import type { TraceContext } from './trace-context.js'

/** What makes an invalidation a message. */
export interface MessageDefaults {
  readonly messageId: string
  readonly timestamp: string
  readonly sourceService: string
}

/** A message that was checked and encoded. */
export interface PreparedMessage {
  readonly messageId: string
  /** The message in wire form. */
  readonly json: string
  /** Size of `json` in UTF-8. */
  readonly bytes: number
  /** Equal for messages that are the same but for their id, timestamp and trace; and for no others. */
  readonly coalesceKey: string
  /** The trace it carries. */
  readonly trace?: TraceContext
}
