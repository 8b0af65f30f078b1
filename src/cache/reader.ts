import type { ClosedError } from '../index.js'
import { Outage } from '../support/outage.js'
import { resolvesWithin, type Runtime } from '../support/runtime.js'
import { toError } from '../support/thrown.js'
import type { CacheClock } from './clock.js'
import type { CacheCounters, LoadReason, MissReason, StaleReason } from './counters.js'
import { Job, type Plan } from './job.js'
import type { Entry, EntryIndex } from './memory/entry.js'
import type { Load, Outcome } from './memory/load.js'
import type { MemoryTier } from './memory/memory-tier.js'
import type { CachePolicy } from './options.js'
import type { Reports } from './reports.js'
import type { Trust } from './trust.js'

export interface ReaderContext {
  readonly runtime: Runtime
  readonly clock: CacheClock
  readonly memory: MemoryTier
  readonly trust: Trust
  readonly counters: CacheCounters
  readonly reports: Reports
  /** Makes a value safe to be shared by its readers. */
  readonly protect: (value: unknown) => void
  /** Errors of loads that nobody waits for. */
  readonly onError: (error: Error) => void
}

/** What a read finds before it waits for anything. */
type Found =
  | { readonly is: 'value'; readonly value: unknown }
  | { readonly is: 'load'; readonly load: Load; readonly joinedAt: number; readonly fallback: Entry | undefined }

interface FindContext {
  readonly now: number
  /** Whether the caller has not been refused a value yet. */
  readonly isFirst: boolean
  /** Loads that begin go there. */
  readonly begun: Job[]
}

interface Beginning extends Pick<FindContext, 'now' | 'begun'> {
  readonly reason: LoadReason
  readonly stale: Entry | undefined
}

/** How a read that waited has ended; `again` if the value is not for it. */
type Ended = { readonly is: 'value'; readonly value: unknown } | { readonly is: 'again' }

const again = { is: 'again' } as const

/** Reads through the cache: from memory if it may be served, else by the loader, of which one runs for a key at a time. */
export class Reader {
  readonly #context: ReaderContext
  // Beside the context, since a hit takes no more time than it must.
  readonly #memory: MemoryTier
  readonly #clock: CacheClock
  readonly #trust: Trust
  readonly #counters: CacheCounters
  readonly #jobs = new Set<Job>()
  readonly #outage: Outage
  #closed: ClosedError | undefined

  constructor(context: ReaderContext) {
    this.#context = context
    this.#memory = context.memory
    this.#clock = context.clock
    this.#trust = context.trust
    this.#counters = context.counters
    this.#outage = new Outage(context.onError)
  }

