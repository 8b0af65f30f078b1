import {
  ConfigurationError,
  InvalidMessageError,
  PublishTimeoutError,
  RedisError,
  UnsupportedServerError,
} from '../support/errors.js'

/** What the process ends with. */
export const exitCodes = {
  ok: 0,
  /** The command met a failure, or found what it was to look for. */
  failure: 1,
  /** An option, an argument or the environment can't be what it is. */
  usage: 2,
  /** Redis can't be reached, or refuses. */
  redis: 3,
  /** Ctrl-C, SIGTERM, or the reader of the output has gone. */
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** What was asked for can't be: an option or argument that is wrong in itself. */
export class UsageError extends Error {}

/** The exit code of a command that failed with this. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError || error instanceof ConfigurationError || error instanceof InvalidMessageError) {
    return exitCodes.usage
  }
  const isRedis = error instanceof RedisError || error instanceof UnsupportedServerError
  return isRedis || error instanceof PublishTimeoutError ? exitCodes.redis : exitCodes.failure
}
