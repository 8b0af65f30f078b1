import { describeValue } from '../support/describe-value.js'
import { ConfigurationError, type InvalidationError } from '../support/errors.js'
import type { ConnectionListener, InvalidationLog, LogConnection } from './log.js'
import { RedisLog, type RedisLogOptions, type RedisTarget } from './redis/redis-log.js'

/**
 * Where the log is: a URL (text or `URL`), an ioredis client (borrowed: its configuration is copied, and connections of
 * our own are made with it), ioredis options, or an `InvalidationLog`, such as a `MemoryLog`.
 */
export type RedisSource = RedisTarget | InvalidationLog

/**
 * Opens the log that a user named, or returns the one given.
 *
 * @throws ConfigurationError if it can't be used, or if it is a log of another channel than `options.channel`
 */
export function openLog(redis: RedisSource, options: RedisLogOptions): InvalidationLog {
  if (!isLog(redis)) return new RedisLog(redis, options)
  if (options.channel !== undefined && options.channel !== redis.channel) {
    throw new ConfigurationError(
      `Expected \`channel\` to be that of the given log, ${describeValue(redis.channel)}, got ${describeValue(options.channel)}: leave it out, or make the log with it`,
    )
  }
  if (options.credentials !== undefined) {
    throw new ConfigurationError(
      'Expected no `credentials` beside a log: it makes its own connections. Leave them out, or give the log its own',
    )
  }
  return redis
}

function isLog(redis: unknown): redis is InvalidationLog {
  return typeof redis === 'object' && redis !== null && 'openCommands' in redis
}

/** Opens a connection. If the first attempt to connect fails, closes it and rejects with the reason. */
export async function openOnce<Opened extends LogConnection>(
  open: (listener: ConnectionListener) => Opened,
): Promise<Opened> {
  let failure: InvalidationError | undefined
  const connection = open({
    onUp: () => {},
    onDown: () => {},
    onError: (error) => {
      failure ??= error
    },
  })
  try {
    await connection.opened()
    if (!connection.up && failure) throw failure
    return connection
  } catch (error) {
    await connection.close()
    throw error
  }
}
