import type { MapTarget } from '../../../src/index.js'

/** A value that is being loaded. Once void, its result is not kept: it may have been read before a change. */
interface Load {
  readonly key: string
  readonly done: Promise<unknown>
  readonly resolve: (value: unknown) => void
  isVoid: boolean
}

/** The loads that run, by their keys. It has the functions of a Map, so `evict` voids those that a message names. */
export class Loads implements MapTarget<ReadonlySet<Load>> {
  readonly #byKey = new Map<string, Set<Load>>()

  begin(key: string): Load {
    const { promise: done, resolve } = Promise.withResolvers<unknown>()
    const load: Load = { key, done, resolve, isVoid: false }
    this.#byKey.set(key, (this.#byKey.get(key) ?? new Set()).add(load))
    return load
  }

  end(load: Load): void {
    const others = this.#byKey.get(load.key)
    others?.delete(load)
    if (others?.size === 0) this.#byKey.delete(load.key)
    load.resolve(undefined)
  }

  async voidOnesAreDone(): Promise<void> {
    const all = [...this.#byKey.values()].flatMap((loads) => [...loads])
    await Promise.all(all.filter(({ isVoid }) => isVoid).map(({ done }) => done))
  }

  has(key: string): boolean {
    return this.#byKey.has(key)
  }

  get(key: string): ReadonlySet<Load> | undefined {
    return this.#byKey.get(key)
  }

  keys(): Iterable<string> {
    return this.#byKey.keys()
  }

  /** Voids the loads of a key. They run on. */
  delete(key: string): boolean {
    const loads = this.#byKey.get(key) ?? []
    for (const load of loads) load.isVoid = true
    return this.has(key)
  }

  clear(): void {
    for (const key of this.#byKey.keys()) this.delete(key)
  }
}
