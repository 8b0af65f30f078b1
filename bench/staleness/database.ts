import type { CachedRecord } from '../peers/cache-library.js'

/** A load that has read its record and does not end yet. */
export interface HeldLoad {
  /** Resolves when it has read its record. */
  readonly hasRead: Promise<unknown>
  /** Lets it end, with what it read. */
  release(): void
}

interface Hold {
  readonly read: PromiseWithResolvers<undefined>
  readonly released: PromiseWithResolvers<undefined>
}

/** Records with versions, from 1. A load of one can be held between its read and its end. */
export class Database {
  readonly #versions = new Map<string, number>()
  readonly #holds = new Map<string, Hold>()

  /** Its newest version. */
  version(id: string): number {
    return this.#versions.get(id) ?? 1
  }

  /** Writes a new version. */
  commit(id: string): void {
    this.#versions.set(id, this.version(id) + 1)
  }

  /** Holds the next load of this record. */
  hold(id: string): HeldLoad {
    const hold = { read: Promise.withResolvers<undefined>(), released: Promise.withResolvers<undefined>() }
    this.#holds.set(id, hold)
    return { hasRead: hold.read.promise, release: () => hold.released.resolve(undefined) }
  }

  /** Reads a record, and resolves when the load may end. */
  async load(id: string): Promise<CachedRecord> {
    const record = { id, version: this.version(id) }
    const hold = this.#holds.get(id)
    this.#holds.delete(id)
    hold?.read.resolve(undefined)
    await hold?.released.promise
    return record
  }
}
