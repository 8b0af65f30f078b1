import type { Runtime } from '../../runtime.js'
import { disconnect } from '../disconnect.js'
import type { RedisLike } from '../redis-like.js'

/**
 * Asks over a connection of its own, which is closed afterwards. Rejects with what ioredis rejects with, or when the
 * limit has passed.
 */
export async function askOnce<T>(
  client: RedisLike,
  question: (client: RedisLike) => Promise<T>,
  limitMs: number,
  runtime: Runtime,
): Promise<T> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>()
  const timer = runtime.after(limitMs, () => {
    reject(new Error(`no answer within ${limitMs} ms`))
  })
  // `connect()` rejects with little more than that it was closed.
  let failure: Error | undefined
  client.on('error', (error: Error) => {
    failure ??= error
  })
  try {
    return await Promise.race([client.connect().then(() => question(client)), tooLate])
  } catch (error) {
    throw failure ?? error
  } finally {
    timer.cancel()
    disconnect(client)
  }
}
