import { ConfigurationError } from './errors.js'
import type { InvalidationLog } from './log/log.js'
import { RedisLog } from './log/redis-log.js'
import type { RedisLogOptions, RedisTarget } from './log/redis-log.js'
import { describeValue } from './message/describe-value.js'

/**
 * Where the log is: a URL (text or `URL`), an ioredis client (lent: connections of our own are made with its configuration), ioredis
 * options, or a log that is ready made, such as a `MemoryLog`.
 */
export type RedisSource = RedisTarget | InvalidationLog

/**
 * The log behind what a user named.
 *
 * @throws ConfigurationError when it can't be used, or when it is a log of another channel than `options.channel`
 */
export function openLog(redis: RedisSource, options: RedisLogOptions): InvalidationLog {
  if (!isLog(redis)) return new RedisLog(redis, options)
  if (options.channel !== undefined && options.channel !== redis.channel) {
    throw new ConfigurationError(
      `Expected \`channel\` to be that of the given log, ${describeValue(redis.channel)}, got ${describeValue(options.channel)}: leave it out, or make the log with it`,
    )
  }
  return redis
}

function isLog(redis: unknown): redis is InvalidationLog {
  return typeof redis === 'object' && redis !== null && 'openCommands' in redis
}
