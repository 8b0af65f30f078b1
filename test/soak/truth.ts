import type { Invalidation } from '../../src/index.js'
import { Cache } from './cache.js'
import { allKeys } from './keys.js'

/** The source of truth: each key's value counts its changes. Caches that outlive the processes are kept beside it. */
export class Truth {
  readonly #values: Record<string, number> = Object.fromEntries(allKeys.map((key) => [key, 0]))
  readonly #caches = new Map<string, Cache>()

  get values(): Readonly<Record<string, number>> {
    return this.#values
  }

  /** What the caches beside it hold. */
  get caches(): ReadonlyMap<string, Readonly<Record<string, number>>> {
    return new Map([...this.#caches].map(([name, cache]) => [name, cache.values]))
  }

  commit(keys: readonly string[]): void {
    for (const key of keys) this.#values[key] = (this.#values[key] ?? 0) + 1
  }

  read(keys: readonly string[]): Readonly<Record<string, number>> {
    return Object.fromEntries(keys.map((key) => [key, this.#values[key] ?? 0]))
  }

  openCache(subscription: string): void {
    if (!this.#caches.has(subscription)) this.#caches.set(subscription, new Cache())
  }

  evict(subscription: string, invalidation: Invalidation): void {
    this.#caches.get(subscription)?.evict(invalidation)
  }

  /** Loads what the caches beside it lack. */
  fillCaches(): void {
    for (const cache of this.#caches.values()) {
      const missing = cache.beginLoad()
      if (missing) cache.endLoad(missing.load, this.read(missing.keys))
    }
  }
}
