export { freePort, RedisServer, startRedisServer, type RedisServerOptions } from '../../scripts/redis-server-process.js'
