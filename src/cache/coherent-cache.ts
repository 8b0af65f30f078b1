import {
  ClosedError,
  ConfigurationError,
  type ErrorEvents,
  type InvalidationPublisher,
  type Receipt,
  type RedisSource,
  type Subscription,
  type SubscriptionHealth,
  type TagOptions,
  type WaitOptions,
  WaitTimeoutError,
} from '../index.js'
import { describeValue } from '../support/describe-value.js'
import { TypedEmitter } from '../support/events.js'
import { MadeByConnect, optionsOf } from '../support/made-by-connect.js'
import { resolveOptions } from '../support/option-rules.js'
import type { Runtime } from '../support/runtime.js'
import { OpenTelemetryCache } from '../telemetry/cache-telemetry.js'
import { loadedOpenTelemetry } from '../telemetry/open-telemetry.js'
import type { CacheGauges } from '../telemetry/telemetry.js'
import { CacheClock } from './clock.js'
import { borrowConnections, type CacheLinks, type Connections, openConnections } from './connections.js'
import { CacheCounters, type CacheStats } from './counters.js'
import { reportHandled } from './diagnostics.js'
import { CacheEntity, checkEntity, type EntityHost, type EntityOptions, type Loaded } from './entity.js'
import { deepFreeze } from './freeze.js'
import type { LoadContext } from './load-context.js'
import { loadedPlan, type SingleLoader } from './loaded-plan.js'
import { EntryIndex } from './memory/entry.js'
import { MemoryTier } from './memory/memory-tier.js'
import {
  attachRules,
  type CacheAttachOptions,
  type CacheOptions,
  cacheRules,
  type LoadOptions,
  type ResolvedCacheOptions,
  type WrapOptions,
} from './options.js'
import { entityRules, loadRules, policyOf, wrapRules } from './policy.js'
import { Reader } from './reader.js'
import { Reports } from './reports.js'
import { Trust } from './trust.js'

/** How a cache is. */
export interface CacheHealth extends SubscriptionHealth {
  /** Whether reads are served from memory; else they go to the loader. */
  readonly serving: boolean
}

interface Made {
  readonly options: ResolvedCacheOptions
  readonly connections: Connections
}

/** How often the clock of a cache is compared with the monotonic clock, in ms. */
const beatMs = 1_000
/** How many keys and patterns are compared in one slice of a sweep: it takes below a millisecond. */
const checksPerSlice = 500
const aDayMs = 24 * 3_600_000

/**
 * A cache in memory that serves nothing stale: what any service invalidates is evicted here, and a load that began before
 * an invalidation is not stored after it.
 *
 * ```ts
 * const cache = await CoherentCache.connect('redis://localhost:6379', { service: 'web' })
 * const users = cache.entity('user', { load: (id) => db.user(id) })
 * const user = await users.get('1')
 * await users.update('1', () => db.rename('1', 'Ada'))
 * ```
 */
export class CoherentCache extends TypedEmitter<ErrorEvents> {
  readonly name: string
  readonly #options: ResolvedCacheOptions
  readonly #connections: Connections
  readonly #subscription: Subscription
  readonly #clock: CacheClock
  readonly #trust: Trust
  readonly #memory: MemoryTier
  readonly #reader: Reader
  readonly #counters = new CacheCounters()
  /** What `getOrLoad` stored. */
  readonly #entries = new EntryIndex()
  readonly #entities = new Map<string, object>()
  readonly #host: Omit<EntityHost, 'policy'>
  #sweeping = false
  #closing: Promise<void> | undefined

  /**
   * Opens a publisher and a subscriber for this cache. Resolves even while Redis is down: reads then go to the loader.
   *
   * @param redis URL, ioredis client (its configuration is copied, the client itself stays untouched), ioredis options,
   *   or an `InvalidationLog`
   * @throws ConfigurationError for bad options; RedisError (kind `refused`) for refused credentials;
   *   UnsupportedServerError for a server that lacks what is needed
   */
  static async connect(redis: RedisSource, options: CacheOptions): Promise<CoherentCache> {
    const resolved = resolveOptions(cacheRules, options, 'CoherentCache.connect')
    const connections = await openConnections(redis, resolved)
    return new CoherentCache(new MadeByConnect({ options: resolved, connections }))
  }

  /**
   * A cache on connections that you have. Several caches can share them; closing the cache leaves them open.
   *
   * @throws ConfigurationError for bad options
   */
  static attach(links: CacheLinks, options: CacheAttachOptions = {}): CoherentCache {
    const resolved = resolveOptions(attachRules, options, 'CoherentCache.attach')
    return new CoherentCache(new MadeByConnect({ options: resolved, connections: borrowConnections(links) }))
  }

