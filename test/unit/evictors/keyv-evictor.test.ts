import { createCache } from 'cache-manager'
import { Keyv } from 'keyv'
import { Keyv as Keyv6 } from 'keyv6'
import { LRUCache } from 'lru-cache'
import { describe, expect, it } from 'vitest'
import { evict } from '../../../src/index.js'
import { evicting } from '../../support/evicting.js'

/** What both versions of Keyv take and have. */
interface AnyKeyv {
  get(key: string): Promise<unknown>
  set(key: string, value: unknown): Promise<boolean>
}

async function fill(cache: AnyKeyv, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await cache.set(key, { key })
}

async function left(cache: AnyKeyv, ...keys: readonly string[]): Promise<string[]> {
  const values = await Promise.all(keys.map((key) => cache.get(key)))
  return keys.filter((_, index) => values[index] !== undefined)
}

/** A store that is not in this process, as far as a Keyv knows. */
class FarStore {
  namespace: string | undefined
  readonly opts = { dialect: 'sqlite', url: '' }
  readonly values = new Map<string, unknown>()
  error: Error | undefined

  get(key: string): Promise<unknown> {
    return this.#settle(() => this.values.get(key))
  }

  set(key: string, value: unknown): Promise<unknown> {
    return this.#settle(() => this.values.set(key, value))
  }

  delete(key: string): Promise<boolean> {
    return this.#settle(() => this.values.delete(key))
  }

  clear(): Promise<void> {
    return this.#settle(() => this.values.clear())
  }

  on(): this {
    return this
  }

  async #settle<Result>(act: () => Result): Promise<Result> {
    await Promise.resolve()
    if (this.error) throw this.error
    return act()
  }
}

class ListingStore extends FarStore {
  // eslint-disable-next-line @typescript-eslint/require-await -- as stores in a database have it
  async *iterator(): AsyncGenerator<[string, unknown]> {
    if (this.error) throw this.error
    yield* [...this.values]
  }
}

const stores = {
  'a Map': () => new Map<string, unknown>(),
  'lru-cache': () => new LRUCache<string, object>({ max: 1_000 }),
  'a store that lists its names': () => new ListingStore(),
}

const versions = { 'Keyv 5': Keyv, 'Keyv 6': Keyv6 } as unknown as Record<
  string,
  new (options: object) => Keyv<unknown>
>

const cases = Object.entries(versions).flatMap(([version, Made]) =>
  Object.entries(stores).flatMap(([name, store]) =>
    [undefined, 'app', 'app:v1', 'user'].map((namespace) => ({ version, Made, name, store, namespace })),
  ),
)

describe.each(cases)('evict, of a $version in $name with namespace $namespace', ({ Made, store, namespace }) => {
  it('evicts keys, and what a pattern matches', async () => {
    const cache = new Made({ store: store(), namespace })
    const keys = ['user:1', 'user:12', 'user:2', 'user', 'post:1', 'v1:user:1']
    await fill(cache, ...keys)
    const evictor = evicting(evict(cache))
    await evictor.matching('user:1*')
    expect(await left(cache, ...keys)).toEqual(['user:2', 'user', 'post:1', 'v1:user:1'])
    await evictor.key('user:2')
    await evictor.keys('post:1', 'post:2')
    expect(await left(cache, ...keys)).toEqual(['user', 'v1:user:1'])
    await evictor.matching('*')
    expect(await left(cache, ...keys)).toEqual([])
  })

  it('evicts only keys with its prefix', async () => {
    const cache = new Made({ store: store(), namespace })
    const keys = ['p*:user:1', 'p*:post:1', 'pp:user:1', 'user:1']
    await fill(cache, ...keys)
    const evictor = evicting(evict(cache, { prefix: 'p*:', batchSize: 2 }))
    await evictor.key('user:1')
    expect(await left(cache, ...keys)).toEqual(keys.slice(1))
    await evictor.matching('*')
    expect(await left(cache, ...keys)).toEqual(keys.slice(2))
  })

  it('evicts by tag the values that carry it, with `tagsOf`', async () => {
    const cache = new Made({ store: store(), namespace })
    const keys = Array.from({ length: 25 }, (_, index) => `user:${index}`)
    await fill(cache, ...keys)
    await evicting(evict(cache)).tag('tag:user:1')
    expect(await left(cache, ...keys)).toEqual(keys)
    const seen = new Set<string>()
    const tagsOf = (value: { key: string }, key: string): string[] => {
      seen.add(key)
      return [`tag:${value.key}`]
    }
    await evicting(evict(cache, { batchSize: 10, tagsOf })).tag('tag:user:1', 'tag:user:24')
    expect(await left(cache, ...keys)).toEqual(keys.filter((key) => key !== 'user:1' && key !== 'user:24'))
    expect([...seen]).toEqual(expect.arrayContaining(keys.slice(2, 24)))
  })
})

