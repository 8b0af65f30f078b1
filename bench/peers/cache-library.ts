/** What caches hold: a record of the database, as it was at one of its versions. */
export interface CachedRecord {
  readonly id: string
  readonly version: number
}

/** Reads a record from the database. */
export type Load = (id: string) => Promise<CachedRecord>

/** A library that caches what it loads, set up as its own documentation does it, with all that it offers against stale values. */
export interface CacheLibrary {
  /** Resolves when it is connected, and hears what other processes invalidate. */
  open(options: OpenOptions): Promise<OpenCache>
}

export interface OpenOptions {
  /** Of the Redis. */
  readonly url: string
  /** Whether what is in memory is kept in Redis as well, for all processes. */
  readonly shared: boolean
  readonly load: Load
}

export interface OpenCache {
  /** Each entry is invalidated by its key. */
  readonly key: CacheAccess
  /** Each entry is invalidated by a tag that it carries, or by its group: one of its own. */
  readonly tag: CacheAccess
}

export interface CacheAccess {
  /** The record from the cache, or loaded through it. */
  get(id: string): Promise<CachedRecord | undefined>
  /** Resolves when the library says that it is done. Call it after the commit. */
  invalidate(id: string): Promise<unknown>
}
