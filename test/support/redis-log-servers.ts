import { Redis } from 'ioredis'
import { logKeys } from '../../src/log/model/keys.js'
import { RedisLog, type RedisTarget } from '../../src/log/redis/redis-log.js'
import { until } from './latch.js'
import type { LogServer, LogServers } from './log-conformance.js'
import { type RedisServer, startRedisServer } from './redis-server.js'
import { serverIsAtLeast } from './server-version.js'

/** Servers before Redis 7 do not count what was ever appended. */
export const countsEntries = await serverIsAtLeast(7)

/** Who connects, and where to. */
export interface Access {
  readonly port: number
  readonly username?: string
  readonly password?: string
}

/**
 * Redis servers for the conformance suite: one process for all tests of a file.
 *
 * @param targetOf what a `RedisLog` is given
 */
export function redisLogServers(targetOf: (access: Access) => RedisTarget): LogServers {
  let process: RedisServer
  return {
    counts: countsEntries,
    async start() {
      process = await startRedisServer()
    },
    stop: () => process.stop(),
    async open(channel): Promise<LogServer> {
      const keys = logKeys(channel)
      const admin = new Redis(process.port, { maxRetriesPerRequest: null, retryStrategy: () => 20 })
      // A server that is away is no news to a test that took it away.
      admin.on('error', () => {})
      await admin.call(
        'acl',
        'setuser',
        'reader',
        'on',
        '>secret',
        '~*',
        '&*',
        '+@read',
        '+@pubsub',
        '+@connection',
        '+@transaction',
        '+time',
      )
      const log = new RedisLog(targetOf({ port: process.port }), { channel })
      const reader = { port: process.port, username: 'reader', password: 'secret' }
      return {
        log,
        readOnlyLog: new RedisLog(targetOf(reader), { channel }),
        evictLast: () => admin.del(keys.last),
        deleteEntries: (...streamIds) => admin.xdel(keys.stream, ...streamIds),
        trim: (length) => admin.xtrim(keys.stream, 'MAXLEN', length),
        flush: () => admin.flushall(),
        cut: (kind) => admin.call('client', 'kill', 'type', kind === 'feeds' ? 'pubsub' : 'normal'),
        goDown: () => process.kill(),
        async comeBack() {
          await process.restart()
          await until(() => admin.status === 'ready', 10_000, 'the server is back')
        },
        async release() {
          await admin.flushall()
          admin.disconnect()
        },
      }
    },
  }
}
