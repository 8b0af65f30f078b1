import { type Delivery, evict, type InvalidationHandler, type InvalidationMessage } from '../../../src/index.js'
import { Loads } from './loads.js'
import type { SharedCache } from './shared-cache.js'

type Tier = Pick<SharedCache, 'get' | 'set' | 'evict'>

/** Memory in front of Redis in front of the database: read in that order, and filled on the way back. */
export class TieredCache {
  readonly memory = new Map<string, string>()
  readonly #shared: Tier | undefined
  readonly #readDatabase: (key: string) => string
  readonly #loads = new Loads()
  readonly #evictMemory: InvalidationHandler = evict(this.memory)
  readonly #voidLoads: InvalidationHandler = evict(this.#loads)

  constructor(shared: Tier | undefined, readDatabase: (key: string) => string) {
    this.#shared = shared
    this.#readDatabase = readDatabase
  }

  async get(key: string): Promise<string> {
    return this.memory.get(key) ?? (await this.#load(key))
  }

  /**
   * Evicts what an invalidation names. Rejects while Redis can't be reached: then it must be done again.
   *
   * Redis first, then memory: the other way round memory could be filled again from Redis in between. Loads that run
   * may have read the database before the change, and may yet write that to Redis: so they are waited for, and what
   * they wrote is deleted with the rest. Loads that begin meanwhile read the database after the change, or the old
   * value from Redis: the second voiding keeps that out of memory.
   */
  async evict(message: InvalidationMessage, delivery: Delivery): Promise<void> {
    await this.#voidLoads(message, delivery)
    await this.#loads.voidOnesAreDone()
    await this.#shared?.evict(message, delivery)
    await this.#voidLoads(message, delivery)
    await this.#evictMemory(message, delivery)
  }

  async #load(key: string): Promise<string> {
    const load = this.#loads.begin(key)
    try {
      const value = await this.#loadShared(key)
      if (!load.isVoid) this.memory.set(key, value)
      return value
    } finally {
      this.#loads.end(load)
    }
  }

  async #loadShared(key: string): Promise<string> {
    // While Redis is away the database answers alone.
    const held = await this.#shared?.get(key).catch(() => undefined)
    if (held !== undefined) return held
    const value = this.#readDatabase(key)
    await this.#shared?.set(key, value).catch(() => undefined)
    return value
  }
}
