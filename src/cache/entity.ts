import { buildCacheKey, ConfigurationError, type InvalidationPublisher, type Receipt, updateMessage } from '../index.js'
import { prepareMessage } from '../message/wire/encode.js'
import { describeValue } from '../support/describe-value.js'
import { toError } from '../support/thrown.js'
import type { Job, Plan } from './job.js'
import type { LoadContext, NotModified } from './load-context.js'
import { runJob } from './loaded-plan.js'
import { EntryIndex } from './memory/entry.js'
import type { Reader } from './reader.js'
import type { CachePolicy, CachePolicyOptions } from './options.js'

/** What a loader returns: `null` and `undefined` both say that there is no value. */
export type Loaded<Value> = Value | NotModified | null | undefined

/** What a loader of several ids gets beside them. */
export interface BulkLoadContext {
  /** Aborted when the load has run for `loadTimeoutMs`, and when the cache is closed. */
  readonly signal: AbortSignal
  /** What can be said about the value of one id. */
  for(id: string): LoadContext
}

/** How an entity is loaded, and how long its values are served. At least one of the loaders is needed. */
export interface EntityOptions<Value> extends CachePolicyOptions {
  /** Loads one value. Default: `loadMany` with one id. */
  readonly load?: (id: string, context: LoadContext) => Loaded<Value> | Promise<Loaded<Value>>
  /**
   * Loads the values of several ids, by id: an id that the map lacks has no value. So rows in any order can't be taken for
   * each other. Default: `load` for each.
   */
  readonly loadMany?: (
    ids: readonly string[],
    context: BulkLoadContext,
  ) => ReadonlyMap<string, Loaded<Value>> | Promise<ReadonlyMap<string, Loaded<Value>>>
  /** The tags of a value: `invalidateTag` evicts all values that carry the tag. Default: none. */
  readonly tags?: (value: Value, id: string) => readonly string[]
}

/** What an entity uses of its cache. */
export interface EntityHost {
  readonly policy: CachePolicy
  readonly reader: Reader
  /** Whether each reader gets a copy. */
  readonly clone: boolean
  delete(key: string): void
  /** @throws ConfigurationError if the cache was attached without one */
  publisher(): InvalidationPublisher
  /** An error beside the one that is thrown. */
  onError(error: Error): void
}

/** The values of one entity type, under the cache keys `<type>:<id>`. Made by `cache.entity`. */
export class CacheEntity<Value> {
  readonly type: string
  readonly #host: EntityHost
  readonly #reader: Reader
  readonly #options: EntityOptions<Value>
  readonly #plan: Plan
  readonly #entries: EntryIndex

