import { encodeFrame } from '../message/codec.js'
import type { QueuedMessage } from './queued-message.js'

/** What one append carries. It stays as it is from its first attempt on, however often it is tried. */
export class Frame {
  readonly json: string
  readonly bytes: number
  /** The messages whose callers wait for it; none where it repairs what was acknowledged before. */
  readonly messages: readonly QueuedMessage[]
  /** How many accepted invalidations it carries. */
  readonly count: number
  /** Of its first message; 0 where it repairs, so that it counts as older than all that waits. */
  readonly sequence: number

  constructor(json: string, bytes: number, count: number, messages: readonly QueuedMessage[] = []) {
    this.json = json
    this.bytes = bytes
    this.messages = messages
    this.count = count
    this.sequence = messages[0]?.sequence ?? 0
  }
}

export function packFrame(messages: readonly QueuedMessage[]): Frame {
  const json = encodeFrame(messages.map((message) => message.json))
  const bytes = messages.reduce((sum, message) => sum + message.bytes, 0)
  const count = messages.reduce((sum, message) => sum + message.count, 0)
  return new Frame(json, bytes, count, messages)
}

/** A frame to append again, for which nobody waits. */
export function repairFrame(json: string, bytes: number, count: number): Frame {
  return new Frame(json, bytes, count)
}
