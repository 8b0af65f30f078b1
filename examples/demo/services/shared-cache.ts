import { Redis } from 'ioredis'
import { evict, type InvalidationHandler } from '../../../src/index.js'

/** Values that a killed run left behind vanish after this. */
const expirySeconds = 3_600

/** A service's cache in Redis, under keys with a prefix of its own. It outlives the process of the service. */
export class SharedCache {
  readonly #redis: Redis
  readonly #prefix: string
  /** Evicts what a message names. Rejects while Redis is away. */
  readonly evict: InvalidationHandler

  /** @param prefix without glob specials */
  constructor(url: string, prefix: string) {
    // Commands fail at once while Redis is away, and none is sent twice: a SET that comes late could undo an eviction.
    const strict = { enableOfflineQueue: false, autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 }
    this.#redis = new Redis(url, { ...strict, retryStrategy: () => 100 })
    // Each command that fails says so itself.
    this.#redis.on('error', () => undefined)
    this.#prefix = prefix
    this.evict = evict(this.#redis, { prefix })
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.#redis.get(this.#prefix + key)) ?? undefined
  }

  async set(key: string, value: string): Promise<void> {
    await this.#redis.set(this.#prefix + key, value, 'EX', expirySeconds)
  }

  /** Every value there is, with its key. */
  async entries(): Promise<(readonly [string, string])[]> {
    const entries: (readonly [string, string])[] = []
    for await (const keys of this.#scan()) {
      if (keys.length === 0) continue
      const values = await this.#redis.mget(...keys.map((key) => this.#prefix + key))
      keys.forEach((key, index) => {
        const value = values[index]
        if (typeof value === 'string') entries.push([key, value])
      })
    }
    return entries
  }

  close(): void {
    this.#redis.disconnect()
  }

  async *#scan(): AsyncGenerator<string[]> {
    let cursor = '0'
    do {
      const [next, found] = await this.#redis.scan(cursor, 'MATCH', `${this.#prefix}*`, 'COUNT', 1_000)
      cursor = next
      yield found.map((key) => key.slice(this.#prefix.length))
    } while (cursor !== '0')
  }
}
