import { type CacheEntity, CoherentCache, type EntityOptions } from '../../src/cache.js'
import type { CacheOptions } from '../../src/cache/options.js'
import { TracedFleet } from './traced-fleet.js'

/** Texts by id, and when they are loaded. */
export type TextOptions = EntityOptions<string>

/** A fleet in virtual time with caches. */
export class CachedFleet extends TracedFleet {
  /** A cache that serves from memory. */
  async cache(options: Partial<CacheOptions> = {}): Promise<CoherentCache> {
    const { runtime } = this
    const connecting = CoherentCache.connect(this.log, { service: 'web', runtime, ttlJitterPercent: 0, ...options })
    const cache = await this.done(connecting)
    cache.on('error', () => undefined)
    await this.done(cache.caughtUp())
    return cache
  }

  /** A loader that takes so long, in ms. */
  slow(ms: number, load: (id: string) => string = (id) => `value ${id}`): NonNullable<TextOptions['load']> {
    return async (id) => {
      await new Promise<undefined>((resolve) => void this.runtime.after(ms, () => resolve(undefined)))
      return load(id)
    }
  }

  /** Reads ids one after another. */
  async read(entity: CacheEntity<string>, ...ids: string[]): Promise<void> {
    for (const id of ids) await this.done(entity.get(id))
  }
}
