import { LRUCache } from 'lru-cache'
import { buildCacheKey, type InvalidationMessage, matchesPattern } from '../../index.js'
import { type Departure, Departures, type Eviction } from './departures.js'
import { Entry, type EntryIndex } from './entry.js'
import { Load } from './load.js'
import { PendingPatterns } from './pending-patterns.js'
import { StoredOrder } from './stored-order.js'
import { Tags } from './tags.js'

/** How many keys that left early are remembered, to say why a read missed. */
const rememberedDepartures = 1_024

/** How large a memory tier may be. */
export interface MemoryLimits {
  readonly maxEntries: number
  /** Undefined: no limit, and nothing is measured. */
  readonly maxBytes: number | undefined
  readonly sizeOf: (value: unknown, key: string) => number
}

/** A value that a load or the application brings. */
export interface Arrival {
  readonly value: unknown
  readonly owner: EntryIndex
  readonly expiresAt: number
  readonly tags: ReadonlySet<string>
}

/** Events of a memory tier. */
export interface MemoryListener {
  /** Entries are to be swept: `sweep()` is to be called until it returns false. */
  onSweep(): void
  /** An entry was evicted by an invalidation. */
  onEvicted(reason: Eviction): void
  /** An entry left to make room. */
  onDisplaced(): void
}

/**
 * Values in memory, the loads that run, and the fence between them and invalidations.
 *
 * It counts the invalidations that it has handled. Each load notes that count when it begins, before it reads anything,
 * and its entry keeps it. So an invalidation is newer than a value if its count is higher than that of the value. A key
 * or a pattern voids the loads it concerns, whose keys are known; a tag is compared at the end of a load, since only
 * the value has the tags. Nothing here waits: an invalidation is handled when `handle()` returns.
 */
export class MemoryTier {
  readonly #entries: LRUCache<string, Entry>
  readonly #limits: MemoryLimits
  readonly #listener: MemoryListener
  readonly #order = new StoredOrder()
  readonly #tags = new Tags()
  readonly #patterns = new PendingPatterns()
  readonly #departures = new Departures(rememberedDepartures)
  /** Loads that callers may join, by key. */
  readonly #loads = new Map<string, Load>()
  /** All loads that run, in the order in which they began; those that are void need the tags, too. */
  readonly #running = new Set<Load>()
  #seq = 0
  /** How many values have been stored, as a whole number of 32 bits. */
  #stores = 0
  /** After so many values an entry that is read moves to the front of the LRU. */
  readonly #moveEvery: number
  /** Sequence at which everything was evicted; older entries are not served. */
  #clearedAt = 0
  /** Sequence up to which the walk that is under way sweeps; undefined while none is. */
  #sweepsTo: number | undefined

