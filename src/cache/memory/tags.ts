/** When a tag was last invalidated, by the sequence of the cache. */
export class Tag {
  readonly name: string
  /** What carries the tag and was loaded before is never served again. */
  evictedAt = 0
  /** What carries the tag and was loaded before may be served while it is loaded again. */
  expiredAt = 0
  /** How many entries carry it. */
  entries = 0

  constructor(name: string) {
    this.name = name
  }
}

/**
 * The tags that entries carry, and those that a running load may come to carry. A tag is forgotten when no entry carries
 * it and no load runs that is older than its last invalidation: a load reports its tags only at its end.
 */
export class Tags {
  readonly #tags = new Map<string, Tag>()
  /** Without an entry, in the order of their last invalidation. */
  readonly #unused = new Set<Tag>()

  get size(): number {
    return this.#tags.size
  }

  /** Undefined if it was never invalidated while a load ran or an entry carried it. */
  find(name: string): Tag | undefined {
    return this.#tags.get(name)
  }

  /** An entry carries these tags from now on. */
  carry(names: ReadonlySet<string>): readonly Tag[] {
    return Array.from(names, (name) => {
      const tag = this.#tags.get(name) ?? this.#create(name)
      tag.entries += 1
      this.#unused.delete(tag)
      return tag
    })
  }

  /** An entry that carried these tags is gone. */
  release(tags: readonly Tag[], oldestLoad: number): void {
    for (const tag of tags) {
      tag.entries -= 1
      if (tag.entries > 0) continue
      if (lastOf(tag) > oldestLoad) this.#unused.add(tag)
      else this.#tags.delete(tag.name)
    }
  }

  /**
   * @param seq sequence of the invalidation
   * @param oldestLoad sequence of the oldest load that runs; infinite if none runs
   */
  invalidate(name: string, mode: 'evict' | 'expire', seq: number, oldestLoad: number): void {
    const found = this.#tags.get(name)
    if (found === undefined && oldestLoad === Infinity) return
    const tag = found ?? this.#create(name)
    if (mode === 'evict') tag.evictedAt = seq
    else tag.expiredAt = seq
    if (tag.entries > 0) return
    this.#unused.delete(tag)
    this.#unused.add(tag)
  }

  /** A load has ended. */
  forget(oldestLoad: number): void {
    for (const tag of this.#unused) {
      if (lastOf(tag) > oldestLoad) return
      this.#unused.delete(tag)
      this.#tags.delete(tag.name)
    }
  }

  #create(name: string): Tag {
    const tag = new Tag(name)
    this.#tags.set(name, tag)
    return tag
  }
}

function lastOf({ evictedAt, expiredAt }: Tag): number {
  return Math.max(evictedAt, expiredAt)
}