  /** @internal */
  constructor(type: string, host: EntityHost, options: EntityOptions<Value>) {
    this.type = type
    this.#host = host
    this.#reader = host.reader
    this.#options = options
    this.#entries = new EntryIndex(`${type}:`)
    const { tags } = options
    this.#plan = {
      owner: this.#entries,
      policy: host.policy,
      entityType: type,
      run: (jobs) => this.#run(jobs),
      tagsOf: (value, key) => (tags ? tags(this.#own(value), this.#idOf(key)) : []),
    }
  }

  /**
   * The value of an id, from memory or loaded; undefined if missing. Rejects with what the loader threw, with
   * `LoadTimeoutError`, or with `ClosedError`.
   */
  get(id: string): Promise<Value | undefined> {
    const entry = this.#reader.hit(this.#entries, id)
    if (entry === undefined) return this.#read(this.#key(id))
    // Sound: under this owner are values of this entity alone.
    return this.#host.clone ? Promise.resolve(this.#out(entry.value)) : (entry.promise as Promise<Value | undefined>)
  }

  /** The value in memory, at once, if it is fresh; undefined if it is not there, or if there is no value. */
  peek(id: string): Value | undefined {
    const entry = this.#reader.hit(this.#entries, id)
    return entry && this.#out(entry.value)
  }

  /**
   * The values of several ids, in the order of the ids, without those that have none. What is not in memory is loaded by
   * one call of `loadMany`. Rejects as `get` does.
   */
  async getMany(ids: Iterable<string>): Promise<Map<string, Value>> {
    const found = new Map<string, unknown>()
    const missing = new Map<string, string>()
    for (const id of ids) {
      const entry = this.#reader.hit(this.#entries, id)
      found.set(id, entry?.value)
      if (!entry) missing.set(id, this.#key(id))
    }
    if (missing.size > 0) {
      const values = await this.#reader.read([...missing.values()], this.#plan)
      for (const [id, key] of missing) found.set(id, values.get(key))
    }
    const present = new Map<string, Value>()
    for (const [id, value] of found) {
      const own = this.#out(value)
      if (own !== undefined) present.set(id, own)
    }
    return present
  }

  /**
   * Stores a value that you have just read or written; `undefined` says that no value exists. Loads that run are not
   * stored. Other processes hear nothing: after a write use {@link update}.
   */
  set(id: string, value: Value | undefined): void {
    this.#reader.store(this.#key(id), this.#plan, value)
  }

  /** Drops a value from this process only, and keeps loads that run from being stored. */
  delete(id: string): void {
    this.#host.delete(this.#key(id))
  }

  /** Evicts the value everywhere: here at once, and in every process that hears the channel. Settles as `publish()`. */
  async invalidate(id: string): Promise<Receipt> {
    const publisher = this.#publisherFor(id)
    this.#host.delete(this.#key(id))
    return publisher.invalidate(this.type, id)
  }

  /**
   * Writes, and evicts the value everywhere. A `get` here that begins after it resolves sees what was written. Resolves
   * with what `write` returned. If `write` fails, the value is evicted all the same, since it may have been written, and
   * its error is passed on. Rejects as `publish()` does if the write was made and could not be published in time; the
   * invalidation then stays queued. With an id that can't be published, or without a publisher, nothing is written.
   *
   * ```ts
   * await users.update('1', () => db.user.rename('1', 'Ada'))
   * ```
   */
  async update<Result>(id: string, write: () => Result | Promise<Result>): Promise<Result> {
    const publisher = this.#publisherFor(id)
    let result: Result
    try {
      result = await write()
    } catch (error) {
      this.#host.delete(this.#key(id))
      publisher.update(this.type, id).catch((failure: unknown) => this.#host.onError(toError(failure)))
      throw error
    }
    this.#host.delete(this.#key(id))
    await publisher.update(this.type, id)
    return result
  }

  async #read(key: string): Promise<Value | undefined> {
    const values = await this.#reader.read([key], this.#plan)
    return this.#out(values.get(key))
  }

  /** Before anything is written: what can't be published would leave other processes stale. */
  #publisherFor(id: string): InvalidationPublisher {
    checkEntity(this.type, id)
    return this.#host.publisher()
  }

  #key(id: string): string {
    return typeof id === 'string' ? this.#entries.keyOf(id) : buildCacheKey(this.type, id)
  }

  #idOf(key: string): string {
    return this.#entries.idOf(key)
  }

  /** Sound: under this owner, only results of its own loaders and values given to its own `set` are stored. */
  #own(value: unknown): Value {
    return value as Value
  }

  #out(value: unknown): Value | undefined {
    return value === undefined ? undefined : this.#own(this.#host.clone ? structuredClone(value) : value)
  }

  #run(jobs: readonly Job[]): void {
    const { load, loadMany } = this.#options
    if (loadMany && (jobs.length > 1 || !load)) void this.#loadMany(loadMany, jobs)
    else if (load) for (const job of jobs) void runJob(job, () => load(this.#idOf(job.key), job.notes))
  }

  async #loadMany(loadMany: NonNullable<EntityOptions<Value>['loadMany']>, jobs: readonly Job[]): Promise<void> {
    const byId = new Map(jobs.map((job) => [this.#idOf(job.key), job]))
    try {
      const [first] = jobs
      if (first === undefined) return
      // All of these jobs began together and have one time limit, so the signal of the first is that of all.
      const values: unknown = await loadMany([...byId.keys()], {
        signal: first.notes.signal,
        for: (id) => this.#notesOf(byId, id),
      })
      if (!isMap(values)) throw new ConfigurationError(describeNoMap(this.type, values))
      for (const [id, job] of byId) job.brought(values.get(id))
    } catch (error) {
      for (const job of jobs) job.failed(error)
    }
  }

  #notesOf(jobs: ReadonlyMap<string, Job>, id: string): LoadContext {
    const job = jobs.get(id)
    if (job) return job.notes
    throw new ConfigurationError(
      `Expected \`context.for()\` to get one of the ids that \`loadMany\` was called with, got ${describeValue(id)}`,
    )
  }
}

/**
 * @throws InvalidMessageError for a type or an id that can't be published: empty, too long, or a built-in type in another
 *   case
 */
export function checkEntity(type: string, id: string): void {
  const message = updateMessage(type, id, 'cache')
  prepareMessage(message, message)
}

function isMap(value: unknown): value is ReadonlyMap<unknown, unknown> {
  return typeof value === 'object' && value !== null && 'get' in value && typeof value.get === 'function'
}

function describeNoMap(type: string, given: unknown): string {
  return `Expected \`loadMany\` of the entity \`${type}\` to return a Map of values by id, got ${describeValue(given)}: write \`new Map(rows.map((row) => [row.id, row]))\``
}
