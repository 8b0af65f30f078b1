import type { TraceContext } from '../trace-context.js'

/** What makes an invalidation a message. */
export interface MessageDefaults {
  readonly messageId: string
  readonly timestamp: string
  readonly sourceService: string
}

/** A message that was checked and can be sent. */
export interface PreparedMessage {
  readonly messageId: string
  /** The message in wire form. */
  readonly json: string
  /** Size of `json` in UTF-8. */
  readonly bytes: number
  /** What it adds to a frame of many, in bytes; for a message in a column this is an estimate. */
  readonly packedBytes: number
  /**
   * Together with the key, equal for messages that are the same but for their id, timestamp and trace; for no others.
   */
  readonly coalesceGroup: string
  /**
   * In two parts, since they are looked up for every message: groups are few, and most keys are ids as they were given.
   */
  readonly coalesceKey: string
  /** The trace it carries. */
  readonly trace: TraceContext | undefined
}
