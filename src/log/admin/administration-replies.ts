import { isLinkLost, RedisError, UnsupportedServerError } from '../../support/errors.js'
import type { LogKeys } from '../model/keys.js'
import { replyCode } from '../redis/errors.js'
import { readFields, readText, type StreamInfo } from '../redis/replies.js'

/** The server's answer to a question, or the reason why it gave none. */
export type Fact<T> = Known<T> | Unknown

/** An answer. */
export interface Known<T> {
  readonly value: T
  readonly reason?: undefined
}

/** No answer: the server refused, or does not know. */
export interface Unknown {
  readonly value?: undefined
  readonly reason: string
  /** What the refusal begins with, such as `NOPERM`; undefined where there was none. */
  readonly code?: string
}

/** Keeps a refusal as the reason; rejects only where the link fails, which says nothing of what was asked. */
export async function factOf<T>(answer: Promise<T>): Promise<Fact<T>> {
  try {
    return { value: await answer }
  } catch (error) {
    if (error instanceof UnsupportedServerError) return { reason: error.message }
    if (error instanceof RedisError && !isLinkLost(error)) return refusal(error)
    throw error
  }
}

/** A refusal as the reason why there is no answer. */
export function refusal(error: RedisError): Unknown {
  const code = replyCode(error)
  return { reason: error.message, ...(code !== undefined && { code }) }
}

/** The keys of the log that Redis keeps. */
export const keyNames = [
  'stream',
  'last',
  'cursors',
  'subscribers',
  'publishers',
  'dead',
] as const satisfies (keyof LogKeys)[]

/** The state of one key of the log. */
export interface KeyState {
  readonly key: string
  /** As TYPE says; `none` where there is no such key. */
  readonly type: string
  /** What it must be. */
  readonly expected: string
}

/** An entry of the stream, whoever appended it. */
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

export function readRawEntry(reply: unknown): RawEntry {
  const { id, fields } = readFields(reply)
  return { id, fields: fields.map(readText) }
}
