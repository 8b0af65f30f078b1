import { RedisError, UnsupportedServerError } from '../errors.js'
import { replyCode } from './redis-errors.js'

/** What the server was asked: its answer, or the reason why there is none. */
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
    if (error instanceof RedisError && error.kind !== 'disconnected' && error.kind !== 'timeout') {
      return refusal(error)
    }
    throw error
  }
}

/** A refusal as the reason why there is no answer. */
export function refusal(error: RedisError): Unknown {
  const code = replyCode(error)
  return { reason: error.message, ...(code !== undefined && { code }) }
}