  /** A fresh entry that may be served; undefined if missing. */
  hit(owner: EntryIndex, id: string): Entry | undefined {
    const entry = this.#memory.find(owner, id)
    if (entry === undefined) return undefined
    const now = this.#clock.now()
    if (now >= entry.expiresAt || !this.#trust.holds(now)) return undefined
    if (entry.tags.length > 0 && entry.isExpiredByTag) return undefined
    this.#counters.hits += 1
    if (entry.value === undefined) this.#counters.negativeHits += 1
    return entry
  }

  /** Reads keys that were not hit; one call of the loader loads all that must be loaded. */
  async read(keys: readonly string[], plan: Plan): Promise<Map<string, unknown>> {
    const values = new Map<string, unknown>()
    let missing = keys
    // A value that is not for a caller is loaded again, by a load whose value is for it in any case: so this ends.
    for (let isFirst = true; missing.length > 0; isFirst = false) {
      const found = this.#findAll(missing, plan, isFirst)
      const left: string[] = []
      await Promise.all(
        Array.from(found, async ([key, each]) => {
          const ended = each.is === 'value' ? each : await this.#wait(each, plan.policy)
          if (ended.is === 'value') values.set(key, ended.value)
          else left.push(key)
        }),
      )
      missing = left
    }
    return values
  }

  /** Stores a value that the application has. */
  store(key: string, plan: Plan, given: unknown): void {
    if (this.#closed) throw this.#closed
    const { memory, clock, trust, protect } = this.#context
    const value = given ?? undefined
    protect(value)
    const tags = new Set(value === undefined ? [] : plan.tagsOf(value, key))
    const freshMs = this.#freshMs(value, plan.policy)
    // Before invalidations are heard, and with no time to live, it only voids what is there.
    if (!trust.isAttached || freshMs === 0) memory.delete(key)
    else memory.set(key, { value, owner: plan.owner, expiresAt: clock.now() + freshMs, tags })
  }

  /** Every load that runs fails with this error, and so does each read from now on. */
  close(error: ClosedError): void {
    this.#closed = error
    for (const job of [...this.#jobs]) job.abort(error)
    this.#context.reports.close()
  }

  #findAll(keys: readonly string[], plan: Plan, isFirst: boolean): Map<string, Found> {
    if (this.#closed) throw this.#closed
    const now = this.#context.clock.now()
    const begun: Job[] = []
    const found = new Map<string, Found>()
    for (const key of keys) if (!found.has(key)) found.set(key, this.#find(key, plan, { now, isFirst, begun }))
    if (begun.length > 0) this.#context.reports.run(begun, plan)
    return found
  }

  #find(key: string, plan: Plan, { now, isFirst, begun }: FindContext): Found {
    const { memory } = this.#context
    const entry = this.#usable(key, plan.owner, now)
    const running = this.#joinable(key, plan.owner, now)
    const begin = (reason: LoadReason): Load => this.#begin(key, plan, { now, reason, stale: entry, begun })
    if (entry) {
      const served = this.#serve(entry, plan.policy, now)
      if (served === 'refresh' && running === undefined) this.#isRefreshed(begin('revalidate'))
      if (served !== 'no') return { is: 'value', value: entry.value }
    }
    const reason = this.#countMiss(key, plan.owner, now)
    const joined = isFirst || running?.seq === memory.seq ? running : undefined
    if (joined) this.#context.counters.joined += 1
    return { is: 'load', joinedAt: memory.seq, fallback: entry, load: joined ?? begin(reason) }
  }

  /** An entry that may be served as far as invalidations go. */
  #usable(key: string, owner: EntryIndex, now: number): Entry | undefined {
    const entry = this.#memory.find(owner, owner.idOf(key))
    return entry && this.#trust.holds(now) ? entry : undefined
  }

  /** Whether an entry may be served now, and whether it is to be loaded again in the background. */
  #serve(
    entry: Entry,
    { staleWhileRevalidateMs, staleIfErrorMs }: CachePolicy,
    now: number,
  ): 'as-is' | 'refresh' | 'no' {
    const isPaused = now < entry.pausedUntil
    if (now < entry.expiresAt && !entry.isExpiredByTag) {
      this.#context.counters.hits += 1
      return 'as-is'
    }
    if (now < entry.expiresAt + staleWhileRevalidateMs) {
      this.#countStale(entry, 'revalidate')
      return isPaused ? 'as-is' : 'refresh'
    }
    if (!isPaused || now >= entry.expiresAt + staleIfErrorMs) return 'no'
    this.#countStale(entry, 'error')
    return 'as-is'
  }

  #countStale({ key }: Entry, reason: StaleReason): void {
    this.#context.counters.stale[reason] += 1
    this.#context.reports.stale(key, reason)
  }

  #countMiss(key: string, owner: EntryIndex, now: number): MissReason {
    const { memory, trust, counters } = this.#context
    const found = memory.find(owner, owner.idOf(key)) ? 'ttl' : (memory.takeDeparture(key) ?? 'absent')
    const reason = trust.holds(now) ? found : 'unverified'
    counters.misses[reason] += 1
    return reason
  }

