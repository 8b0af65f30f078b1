import { Redis } from 'ioredis'

/** A client with the defaults of ioredis, connected. */
export async function connect(url: string): Promise<Redis> {
  const redis = new Redis(url, { lazyConnect: true })
  await redis.connect()
  return redis
}
