import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type CacheEntity, type CacheStats, CoherentCache } from '../../src/cache.js'
import type { InvalidationMessage } from '../../src/index.js'
import type { MemoryLink } from '../../src/log/memory/memory-link.js'
import { delay, type Runtime } from '../../src/support/runtime.js'
import { silentLogger } from '../support/silent-logger.js'
import type { Schedule } from './schedule.js'
import { type Contradiction, Obligations, type Truth, type Version } from './truth.js'

export const heartbeatMs = 100
const maxStalenessMs = 400

export interface ProcessContext {
  readonly truth: Truth
  readonly schedule: Schedule
  readonly nextRuntime: () => Runtime
  /** What a message contradicts; undefined for one that the world did not publish. */
  readonly contradictionOf: (message: InvalidationMessage) => Contradiction | undefined
  /** What was acknowledged longer ago than a cache may be stale. */
  readonly acknowledgedBy: (moment: number) => Obligations
}

interface Running {
  readonly cache: CoherentCache
  readonly items: CacheEntity<Version>
  readonly runtime: Runtime
  /** What this cache has handled. */
  readonly handled: Obligations
}

/** A process that reads through a cache, and checks each value it gets. */
export class CachedProcess {
  readonly link: MemoryLink
  readonly #context: ProcessContext
  #running: Running | undefined
  #failUntil = -Infinity
  #ending: (() => void) | undefined

  constructor(link: MemoryLink, context: ProcessContext) {
    this.link = link
    this.#context = context
  }

  async start(): Promise<void> {
    const { truth, schedule, nextRuntime, contradictionOf } = this.#context
    const { maxEntries, ttlMs, stale, whenUnverified } = schedule
    const runtime = nextRuntime()
    const cache = await CoherentCache.connect(this.link, {
      service: 'reader',
      runtime,
      logger: silentLogger,
      heartbeatMs,
      maxStalenessMs,
      closeTimeoutMs: 1_000,
      memory: { maxEntries },
      ttlMs,
      negativeTtlMs: ttlMs,
      errorPauseMs: 20,
      loadTimeoutMs: 500,
      whenUnverified,
      ...stale,
    })
    cache.on('error', () => {})
    const items = cache.entity<Version>('item', {
      load: (id) => this.#load(`item:${id}`, runtime),
      loadMany: async (ids) => {
        const values = await Promise.all(ids.map((id) => this.#load(`item:${id}`, runtime)))
        return new Map(ids.map((id, index) => [id, values[index]]))
      },
      tags: (version) => truth.tagsOf(version),
    })
    const handled = new Obligations(truth)
    const onHandled = (event: unknown): void => {
      const { cache: owner, message } = event as { cache: object; message: InvalidationMessage }
      const contradiction = owner === cache ? contradictionOf(message) : undefined
      if (contradiction) handled.add(contradiction)
    }
    subscribe('cache-invalidation:cache:handled', onHandled)
    this.#ending = () => unsubscribe('cache-invalidation:cache:handled', onHandled)
    this.#running = { cache, items, runtime, handled }
  }

  async stop(): Promise<void> {
    this.#ending?.()
    const running = this.#running
    this.#running = undefined
    await running?.cache.close()
  }

  get stats(): CacheStats | undefined {
    return this.#running?.cache.stats()
  }

  /** Loads fail until then. */
  failUntil(moment: number): void {
    this.#failUntil = Math.max(this.#failUntil, moment)
  }

  async caughtUp(timeoutMs: number): Promise<void> {
    await this.#running?.cache.caughtUp({ timeoutMs })
  }

  async read(key: string): Promise<void> {
    const begun = this.#begin()
    if (!begun) return
    const version = await begun.items.get(idOf(key)).catch(onlyFailedLoads)
    if (version !== failed) begun.check(key, version, 'get')
  }

  async readMany(keys: readonly string[]): Promise<void> {
    const begun = this.#begin()
    if (!begun) return
    const versions = await begun.items.getMany(keys.map(idOf)).catch(onlyFailedLoads)
    if (versions === failed) return
    for (const key of keys) begun.check(key, versions.get(idOf(key)), 'getMany')
  }

  peek(key: string): void {
    const begun = this.#begin()
    const version = begun?.items.peek(idOf(key))
    // Without a value, it may as well not be in memory.
    if (version) begun?.check(key, version, 'peek')
  }

  /** Writes through the cache: a read that begins after it resolves sees it. */
  async update(key: string): Promise<void> {
    const begun = this.#begin()
    if (!begun) return
    const { truth } = this.#context
    await begun.items
      .update(idOf(key), () => {
        truth.commit(key)
        begun.handled.add(truth.contradiction((each) => each === key))
      })
      .catch(() => {})
  }

  /** The application stores what it reads at this moment: nothing older may replace that. */
  set(key: string): void {
    const { truth } = this.#context
    this.#running?.items.set(idOf(key), truth.read(key))
    this.#running?.handled.add(truth.contradiction((each) => each === key))
  }

  drop(key: string): void {
    this.#running?.items.delete(idOf(key))
  }

  /** All is at rest: each read must return the newest version. */
  async checkAtRest(): Promise<void> {
    const { truth } = this.#context
    for (const key of truth.keys) {
      const version = await this.#running?.items.get(idOf(key))
      const newest = truth.read(key)
      if (version?.number !== newest?.number)
        throw new Error(`At rest ${key} is ${JSON.stringify(version)}, and the truth is ${JSON.stringify(newest)}`)
    }
  }

  #begin(): ({ check(key: string, version: Version | undefined, by: string): void } & Running) | undefined {
    const running = this.#running
    if (!running) return undefined
    const { acknowledgedBy, schedule } = this.#context
    const handled = running.handled.copy()
    const acknowledged =
      schedule.whenUnverified === 'load' ? acknowledgedBy(running.runtime.monotonic() - maxStalenessMs) : undefined
    return {
      ...running,
      check: (key, version, by) => {
        // A process that was stopped meanwhile serves nothing.
        if (this.#running !== running) return
        const stale = handled.refuse(key, version)
        if (stale) throw new Error(`C1: ${by} of ${key} returned ${stale}, which this process had handled`)
        const old = acknowledged?.refuse(key, version)
        if (old) throw new Error(`C2: ${by} of ${key} returned ${old}, which was acknowledged long ago`)
      },
    }
  }

  /** Reads the truth at some moment of the load. */
  async #load(key: string, runtime: Runtime): Promise<Version | undefined> {
    const { loadMs } = this.#context.schedule
    const before = Math.floor(runtime.random() * loadMs)
    await delay(runtime, runtime.random() < 0.5 ? 0 : before)
    const version = this.#context.truth.read(key)
    if (runtime.monotonic() < this.#failUntil || runtime.random() < 0.05) throw new Error('the loader fails')
    await delay(runtime, Math.floor(runtime.random() * (loadMs - before)))
    return version
  }
}

const failed = Symbol('the load failed')

/** Loads fail on purpose, take too long, or end with their process. */
function onlyFailedLoads(error: unknown): typeof failed {
  if (error instanceof Error && /the loader fails|took longer|was closed/.test(error.message)) return failed
  throw error
}

function idOf(key: string): string {
  return key.slice('item:'.length)
}
