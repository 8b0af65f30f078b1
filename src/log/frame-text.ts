import { encodeFrame } from '../message/frame.js'
import type { Position } from '../recovery/position.js'

/** The frame of a marker: an entry that carries no invalidation. */
export const emptyFrame = encodeFrame([])

/** A frame as it is published: with its place in the log put in. The script of an append builds the same text. */
export function publishedFrame(position: Position, prev: string, frame: string): string {
  return `{"stream_id":"${position.streamId}","append_id":"${position.appendId}","prev":"${prev}",${frame.slice(1)}`
}
