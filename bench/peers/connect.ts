import { Redis } from 'ioredis'

/** A client with the defaults of ioredis, connected. */
export async function connect(url: string, options: { readonly enableAutoPipelining?: boolean } = {}): Promise<Redis> {
  const redis = new Redis(url, { ...options, lazyConnect: true })
  await redis.connect()
  return redis
}
