import { encodeFrame } from '../message/codec.js'
import type { QueuedMessage } from './queued-message.js'

/** What one append carries. It stays as it is from its first attempt on, however often it is tried. */
export interface Frame {
  readonly json: string
  readonly bytes: number
  /** The messages whose callers wait for it; none where it repairs what was acknowledged before. */
  readonly messages: readonly QueuedMessage[]
  /** How many accepted invalidations it carries. */
  readonly count: number
  /** Of its first message; 0 where it repairs, so that it counts as older than all that waits. */
  readonly sequence: number
}

export function packFrame(messages: readonly QueuedMessage[]): Frame {
  const jsons: string[] = []
  let bytes = 0
  let count = 0
  for (const message of messages) {
    jsons.push(message.json)
    bytes += message.bytes
    count += message.count
  }
  return { json: encodeFrame(jsons), bytes, messages, count, sequence: messages[0]?.sequence ?? 0 }
}

/** A frame to append again, for which nobody waits. */
export function repairFrame(json: string, bytes: number, count: number): Frame {
  return { json, bytes, messages: [], count, sequence: 0 }
}
