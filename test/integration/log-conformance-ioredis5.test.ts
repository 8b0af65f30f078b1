import { Redis } from 'ioredis5'
import { describeLogConformance } from '../support/log-conformance.js'
import { redisLogServers } from '../support/redis-log-servers.js'

describeLogConformance(
  'RedisLog from a lent client (ioredis 5)',
  redisLogServers((access) => new Redis({ ...access, lazyConnect: true })),
)