  /** @throws ConfigurationError unless {@link connect} or {@link attach} calls it */
  private constructor(made: MadeByConnect<Made>) {
    const { options, connections } = optionsOf(made, "CoherentCache.connect(redis, { service: 'my-service' })")
    super(options.logger)
    const { runtime, name, memory, maxStalenessMs, whenUnverified, freeze } = options
    this.name = name
    this.#options = options
    this.#connections = connections
    this.#clock = new CacheClock(runtime, beatMs)
    this.#memory = new MemoryTier(memory, {
      onSweep: () => void this.#sweep(runtime),
      onEvicted: (reason) => (this.#counters.evictions[reason] += 1),
      onDisplaced: () => (this.#counters.displaced += 1),
    })
    this.#subscription = connections.subscriber.subscribe(
      (message, delivery) => {
        this.#counters.invalidations += 1
        this.#memory.handle(message)
        reportHandled(this, message, delivery)
      },
      { name },
    )
    this.#trust = new Trust(
      { verifiedMsAgo: () => this.#verifiedMsAgo() },
      this.#clock,
      whenUnverified === 'serve' ? Infinity : maxStalenessMs,
    )
    this.#reader = new Reader({
      runtime,
      clock: this.#clock,
      memory: this.#memory,
      trust: this.#trust,
      counters: this.#counters,
      reports: this.#createReports(),
      protect: freeze ? deepFreeze : () => {},
      onError: (error) => this.emit('error', error),
    })
    this.#host = this.#createHost()
    if (connections.own) this.#forwardErrors()
    void this.#attachWhenCaughtUp()
  }

  /**
   * The values of one entity type, under the cache keys `<type>:<id>`: what a service publishes for this type evicts them.
   *
   * @throws ConfigurationError for bad options, without a loader, or if this cache has the entity already;
   *   InvalidMessageError for a type that can't be published, such as `User` for `user`
   */
  entity<Value>(type: string, options: EntityOptions<Value>): CacheEntity<Value> {
    const owner = `the entity \`${type}\``
    const policy = policyOf(entityRules, options, this.#options, owner)
    if (!options.load && !options.loadMany)
      throw new ConfigurationError(`Expected ${owner} to have \`load\` or \`loadMany\`, got neither`)
    checkEntity(type, 'id')
    if (this.#entities.has(type))
      throw new ConfigurationError(
        `Expected one entity \`${type}\` in a cache, and there is one already: keep the first`,
      )
    const entity = new CacheEntity(type, { ...this.#host, policy }, options)
    this.#entities.set(type, entity)
    return entity
  }

  /**
   * The value of a cache key, from memory or loaded; undefined if missing. All calls for a key must load the same.
   * Rejects with what the loader threw, with `LoadTimeoutError`, `ConfigurationError` or `ClosedError`.
   */
  getOrLoad<Value>(
    key: string,
    load: (context: LoadContext) => Loaded<Value> | Promise<Loaded<Value>>,
    options: LoadOptions = {},
  ): Promise<Value | undefined> {
    const entry = this.#reader.hit(this.#entries, key)
    const value = entry ? Promise.resolve(this.#handOut(entry.value)) : this.#load(key, load, options)
    // As sound as the calls for the key, which must all load the same.
    return value as Promise<Value | undefined>
  }

  /**
   * A function that caches what the given one returns, by the key of its arguments. A load that fails rejects, and
   * is not cached.
   *
   * ```ts
   * const top = cache.wrap(loadTop, { key: (n) => `top:${n}`, tags: ['post'], ttlMs: 60_000 })
   * ```
   *
   * @throws ConfigurationError for bad options
   */
  wrap<Load extends (...args: never[]) => unknown>(
    load: Load,
    options: WrapOptions<Parameters<Load>, Awaited<ReturnType<Load>>>,
  ): (...args: Parameters<Load>) => Promise<Awaited<ReturnType<Load>>>
  // Callers see the signature above: it infers from the function alone, and not from the parameters of `key`.
  wrap<Arguments extends readonly unknown[], Value>(
    load: (...args: Arguments) => Value | Promise<Value>,
    options: WrapOptions<Arguments, Value>,
  ): (...args: Arguments) => Promise<Value> {
    const policy = policyOf(wrapRules, options, this.#options, 'wrap')
    const { key: keyOf, tags } = options
    if (typeof keyOf !== 'function' || typeof load !== 'function')
      throw new ConfigurationError('Expected `wrap` to get a function, and the option `key` to be one')
    const owner = new EntryIndex()
    return async (...args) => {
      const key = keyOf(...args)
      const entry = this.#reader.hit(owner, key)
      // Sound: under this owner, only what this function returned is stored.
      if (entry) return this.#handOut(entry.value) as Value
      const tagsOf = (value: unknown): readonly string[] =>
        typeof tags === 'function' ? tags(value as Value, ...args) : (tags ?? [])
      const values = await this.#reader.read([key], loadedPlan({ owner, policy, load: () => load(...args), tagsOf }))
      return this.#handOut(values.get(key)) as Value
    }
  }

  /**
   * Evicts these cache keys everywhere: here at once, and in every process that hears the channel. Settles as `publish()`.
   */
  async invalidate(keys: string | readonly string[]): Promise<Receipt> {
    const publisher = this.#publisher
    const cacheKeys = typeof keys === 'string' ? [keys] : keys
    for (const key of cacheKeys) this.#memory.delete(key)
    return publisher.invalidateBatch(cacheKeys)
  }

  /**
   * Evicts every value that carries one of these tags, everywhere. With the mode `expire` it may be served while it is
   * loaded again. Settles as `publish()`; here it takes effect when the message arrives, as everywhere.
   */
  async invalidateTag(tags: string | readonly string[], options: TagOptions = {}): Promise<Receipt> {
    return this.#publisher.invalidateTag(tags, options)
  }

  /** Drops everything from this process only, and keeps loads that run from being stored. */
  clear(): void {
    this.#memory.clear()
  }

  /** What the cache did so far, and what is in it; a copy. */
  stats(): CacheStats {
    return { ...this.#counters.copy(), ...this.#gauges() }
  }

  /** How the cache is; cheap enough for a readiness probe. */
  health(): CacheHealth {
    return { ...this.#subscription.health(), serving: this.#trust.holds(this.#clock.now()) }
  }

  /** The subscription that evicts: for its events, `freshness()` and `waitFor()`. */
  get subscription(): Subscription {
    return this.#subscription
  }

  /**
   * Resolves when everything that was invalidated before the call is evicted, and reads are served from memory. Rejects
   * with `WaitTimeoutError`, the signal's reason, or `ClosedError`.
   */
  async caughtUp(options: WaitOptions = {}): Promise<void> {
    await this.#subscription.caughtUp(options)
    this.#trust.attach()
  }

  /** Ends the subscription, and the connections that `connect` opened. Loads that run reject. Idempotent; never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  get #publisher(): InvalidationPublisher {
    const { publisher } = this.#connections
    if (publisher) return publisher
    throw new ConfigurationError(
      'Expected a publisher to invalidate with, and the cache was attached without one: pass `{ subscriber, publisher }`',
    )
  }

  /** Nobody else can listen to connections that the cache opened. */
  #forwardErrors(): void {
    const onError = (error: Error): void => this.emit('error', error)
    this.#connections.subscriber.on('error', onError)
    this.#connections.publisher?.on('error', onError)
    this.#subscription.on('error', onError)
  }

  #createReports(): Reports {
    const { runtime, tracing } = this.#options
    const { channel } = this.#connections.subscriber
    const measured = { channel, tracing, name: this.name, counters: this.#counters, gauges: () => this.#gauges() }
    const openTelemetry = loadedOpenTelemetry()
    return new Reports({
      cache: this,
      runtime,
      telemetry: openTelemetry && new OpenTelemetryCache(openTelemetry, measured),
    })
  }

  #createHost(): Omit<EntityHost, 'policy'> {
    const { clone } = this.#options
    return {
      reader: this.#reader,
      clone,
      delete: (key) => this.#memory.delete(key),
      publisher: () => this.#publisher,
      onError: (error) => this.emit('error', error),
    }
  }

  async #load(key: string, load: SingleLoader['load'], options: LoadOptions): Promise<unknown> {
    if (typeof key !== 'string' || typeof load !== 'function')
      throw new ConfigurationError(
        `Expected \`getOrLoad\` to get a key and a function, got ${describeValue(key)} and ${describeValue(load)}`,
      )
    const policy = policyOf(loadRules, options, this.#options, 'getOrLoad')
    const tags = options.tags ?? []
    const values = await this.#reader.read(
      [key],
      loadedPlan({ owner: this.#entries, policy, load, tagsOf: () => tags }),
    )
    return this.#handOut(values.get(key))
  }

  #gauges(): CacheGauges {
    const { entries, bytes, loads } = this.#memory
    return { entries, bytes, running: loads }
  }

  #handOut(value: unknown): unknown {
    return this.#options.clone && value !== undefined ? structuredClone(value) : value
  }

  #verifiedMsAgo(): number | undefined {
    const { verifiedAt } = this.#subscription.freshness()
    return verifiedAt === undefined ? undefined : this.#options.runtime.monotonic() - verifiedAt
  }

  /** Only from then on is everything heard that is invalidated. */
  async #attachWhenCaughtUp(): Promise<void> {
    while (this.#closing === undefined) {
      try {
        await this.#subscription.caughtUp({ timeoutMs: aDayMs })
        this.#trust.attach()
        return
      } catch (error) {
        if (!(error instanceof WaitTimeoutError)) return
      }
    }
  }

  /** In slices, between which everything else goes on; what waits to be swept is not served meanwhile. */
  async #sweep(runtime: Runtime): Promise<void> {
    if (this.#sweeping) return
    this.#sweeping = true
    do await runtime.yield()
    while (this.#closing === undefined && this.#memory.sweep(checksPerSlice))
    this.#sweeping = false
  }

  async #close(): Promise<void> {
    this.#reader.close(new ClosedError('The cache was closed'))
    this.#clock.close()
    await this.#subscription.close()
    const { own, subscriber, publisher } = this.#connections
    if (own) await Promise.all([subscriber.close(), publisher?.close()])
  }
}
