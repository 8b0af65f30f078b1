import { Redis } from 'ioredis'
import { describeLogConformance } from '../support/log-conformance.js'
import { redisLogServers } from '../support/redis-log-servers.js'

describeLogConformance(
  'RedisLog from a URL (ioredis 6, RESP3)',
  redisLogServers(({ port, username, password }) =>
    username === undefined ? `redis://127.0.0.1:${port}` : `redis://${username}:${password}@127.0.0.1:${port}`,
  ),
)

describeLogConformance(
  'RedisLog from a lent client (ioredis 6, RESP2)',
  redisLogServers((access) => new Redis({ ...access, lazyConnect: true, protocol: 2 })),
)