  constructor(limits: MemoryLimits, listener: MemoryListener) {
    const { maxEntries, maxBytes } = limits
    this.#limits = limits
    this.#moveEvery = maxEntries >> 4
    this.#listener = listener
    this.#entries = new LRUCache<string, Entry>({
      max: maxEntries,
      ...(maxBytes !== undefined && { maxSize: maxBytes }),
      dispose: (entry, _key, reason) => {
        this.#order.remove(entry)
        entry.owner.remove(entry)
        if (entry.tags.length > 0) this.#tags.release(entry.tags, this.#oldestLoad)
        if (reason === 'evict') listener.onDisplaced()
      },
    })
  }

  /** How many invalidations have been handled. */
  get seq(): number {
    return this.#seq
  }

  get entries(): number {
    return this.#entries.size
  }

  /** Bytes of all entries by `sizeOf`; 0 without a limit of bytes. */
  get bytes(): number {
    return this.#entries.calculatedSize
  }

  /** How many loads run. */
  get loads(): number {
    return this.#running.size
  }

  /** How many tags are remembered. */
  get tags(): number {
    return this.#tags.size
  }

  /** The entry of an id, unless an invalidation that has been handled is newer. It may be past its time. */
  find(owner: EntryIndex, id: string): Entry | undefined {
    const entry = owner.get(id)
    if (entry === undefined) return undefined
    const { key, seq } = entry
    if (seq < this.#clearedAt) this.#evict(key, 'resync')
    else if (seq < this.#patterns.newest && this.#patterns.covers(key, seq)) this.#evict(key, 'pattern')
    else if (entry.tags.length > 0 && entry.isEvictedByTag) this.#evict(key, 'tag')
    else return this.#moved(entry)
    return undefined
  }

  /** Why the last read of a key that is not there missed; undefined if it was never there, or long ago. */
  takeDeparture(key: string): Departure | undefined {
    return this.#departures.take(key)
  }

  /** The load of a key that a caller may join. */
  findLoad(key: string): Load | undefined {
    return this.#loads.get(key)
  }

  /** A load begins. It voids one of the same key that runs, so at most one can be stored. */
  begin(key: string, owner: EntryIndex, startedAt: number): Load {
    this.#void(key)
    const load = new Load(key, owner, { seq: this.#seq, startedAt })
    this.#loads.set(key, load)
    this.#running.add(load)
    return load
  }

  /**
   * A load has brought a value. It is stored, unless an invalidation of it is newer (`fenced`), or it may not be stored
   * or is too large (`kept-out`).
   */
  arrived(load: Load, arrival: Arrival, mayStore: boolean): 'stored' | 'fenced' | 'kept-out' {
    const hasNewerTag = this.#hasNewerTag(load.seq, arrival.tags)
    const isFenced = load.isVoid || hasNewerTag
    const isStored = !isFenced && mayStore && this.#store(load.key, load.seq, arrival)
    if (isFenced && !this.#entries.has(load.key)) this.#departures.add(load.key, 'fenced')
    // Only now: its tags are remembered as long as it runs.
    this.#ended(load)
    load.end({ value: arrival.value, failure: undefined, isOnlyForFirst: hasNewerTag })
    return isFenced ? 'fenced' : isStored ? 'stored' : 'kept-out'
  }

  /** A load has failed. */
  failed(load: Load, error: unknown): void {
    this.#ended(load)
    load.end({ value: undefined, failure: { error }, isOnlyForFirst: false })
  }

  /** Stores a value that the application has. Loads of the key that run began earlier, and are not stored. */
  set(key: string, arrival: Arrival): void {
    this.#void(key)
    if (!this.#store(key, this.#seq, arrival)) this.#entries.delete(key)
  }

  /** Drops a key, as an invalidation of it does. */
  delete(key: string): void {
    this.#seq += 1
    this.#drop(key, 'key')
  }

  /** Drops everything, as a resync does. */
  clear(): void {
    this.#seq += 1
    this.#evictAll()
  }

  /** Handles an invalidation: from its return on, nothing older is served. */
  handle(message: InvalidationMessage): void {
    this.#seq += 1
    switch (message.action) {
      case 'delete':
      case 'update':
        this.#drop(buildCacheKey(message.entityType, message.entityId), 'key')
        break
      case 'batch':
        for (const key of message.cacheKeys) this.#drop(key, 'key')
        break
      case 'tag':
        for (const tag of message.tags) this.#tags.invalidate(tag, message.mode ?? 'evict', this.#seq, this.#oldestLoad)
        break
      case 'pattern':
        this.#evictMatching(message.pattern)
        break
    }
  }

  /**
   * Sweeps some of the entries that are not served any more. Returns whether there is more to do.
   *
   * @param checks how many times a key and a pattern are compared at most
   */
  sweep(checks: number): boolean {
    if (this.#sweepsTo === undefined) {
      this.#sweepsTo = this.#seq
      this.#order.begin()
    }
    const count = Math.ceil(checks / Math.max(1, this.#patterns.size))
    for (let swept = 0; swept < count; swept++) {
      const entry = this.#order.next()
      if (entry === undefined) return this.#sweptTo(this.#sweepsTo)
      if (entry.seq < this.#clearedAt) this.#evict(entry.key, 'resync')
      else if (this.#patterns.covers(entry.key, entry.seq)) this.#evict(entry.key, 'pattern')
    }
    return true
  }

  get #oldestLoad(): number {
    for (const { seq } of this.#running) return seq
    return Infinity
  }

  /**
   * Moves an entry to the front of the LRU, which takes as long as a read. So it is done once for each sixteenth of the
   * entries that were stored since: the order is right up to that.
   */
  #moved(entry: Entry): Entry {
    if (((this.#stores - entry.movedAt) | 0) > this.#moveEvery) {
      this.#entries.get(entry.key)
      entry.movedAt = this.#stores
    }
    return entry
  }

  #hasNewerTag(seq: number, tags: ReadonlySet<string>): boolean {
    for (const name of tags) if ((this.#tags.find(name)?.evictedAt ?? 0) > seq) return true
    return false
  }

  #ended(load: Load): void {
    this.#running.delete(load)
    if (this.#loads.get(load.key) === load) this.#loads.delete(load.key)
    this.#tags.forget(this.#oldestLoad)
  }

  #store(key: string, seq: number, { value, owner, expiresAt, tags }: Arrival): boolean {
    const { maxBytes, sizeOf } = this.#limits
    const size = maxBytes === undefined ? undefined : Math.max(1, Math.ceil(sizeOf(value, key)))
    if (size !== undefined && !(size <= (maxBytes ?? 0))) return false
    const entry = new Entry(key, {
      value,
      owner,
      seq,
      expiresAt,
      tags: tags.size > 0 ? this.#tags.carry(tags) : noTags,
    })
    this.#stores = (this.#stores + 1) | 0
    entry.movedAt = this.#stores
    this.#order.add(entry)
    this.#entries.set(key, entry, size === undefined ? noSize : { size })
    owner.add(entry)
    return true
  }

  #drop(key: string, reason: Eviction): void {
    this.#void(key)
    if (this.#entries.has(key)) this.#evict(key, reason)
  }

  #evict(key: string, reason: Eviction): void {
    this.#entries.delete(key)
    this.#departures.add(key, reason)
    this.#listener.onEvicted(reason)
  }

  #void(key: string): void {
    const load = this.#loads.get(key)
    if (load === undefined) return
    load.isVoid = true
    this.#loads.delete(key)
  }

  #evictMatching(pattern: string): void {
    if (pattern === '*' || !this.#patterns.add(pattern, this.#seq)) {
      this.#evictAll()
      return
    }
    for (const key of this.#loads.keys()) if (matchesPattern(pattern, key)) this.#void(key)
    this.#listener.onSweep()
  }

  #evictAll(): void {
    this.#clearedAt = this.#seq
    for (const key of this.#loads.keys()) this.#void(key)
    this.#patterns.retire(this.#seq)
    if (this.#entries.size > 0) this.#listener.onSweep()
  }

  /** What came since the walk began needs another. */
  #sweptTo(seq: number): boolean {
    this.#patterns.retire(seq)
    this.#sweepsTo = undefined
    return this.#patterns.size > 0 || this.#clearedAt > seq
  }
}

const noTags: readonly [] = []
const noSize = {}