describe.each(Object.entries(versions))('evict, of a %s', (_, Made) => {
  it('leaves other namespaces of a shared Map alone, also those that begin alike', async () => {
    const store = new Map<string, unknown>()
    const cache = new Made({ store, namespace: 'app' })
    const others = ['app2', 'other', 'ap'].map((namespace) => new Made({ store, namespace }))
    for (const each of [cache, ...others]) await fill(each, 'user:1')
    // A Keyv sets its namespace at its store, and here the last one did.
    await evicting(evict(cache)).matching('user:*')
    expect(await left(cache, 'user:1')).toEqual([])
    for (const other of others) expect(await left(other, 'user:1')).toEqual(['user:1'])
  })

  it('evicts the whole namespace for a pattern or a tag where the store can not list its names', async () => {
    const cache = new Made({ store: new FarStore() })
    await fill(cache, 'user:1', 'post:1')
    await evicting(evict(cache)).matching('user:*')
    expect(await left(cache, 'user:1', 'post:1')).toEqual([])
    await fill(cache, 'user:1', 'post:1')
    await evicting(evict(cache)).tag('a')
    expect(await left(cache, 'user:1', 'post:1')).toEqual(['user:1', 'post:1'])
    await evicting(evict(cache, { tagsOf: () => ['a'] })).tag('a')
    expect(await left(cache, 'user:1', 'post:1')).toEqual([])
  })

  it('rejects when the store fails, which a Keyv only emits', async () => {
    const store = new ListingStore()
    const cache = new Made({ store })
    cache.on('error', () => undefined)
    await fill(cache, 'user:1')
    store.error = new Error('the store is away')
    const evictor = evicting(evict(cache))
    await expect(evictor.key('user:1')).rejects.toThrow('the store is away')
    await expect(evictor.keys('user:1', 'user:2')).rejects.toThrow('the store is away')
    await expect(evictor.matching('user:*')).rejects.toThrow('the store is away')
    await expect(evictor.matching('*')).rejects.toThrow('the store is away')
    store.error = undefined
    await evictor.key('user:1')
    expect(await left(cache, 'user:1')).toEqual([])
  })

  it('listens to errors only while something is under way', async () => {
    const cache = new Made({ store: new FarStore() })
    const before = cache.listeners('error').length
    const evictor = evicting(evict(cache))
    const evictions = [evictor.key('user:1'), evictor.key('user:2'), evictor.matching('*')]
    expect(cache.listeners('error')).toHaveLength(before + 1)
    await Promise.all(evictions)
    expect(cache.listeners('error')).toHaveLength(before)
  })

  it('ends with the reason of a signal that aborts', async () => {
    const cache = new Made({ store: new ListingStore() })
    await fill(cache, 'user:1', 'user:2', 'user:3')
    const evictor = evicting(evict(cache, { batchSize: 1 }), AbortSignal.abort(new Error('enough')))
    await expect(evictor.key('user:1')).rejects.toThrow('enough')
    await expect(evictor.matching('user:*')).rejects.toThrow('enough')
    expect(await left(cache, 'user:1', 'user:2', 'user:3')).toHaveLength(3)
  })
})

describe('evict, of a Keyv 5', () => {
  it('refuses one that hides the errors of its store, unless that is in memory', () => {
    expect(() => evict(new Keyv({ store: new FarStore(), emitErrors: false }))).toThrow(
      'This Keyv has `emitErrors: false`, so an eviction that fails can not be seen',
    )
    evict(new Keyv({ emitErrors: false }))
  })

  it('evicts keys that begin with the namespace, before which Keyv puts no other, and more where they look alike', async () => {
    const cache = new Keyv({ namespace: 'user' })
    await fill(cache, 'user:1', 'user:2', 'post:1')
    const evictor = evicting(evict(cache))
    await evictor.keys('user:1')
    expect(await left(cache, 'user:1', 'user:2', 'post:1')).toEqual(['user:2', 'post:1'])
    await evictor.matching('user:2')
    expect(await left(cache, 'user:1', 'user:2', 'post:1')).toEqual(['post:1'])
    // Its name is `user:post:1`, as that of the key `user:post:1` would be.
    await evictor.matching('user:*')
    expect(await left(cache, 'user:1', 'user:2', 'post:1')).toEqual([])
  })
})

describe('evict, of a cache of cache-manager', () => {
  it('evicts keys and patterns from all of its stores', async () => {
    const near = new Keyv()
    const far = new Keyv({ store: new ListingStore() })
    const cache = createCache({ stores: [near, far] })
    for (const key of ['user:1', 'user:2', 'post:1']) await cache.set(key, key)
    const evictor = evicting(evict(cache))
    await evictor.matching('user:*')
    for (const store of [near, far]) expect(await left(store, 'user:1', 'user:2', 'post:1')).toEqual(['post:1'])
    await evictor.key('post:1')
    expect(await cache.get('post:1')).toBeUndefined()
  })

  it('takes one without stores of its own', async () => {
    const cache = createCache()
    await cache.set('user:1', 'x')
    await evicting(evict(cache)).matching('user:*')
    expect(await cache.get('user:1')).toBeUndefined()
  })
})
