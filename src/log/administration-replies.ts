import type { LogKeys } from './keys.js'
import { readFields, readText, type StreamInfo } from './replies.js'

/** The fields of INFO, or settings, by name. */
export type Named = ReadonlyMap<string, string>

/** The keys of the log that Redis keeps. */
export const keyNames = ['stream', 'last', 'cursors', 'subscribers', 'dead'] as const satisfies (keyof LogKeys)[]

/** A key of the log, as it stands. */
export interface KeyState {
  readonly key: string
  /** As TYPE says; `none` where there is no such key. */
  readonly type: string
  /** What it must be. */
  readonly expected: string
}

/** An entry of the stream as it stands, ours or not. */
export interface RawEntry {
  readonly id: string
  /** Names and values, in turn. */
  readonly fields: readonly string[]
}

/** The log at one moment, read atomically. */
export interface LogSnapshot {
  /** What the `last` key holds. */
  readonly last: string | undefined
  /** Undefined where there is no stream. */
  readonly stream: StreamInfo | undefined
  /** The newest entries, oldest first. */
  readonly newest: readonly RawEntry[]
}

/** The server's clock beside ours. */
export interface ClockReading {
  readonly serverMs: number
  /** Our wall clock halfway between question and answer. */
  readonly localMs: number
  /** Half of it is how wrong a comparison of the two can be. */
  readonly roundTripMs: number
}

/** The reply of INFO: `name:value` by the line, in sections. */
export function readInfo(reply: unknown): Named {
  const lines = readText(reply).split(/\r?\n/)
  return new Map(
    lines
      .filter((line) => line.includes(':') && !line.startsWith('#'))
      .map((line) => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon), line.slice(colon + 1)]
      }),
  )
}

export function readRawEntry(reply: unknown): RawEntry {
  const { id, fields } = readFields(reply)
  return { id, fields: fields.map(readText) }
}
