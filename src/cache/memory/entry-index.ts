import type { Entry } from './entry.js'

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
