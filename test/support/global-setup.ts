import { findRedisServer } from '../../scripts/redis-server.js'

/** Looks for the server once, before any worker starts; workers find it in their environment. */
export default async function setup(): Promise<void> {
  process.env.REDIS_SERVER = await findRedisServer()
}
