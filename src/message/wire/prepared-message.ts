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
  /** Together with the key, equal for messages that are the same but for their id, timestamp and trace; for no others. */
  readonly coalesceGroup: string
  /** In two parts, since they are looked up for every message: groups are few, and most keys are ids as they were given. */
  readonly coalesceKey: string
  /** The trace it carries. */
  readonly trace: TraceContext | undefined
}

/**
 * A message that was encoded. A class: V8 learns for a literal whether its objects grow old, and allocates them in the old
 * space from then on. Learnt in a burst at the start, it would keep all that is published, with its text, until the next
 * full collection.
 */
export class EncodedMessage implements PreparedMessage {
  readonly messageId: string
  readonly json: string
  readonly bytes: number
  readonly coalesceGroup: string
  readonly coalesceKey: string
  readonly trace: TraceContext | undefined

  constructor(
    { messageId, json, bytes, trace }: Pick<PreparedMessage, 'messageId' | 'json' | 'bytes' | 'trace'>,
    coalesceGroup: string,
    coalesceKey: string,
  ) {
    this.messageId = messageId
    this.json = json
    this.bytes = bytes
    this.coalesceGroup = coalesceGroup
    this.coalesceKey = coalesceKey
    this.trace = trace
  }
}

/** What plain messages have in common that name the same type and action, and have the same source. */
export interface PlainKind {
  readonly coalesceGroup: string
  /** What stands before the id of the message, its timestamp, its entity's id, and at the end; quotes included. */
  readonly texts: readonly [head: string, afterId: string, beforeEntity: string, tail: string]
  /** Length of all of them. */
  readonly length: number
}

const beforeTrace = '","traceparent":"'

/**
 * A message of ASCII without anything to escape, put together when it is sent: joined to the others of its frame, what it
 * consists of is copied once. Text made before would be kept, part by part, through all that the message waits for.
 */
export class PlainMessage implements PreparedMessage {
  readonly messageId: string
  readonly coalesceKey: string
  readonly bytes: number
  readonly trace: TraceContext | undefined
  readonly #timestamp: string
  readonly #kind: PlainKind

  /** @param trace without a `tracestate` */
  constructor(kind: PlainKind, { messageId, timestamp }: MessageDefaults, entityId: string, trace?: TraceContext) {
    this.messageId = messageId
    this.coalesceKey = entityId
    this.bytes = kind.length + messageId.length + timestamp.length + entityId.length
    if (trace) this.bytes += beforeTrace.length + trace.traceparent.length
    this.trace = trace
    this.#timestamp = timestamp
    this.#kind = kind
  }

  get json(): string {
    const [head, afterId, beforeEntity, tail] = this.#kind.texts
    const start = head + this.messageId + afterId + this.#timestamp
    const traced = this.trace ? start + beforeTrace + this.trace.traceparent : start
    return traced + beforeEntity + this.coalesceKey + tail
  }

  get coalesceGroup(): string {
    return this.#kind.coalesceGroup
  }
}
