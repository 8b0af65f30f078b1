import type { InvalidationSubscriber, Subscription, SubscriptionOptions } from '../../../src/index.js'
import { audit } from './audit.js'
import { type Database, postCount, userCount } from './database.js'
import { popularId, type Random, seededRandom } from './random.js'
import { type Audit, emptyReport, type Order, type Report, type Service, type Tell } from './service.js'
import type { SharedCache } from './shared-cache.js'
import { SteadyLoad } from './steady-load.js'
import { tellError } from './tell-error.js'
import { TieredCache } from './tiered-cache.js'
import { whileProgressing } from './while-progressing.js'

const readsPerSecond = 1_500
/** Without any progress: as long as messages are handled, it waits. */
const stallMs = 30_000
/** A message that is tried again and again, beside others that are handled, must not keep the demo for ever. */
const settleTimeoutMs = 600_000

/** Evictions go on failing for as long as Redis is away. */
const retry = { minDelayMs: 50, maxDelayMs: 1_000 }

const rows = { user: userCount, post: postCount, feed: userCount }

export interface CachingServiceParts {
  readonly subscriber: InvalidationSubscriber
  readonly subscription: Pick<SubscriptionOptions, 'name' | 'cursor'>
  readonly database: Database
  readonly shared: SharedCache | undefined
  /** What it is asked for. */
  readonly serves: readonly (keyof typeof rows)[]
  readonly seed: number
  readonly tell: Tell
}

/** Serves reads out of its caches, and evicts what it is told to. */
export class CachingService implements Service {
  readonly #parts: CachingServiceParts
  readonly #cache: TieredCache
  readonly #subscription: Subscription
  readonly #random: Random
  readonly #load: SteadyLoad
  readonly #reporting: NodeJS.Timeout
  readonly #resyncs: Record<string, number> = {}
  #reads = 0
  #audit: Audit | undefined

  /** Resolves when the cache may be filled: from then on nothing that is published is missed. */
  static async start(parts: CachingServiceParts): Promise<CachingService> {
    const service = new CachingService(parts)
    await service.#caughtUp()
    return service
  }

  private constructor(parts: CachingServiceParts) {
    const { subscriber, database, shared, seed } = parts
    this.#parts = parts
    this.#cache = new TieredCache(shared, (key) => database.read(key))
    this.#random = seededRandom(seed)
    this.#load = new SteadyLoad(readsPerSecond, () => this.#read())
    this.#subscription = subscriber.subscribe((message, delivery) => this.#cache.evict(message, delivery), {
      ...parts.subscription,
      retry,
      concurrency: 16,
      commitIntervalMs: 100,
    })
    this.#listen()
    this.#reporting = setInterval(() => this.#report(), 100)
  }

  async carryOut(order: Order): Promise<void> {
    switch (order) {
      case 'work':
        this.#load.start()
        return
      case 'rest':
        await this.#load.stop()
        return
      case 'burst':
        return
      case 'settle':
        await this.#caughtUp()
        this.#report()
        return
      case 'audit':
        await this.#compare()
        return
      case 'close':
        clearInterval(this.#reporting)
        await this.#load.stop()
        await this.#parts.subscriber.close()
        this.#parts.shared?.close()
    }
  }

  #caughtUp(): Promise<void> {
    const subscription = this.#subscription
    const progress = (): number =>
      subscription.counts.live + subscription.counts.replayed - subscription.freshness().behind
    return whileProgressing(stallMs, progress, (signal) =>
      subscription.caughtUp({ timeoutMs: settleTimeoutMs, signal }),
    )
  }

  async #read(): Promise<void> {
    const { serves } = this.#parts
    const type = serves[Math.floor(this.#random() * serves.length)] ?? 'user'
    await this.#cache.get(`${type}:${popularId(rows[type], this.#random)}`)
    this.#reads += 1
  }

  async #compare(): Promise<void> {
    const redis = (await this.#parts.shared?.entries()) ?? []
    this.#audit = audit({ memory: this.#cache.memory, redis }, (key) => this.#parts.database.read(key))
    this.#report()
  }

  #listen(): void {
    const notice = (text: string): void => this.#parts.tell({ type: 'notice', text })
    this.#parts.subscriber.on('error', (error) => tellError(this.#parts.tell, error))
    this.#subscription.on('error', (error) => tellError(this.#parts.tell, error))
    this.#subscription.on('state', () => this.#report())
    this.#subscription.on('replay', ({ messages, durationMs }) => {
      if (messages > 0) notice(`replayed ${messages} invalidations in ${Math.ceil(durationMs)} ms`)
    })
    this.#subscription.on('resync', ({ reason }) => {
      this.#resyncs[reason] = (this.#resyncs[reason] ?? 0) + 1
      notice(`evicted everything (${reason})`)
    })
  }

  #report(): void {
    const { live, replayed, duplicates, deadLetters } = this.#subscription.counts
    const report: Report = {
      ...emptyReport,
      state: this.#subscription.state,
      live,
      replayed,
      duplicates,
      failures: deadLetters,
      resyncs: { ...this.#resyncs },
      reads: this.#reads,
      cached: this.#cache.memory.size,
      audit: this.#audit,
    }
    this.#parts.tell({ type: 'report', report })
  }
}
