import { encodeFrame } from '../../message/wire/frame.js'
import type { Position } from './position.js'

/** An entry as stored in the stream. */
export interface Entry {
  readonly position: Position
  /** Append id of the entry before; empty where the chain was interrupted. */
  readonly prev: string
  /** The frame, as JSON. */
  readonly frame: string
}

/** What an append made. */
export interface Appended {
  readonly position: Position
  /** Append id of the entry before; empty where this entry continues nothing. */
  readonly prev: string
  /** How many connections PUBLISH reached on the server; −1 if the server refuses the channel (the entry is in the log). */
  readonly receivers: number
}

/** The log around a position, read atomically. */
export interface Inspection {
  /** Append id of the entry found at the position's stream ID. */
  readonly found: string | undefined
  /** The first entry of the log; undefined where the log is empty. */
  readonly first: { readonly position: Position; readonly prev: string } | undefined
  /** What the `last` key holds. */
  readonly last: string | undefined
  /** How many entries were ever appended, where the server knows (Redis 7 and later), and how many there are. */
  readonly added: number | undefined
  readonly length: number
}

/** Whether an entry is where it was: there, gone, or below the log's first entry (trimmed, or never known). */
export type Presence = 'intact' | 'gone' | 'below'

/** A page of entries, read atomically with `last`. */
export interface Page {
  readonly entries: readonly Entry[]
  /** What the `last` key holds. */
  readonly last: string | undefined
}

/** The entry that a subscription without a position starts from. */
export interface Anchor {
  readonly position: Position
  /** How many entries were ever appended, this one included, where the server knows. */
  readonly added: number | undefined
}

/** The frame of a marker: an entry that carries no invalidation. */
export const emptyFrame = encodeFrame([])

/** A frame as it is published: with its place in the log put in. The script of an append builds the same text. */
export function publishedFrame(position: Position, prev: string, frame: string): string {
  return `{"stream_id":"${position.streamId}","append_id":"${position.appendId}","prev":"${prev}",${frame.slice(1)}`
}
