import { encodeFrame } from '../../message/wire/encode.js'
import type { Position } from './position.js'

/** An entry as stored in the stream. */
export interface Entry {
  readonly position: Position
  /** Append id of the entry before; empty if the chain was interrupted. */
  readonly prev: string
  /** The frame, as JSON. */
  readonly frame: string
}

/** The result of an append. */
export interface Appended {
  readonly position: Position
  /** Append id of the entry before; empty if this entry continues nothing. */
  readonly prev: string
  /**
   * How many connections PUBLISH reached on the server; −1 if the server refuses the channel (the entry is in the log).
   */
  readonly receivers: number
}

/** The log around a position, read in one atomic step. */
export interface Inspection {
  /** Append id of the entry found at the position's stream ID; undefined if there is no entry. */
  readonly found: string | undefined
  /** The first entry of the log; undefined if the log is empty. */
  readonly first: { readonly position: Position; readonly prev: string } | undefined
  /** The value of the `last` key; undefined if it is missing. */
  readonly last: string | undefined
  /** How many entries were ever appended; undefined if the server does not count them, as before Redis 7. */
  readonly added: number | undefined
  /** How many entries there are. */
  readonly length: number
}

/** Whether an entry is where it was: intact, gone, or below the log's first entry (trimmed, or never known). */
export type Presence = 'intact' | 'gone' | 'below'

/** A page of entries, read in one atomic step with `last`. */
export interface Page {
  readonly entries: readonly Entry[]
  /** The value of the `last` key; undefined if it is missing. */
  readonly last: string | undefined
}

/** The entry that a subscription without a position starts from. */
export interface Anchor {
  readonly position: Position
  /** How many entries were ever appended, this one included; undefined if the server does not count them. */
  readonly added: number | undefined
}

/** The frame of a marker: an entry that carries no invalidation. */
export const emptyFrame = encodeFrame([])

/**
 * A frame as it is published: with its place in the log and the number of the log's database in front. The script of an
 * append builds the same text.
 */
export function publishedFrame({ position, prev, frame }: Entry, database: number): string {
  return `{"stream_id":"${position.streamId}","append_id":"${position.appendId}","prev":"${prev}","db":${database},${frame.slice(1)}`
}
