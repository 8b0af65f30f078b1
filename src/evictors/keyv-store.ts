import { isInMemory, namesIn } from './names.js'
import { isMapTarget, type KeyvTarget, type MapTarget } from './targets.js'

/** What is known of the store of a Keyv, of version 5 or 6. */
export class KeyvStore {
  readonly #keyv: KeyvTarget

  constructor(keyv: KeyvTarget) {
    this.#keyv = keyv
  }

  /** The cache that holds its values, if that is one in memory whose names can be listed. */
  get inMemory(): MapTarget<unknown> | undefined {
    const { store } = this.#keyv
    // Keyv 6 puts what it is given into an adapter.
    return [store, read(store, 'store')].filter(isMapTarget).find(isInMemory)
  }

  /** Whether it is in Redis, maybe beside the keys of others. */
  get isRedis(): boolean {
    const { store } = this.#keyv
    return [store, read(store, 'store')].some((each) => read(read(each, 'opts'), 'dialect') === 'redis')
  }

  /** Whether it was told to emit no errors, which Keyv 5 can be. */
  get hidesErrors(): boolean {
    return read(read(this.#keyv, 'opts'), 'emitErrors') === false
  }

  /** The names of its entries, as {@link keyReader} reads them; undefined if the store can't list them. */
  names(): AsyncIterable<unknown> | undefined {
    const { inMemory } = this
    if (inMemory) return inTurn(namesIn(inMemory))
    const { store } = this.#keyv
    const iterate = read(store, 'iterator')
    if (typeof iterate !== 'function' || !mayIterate(store)) return undefined
    const entries: unknown = Reflect.apply(iterate, store, [read(store, 'namespace')])
    return isAsyncIterable(entries) ? firstOfEach(entries) : undefined
  }

  /**
   * Gives the keys that a name in the store may have been set by: `delete` of the first one deletes it. Keyv 5 puts the
   * namespace before a key, except for a key that begins with it. Empty for a name of another namespace.
   */
  keyReader(): (name: unknown) => readonly string[] {
    const { before, isOptional } = this.#namespace()
    return (name) => {
      if (typeof name !== 'string' || !name.startsWith(before)) return []
      const key = name.slice(before.length)
      return isOptional ? [key, name] : [key]
    }
  }

  /** The text before each key, whether Keyv or its store puts it there. */
  #namespace(): { readonly before: string; readonly isOptional: boolean } {
    const { store, namespace } = this.#keyv
    if (read(this.#keyv, 'useKeyPrefix') === true) {
      return namespace ? { before: `${namespace}:`, isOptional: true } : { before: '', isOptional: false }
    }
    // The adapter of Keyv 6 for caches in memory; other stores list names without what they put before them.
    const separator = read(store, 'namespaceSeparator')
    const isBefore = this.inMemory !== undefined && namespace && typeof separator === 'string'
    return { before: isBefore ? namespace + separator : '', isOptional: false }
  }
}

/** An adapter of Keyv 6 has the function, whether or not what is inside of it has. */
function mayIterate(store: unknown): boolean {
  const methods = read(read(store, 'capabilities'), 'methods')
  return read(read(methods, 'iterator'), 'exists') !== false
}

function read(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

// eslint-disable-next-line @typescript-eslint/require-await -- the names of a cache in memory, as those of other stores
async function* inTurn(names: Iterable<unknown>): AsyncGenerator {
  yield* names
}

async function* firstOfEach(entries: AsyncIterable<unknown>): AsyncGenerator {
  for await (const entry of entries) yield Array.isArray(entry) ? entry[0] : entry
}
