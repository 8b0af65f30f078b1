import type { Tag } from './tags.js'

/** What an entry holds. */
export interface Content {
  readonly value: unknown
  /** Who stored it: nobody else reads its value. */
  readonly owner: EntryIndex
  /** Sequence of the cache when its load began. What was invalidated later is not in it. */
  readonly seq: number
  readonly expiresAt: number
  readonly tags: readonly Tag[]
}

/** A value in memory. Entries form a list in the order in which they were stored. */
export class Entry {
  readonly key: string
  readonly value: unknown
  readonly owner: EntryIndex
  readonly seq: number
  /** When it is no longer fresh, by the clock of the cache. */
  expiresAt: number
  readonly tags: readonly Tag[]
  /** Until then a load that failed is not tried again, if this value may be served in its place. */
  pausedUntil = -Infinity
  /** How many values had been stored when it was last moved to the front of the LRU. */
  movedAt = 0
  #promise: Promise<unknown> | undefined
  older: Entry | undefined
  newer: Entry | undefined

  constructor(key: string, { value, owner, seq, expiresAt, tags }: Content) {
    this.key = key
    this.value = value
    this.owner = owner
    this.seq = seq
    this.expiresAt = expiresAt
    this.tags = tags
  }

  /** Of its value, the same for each reader: to make one takes a sixth of the time of a hit. */
  get promise(): Promise<unknown> {
    return (this.#promise ??= Promise.resolve(this.value))
  }

  /** Whether one of its tags was invalidated after its load began, so that it must never be served again. */
  get isEvictedByTag(): boolean {
    for (const tag of this.tags) if (tag.evictedAt > this.seq) return true
    return false
  }

  /** Whether one of its tags was expired after its load began, so that it may be served while it is loaded again. */
  get isExpiredByTag(): boolean {
    for (const tag of this.tags) if (tag.expiredAt > this.seq) return true
    return false
  }
}

/** The entries of one owner, an entity or the cache itself, by id: no other owner reads them. */
export class EntryIndex {
  readonly #prefix: string
  readonly #entries = new Map<string, Entry>()

  /** @param prefix what cache keys have before the id */
  constructor(prefix = '') {
    this.#prefix = prefix
  }

  get(id: string): Entry | undefined {
    return this.#entries.get(id)
  }

  add(entry: Entry): void {
    this.#entries.set(this.idOf(entry.key), entry)
  }

  /** An entry leaves; another may have taken its place. */
  remove(entry: Entry): void {
    const id = this.idOf(entry.key)
    if (this.#entries.get(id) === entry) this.#entries.delete(id)
  }

  keyOf(id: string): string {
    return this.#prefix + id
  }

  idOf(key: string): string {
    return key.slice(this.#prefix.length)
  }
}