  /**
   * The load of a key that a read may join: not one of another owner, and without proof that invalidations are heard not
   * one that may have read what was overwritten longer ago than the cache may be stale.
   */
  #joinable(key: string, owner: EntryIndex, now: number): Load | undefined {
    const { memory, trust } = this.#context
    const load = memory.findLoad(key)
    if (load?.owner !== owner) return undefined
    return trust.holds(now) || now - load.startedAt <= trust.maxStalenessMs ? load : undefined
  }

  #begin(key: string, plan: Plan, { now, reason, stale, begun }: Beginning): Load {
    const { runtime, memory, trust, counters } = this.#context
    counters.loads += 1
    const load = memory.begin(key, plan.owner, now)
    const job = new Job(load, plan, {
      runtime,
      reason,
      stale: stale && { value: stale.value, tags: stale.tags.map(({ name }) => name) },
      isAttached: trust.isAttached,
      listener: { onBrought: (...args) => this.#brought(...args), onFailed: (...args) => this.#failed(...args) },
    })
    this.#jobs.add(job)
    begun.push(job)
    return load
  }

  #brought(job: Job, result: unknown): void {
    const { load, plan, notes, isAttached } = job
    const { memory, counters, clock, protect, reports } = this.#context
    const value = notes.valueFor(result)
    let tags: ReadonlySet<string>
    try {
      protect(value)
      const own = value === undefined ? [] : plan.tagsOf(value, load.key)
      tags = new Set([...own, ...notes.named, ...notes.tagsKept(result)])
    } catch (error) {
      // The application's own function failed, so nothing says what invalidates the value.
      this.#failed(job, error)
      return
    }
    this.#jobs.delete(job)
    this.#outage.ended()
    const freshMs = notes.ttl ?? this.#freshMs(value, plan.policy)
    const arrival = { value, owner: plan.owner, expiresAt: clock.now() + freshMs, tags }
    const stored = memory.arrived(load, arrival, isAttached && !notes.isSkipped && freshMs > 0)
    if (stored === 'fenced') counters.fencedLoads += 1
    reports.ended(job, stored === 'kept-out' ? 'skipped' : stored)
  }

  #failed(job: Job, error: unknown): void {
    const { load, plan } = job
    const { memory, counters, clock, reports } = this.#context
    this.#jobs.delete(job)
    counters.failedLoads += 1
    const entry = memory.find(plan.owner, plan.owner.idOf(load.key))
    if (entry) entry.pausedUntil = clock.now() + plan.policy.errorPauseMs
    memory.failed(load, error)
    reports.ended(job, 'failed', error)
  }

  #freshMs(value: unknown, { ttlMs, ttlJitterPercent, negativeTtlMs }: CachePolicy): number {
    const most = value === undefined ? negativeTtlMs : ttlMs
    return most * (1 - (ttlJitterPercent / 100) * this.#context.runtime.random())
  }

  /** Nobody waits for it: that it fails is reported once in an outage. */
  #isRefreshed(load: Load): void {
    void load.ended.then(({ failure }) => {
      if (failure && failure.error !== this.#closed) this.#outage.failed(toError(failure.error))
    })
  }

  async #wait(found: Found & { readonly is: 'load' }, policy: CachePolicy): Promise<Ended> {
    const { load, fallback } = found
    const early = await this.#early(load, policy, fallback)
    if (early === undefined && fallback) return this.#stale(fallback, 'timeout')
    const outcome = early ?? (await load.ended)
    if (outcome.failure && fallback && this.#mayServe(fallback, policy.staleIfErrorMs))
      return this.#stale(fallback, 'error')
    return this.#end(found, outcome)
  }

  #end({ load, joinedAt }: { readonly load: Load; readonly joinedAt: number }, outcome: Outcome): Ended {
    if (outcome.failure) throw outcome.failure.error
    return outcome.isOnlyForFirst && joinedAt !== load.seq ? again : { is: 'value', value: outcome.value }
  }

  /** How the load ended; undefined if that takes too long and the stale value may be served. */
  async #early(load: Load, policy: CachePolicy, fallback: Entry | undefined): Promise<Outcome | undefined> {
    const { softLoadTimeoutMs, staleIfErrorMs, staleWhileRevalidateMs } = policy
    const staleMs = Math.max(staleIfErrorMs, staleWhileRevalidateMs)
    if (softLoadTimeoutMs === undefined || !this.#mayServe(fallback, staleMs)) return load.ended
    const { runtime } = this.#context
    const inTime = await resolvesWithin(runtime, softLoadTimeoutMs, load.ended)
    return inTime || !this.#mayServe(fallback, staleMs) ? load.ended : undefined
  }

  /** Whether a value may still be served: it was not invalidated meanwhile, and is not too long past its time. */
  #mayServe(entry: Entry | undefined, staleMs: number): boolean {
    const { memory, clock, trust } = this.#context
    if (entry === undefined || memory.find(entry.owner, entry.owner.idOf(entry.key)) !== entry) return false
    const now = clock.now()
    return now < entry.expiresAt + staleMs && trust.holds(now)
  }

  #stale(entry: Entry, reason: 'error' | 'timeout'): Ended {
    this.#countStale(entry, reason)
    return { is: 'value', value: entry.value }
  }
}
