import {
  type CacheEntity,
  type CacheOptions,
  CoherentCache,
  type EntityOptions,
  type LoadContext,
  type Loaded,
} from '../../../src/cache.js'
import { InvalidationPublisher } from '../../../src/index.js'
import { MemoryLog } from '../../../src/testing.js'
import { silentLogger } from '../../support/silent-logger.js'
import { VirtualRuntime } from '../../support/virtual-runtime.js'

/** A value of the entity under test. */
export interface Item {
  readonly id: string
  readonly version: number
  readonly parts?: { count: number }
}

/** A load that waits for the test to end it. */
export interface HeldLoad {
  readonly id: string
  readonly context: LoadContext
  resolve(value: Loaded<Item>): void
  reject(error: unknown): void
}

/** A cache and a publisher on a log in memory, in virtual time, with a loader that the test holds. */
export class CacheBench {
  readonly runtime = new VirtualRuntime()
  readonly log = new MemoryLog({ runtime: this.runtime })
  /** Loads that have begun, and wait. */
  readonly held: HeldLoad[] = []
  readonly errors: Error[] = []
  cache!: CoherentCache
  publisher!: InvalidationPublisher
  items!: CacheEntity<Item>

  static async start(
    options: Partial<CacheOptions> = {},
    entity: Partial<EntityOptions<Item>> = {},
  ): Promise<CacheBench> {
    const bench = new CacheBench()
    const { runtime, log } = bench
    bench.cache = await bench.until(
      CoherentCache.connect(log, { service: 'reader', runtime, logger: silentLogger, ttlJitterPercent: 0, ...options }),
    )
    bench.cache.on('error', (error) => bench.errors.push(error))
    bench.publisher = await bench.until(InvalidationPublisher.connect(log, 'writer', { runtime, logger: silentLogger }))
    bench.items = bench.cache.entity<Item>('item', {
      load: (id, context) => new Promise((resolve, reject) => bench.held.push({ id, context, resolve, reject })),
      ...entity,
    })
    await bench.until(bench.cache.caughtUp())
    return bench
  }

  /** Ends the oldest load that waits. */
  async bring(value: Loaded<Item>): Promise<void> {
    this.#next().resolve(value)
    await this.runtime.settle()
  }

  async fail(message: string): Promise<void> {
    this.#next().reject(new Error(message))
    await this.runtime.settle()
  }

  /** Loads a value into the cache. */
  async fill(id: string, version = 1): Promise<void> {
    const got = this.items.get(id)
    await this.runtime.settle()
    await this.bring({ id, version })
    await got
  }

  /** Publishes, and waits until the cache has handled it. */
  async handled(publish: (publisher: InvalidationPublisher) => Promise<unknown>): Promise<void> {
    await this.until(publish(this.publisher))
    await this.runtime.settle()
  }

  until<T>(promise: Promise<T>): Promise<T> {
    return this.runtime.runUntil(promise, 60_000)
  }

  async close(): Promise<void> {
    await this.until(Promise.all([this.cache.close(), this.publisher.close()]))
  }

  #next(): HeldLoad {
    const load = this.held.shift()
    if (load) return load
    throw new Error('No load waits')
  }
}
