import { buildCacheKey, type InvalidationMessage, matchesPattern } from '../../../src/index.js'
import type { SharedCache } from './shared-cache.js'

type Tier = Pick<SharedCache, 'get' | 'set' | 'delete' | 'deleteMatching'>

/** A value that is being loaded. Once void, its result is not kept: it may have been read before a change. */
interface Load {
  readonly key: string
  readonly done: Promise<unknown>
  isVoid: boolean
}

/** Memory in front of Redis in front of the database: read in that order, and filled on the way back. */
export class TieredCache {
  readonly memory = new Map<string, string>()
  readonly #shared: Tier | undefined
  readonly #readDatabase: (key: string) => string
  readonly #loads = new Set<Load>()

  constructor(shared: Tier | undefined, readDatabase: (key: string) => string) {
    this.#shared = shared
    this.#readDatabase = readDatabase
  }

  async get(key: string): Promise<string> {
    return this.memory.get(key) ?? (await this.#load(key))
  }

  /** Evicts what an invalidation names. Rejects while Redis can't be reached: then it must be done again. */
  async evict(message: InvalidationMessage): Promise<void> {
    switch (message.action) {
      case 'update':
      case 'delete':
        return this.#evictKeys([buildCacheKey(message.entityType, message.entityId)])
      case 'batch':
        return this.#evictKeys(message.cacheKeys)
      case 'pattern':
        return this.#evictMatching(message.pattern)
      case 'tag':
        return // no entry of it carries tags
    }
  }

  #evictKeys(keys: readonly string[]): Promise<void> {
    return this.#fenced(
      (key) => keys.includes(key),
      async () => this.#shared?.delete(keys),
      () => {
        for (const key of keys) this.memory.delete(key)
      },
    )
  }

  #evictMatching(pattern: string): Promise<void> {
    return this.#fenced(
      (key) => matchesPattern(pattern, key),
      async () => this.#shared?.deleteMatching(pattern),
      () => {
        for (const key of this.memory.keys()) if (matchesPattern(pattern, key)) this.memory.delete(key)
      },
    )
  }

  /**
   * Redis first, then memory: the other way round memory could be filled again from Redis in between. Loads that run
   * may have read the database before the change, and may yet write that to Redis: so they are waited for, and what
   * they wrote is deleted with the rest. Loads that begin meanwhile read the database after the change, or the old
   * value from Redis: the second voiding keeps that out of memory.
   */
  async #fenced(concerns: (key: string) => boolean, evictShared: () => Promise<void>, evictMemory: () => void) {
    await Promise.all(this.#voidLoads(concerns).map((load) => load.done))
    await evictShared()
    this.#voidLoads(concerns)
    evictMemory()
  }

  #voidLoads(concerns: (key: string) => boolean): readonly Load[] {
    const concerned = [...this.#loads].filter((load) => concerns(load.key))
    for (const load of concerned) load.isVoid = true
    return concerned
  }

  async #load(key: string): Promise<string> {
    const { promise: done, resolve } = Promise.withResolvers<unknown>()
    const load: Load = { key, done, isVoid: false }
    this.#loads.add(load)
    try {
      const value = await this.#loadShared(key)
      if (!load.isVoid) this.memory.set(key, value)
      return value
    } finally {
      this.#loads.delete(load)
      resolve(undefined)
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
