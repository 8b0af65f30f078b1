export { freePort } from '../../scripts/free-port.js'
export { RedisServer, startRedisServer, type RedisServerOptions } from '../../scripts/redis-server-process.js'
