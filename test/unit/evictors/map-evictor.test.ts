import { LRUCache } from 'lru-cache'
import { LRUCache as LRUCache10 } from 'lru-cache10'
import QuickLRU from 'quick-lru'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { evict, type MapTarget } from '../../../src/index.js'
import { evicting } from '../../support/evicting.js'

interface Filled extends MapTarget<string> {
  set(key: string, value: string): unknown
}

const caches: readonly (readonly [name: string, make: () => Filled])[] = [
  ['a Map', () => new Map<string, string>()],
  ['lru-cache 11', () => new LRUCache<string, string>({ max: 1_000_000 })],
  ['lru-cache 10', () => new LRUCache10<string, string>({ max: 1_000_000 })],
  ['quick-lru', () => new QuickLRU<string, string>({ maxSize: 1_000_000 })],
]

function left(cache: MapTarget<unknown>): unknown[] {
  return [...cache.keys()].toSorted()
}

function fill(cache: Filled, ...keys: readonly string[]): void {
  for (const key of keys) cache.set(key, key)
}

afterEach(() => {
  vi.useRealTimers()
})

describe.each(caches)('evict, of %s', (_, make) => {
  it('evicts the keys that a message names, at once', () => {
    const cache = make()
    fill(cache, 'user:1', 'user:2', 'post:1', 'post:2')
    const evictor = evicting(evict(cache))
    void evictor.key('user:1')
    expect(left(cache)).toEqual(['post:1', 'post:2', 'user:2'])
    void evictor.keys('user:2', 'post:2', 'user:9')
    expect(left(cache)).toEqual(['post:1'])
  })

  it('evicts the keys that a pattern matches, and everything for `*`', async () => {
    const cache = make()
    fill(cache, 'user:1', 'user:12', 'user:2', 'a*b', 'aab')
    const evictor = evicting(evict(cache))
    await evictor.matching('user:1*')
    expect(left(cache)).toEqual(['a*b', 'aab', 'user:2'])
    await evictor.matching('a\\*b')
    expect(left(cache)).toEqual(['aab', 'user:2'])
    await evictor.matching('*')
    expect(left(cache)).toEqual([])
  })

  it('evicts only keys with its prefix, which is no glob', async () => {
    const cache = make()
    fill(cache, 'p*[:user:1', 'p*[:user:2', 'pp[:user:1', 'user:1')
    const evictor = evicting(evict(cache, { prefix: 'p*[:' }))
    await evictor.key('user:1')
    expect(left(cache)).toEqual(['p*[:user:2', 'pp[:user:1', 'user:1'])
    await evictor.matching('*')
    expect(left(cache)).toEqual(['pp[:user:1', 'user:1'])
  })

  it('evicts nothing by a tag, but for `tagsOf` what carries it', async () => {
    const cache = make()
    fill(cache, 'user:1', 'user:2')
    await evicting(evict(cache)).tag('user:1')
    expect(left(cache)).toEqual(['user:1', 'user:2'])
    const seen: string[] = []
    const tagsOf = (value: string, key: string): string[] => {
      seen.push(key)
      return [value, 'all']
    }
    const evictor = evicting(evict(cache, { tagsOf }))
    await evictor.tag('none', 'user:1')
    expect(left(cache)).toEqual(['user:2'])
    expect(seen.toSorted()).toEqual(['user:1', 'user:2'])
    await evictor.tag('all')
    expect(left(cache)).toEqual([])
  })
})

describe.each(caches.slice(0, 3))('evict, of a large cache: %s', (_, make) => {
  it('lets the event loop turn again and again, and finds what is read meanwhile', async () => {
    const cache = make()
    const keys = Array.from({ length: 200_000 }, (_each, index) => `user:${index}`)
    for (const key of [...keys, 'post:1']) fill(cache, key)
    let turns = 0
    let isOver = false
    const turn = (): void => {
      turns += 1
      // A read moves an entry to the other end of an LRU's list.
      for (let index = 0; index < 500; index++) cache.get(`user:${(turns * 7_919 + index * 401) % keys.length}`)
      if (!isOver) setImmediate(turn)
    }
    setImmediate(turn)
    await evicting(evict(cache)).matching('user:[0-9]*')
    isOver = true
    expect(turns).toBeGreaterThan(3)
    expect(left(cache)).toEqual(['post:1'])
  })

  it('ends with the reason of a signal that aborts, between two slices', async () => {
    const cache = make()
    for (let index = 0; index < 200_000; index++) fill(cache, `user:${index}`)
    const aborting = new AbortController()
    const matching = evicting(evict(cache), aborting.signal).matching('user:*')
    aborting.abort(new Error('enough'))
    await expect(matching).rejects.toThrow('enough')
    expect(left(cache).length).toBeGreaterThan(1_000)
  })
})

describe('evict, of a Map', () => {
  it('ends a slice when its time is over', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    let deleted = 0
    const perTurn: number[] = []
    class Slow extends Map<string, string> {
      override delete(key: string): boolean {
        vi.advanceTimersByTime(1)
        deleted += 1
        return super.delete(key)
      }
    }
    const cache = new Slow()
    fill(cache, ...Array.from({ length: 1_000 }, (_, index) => `user:${index}`))
    const isOver = evicting(evict(cache)).matching('user:*')
    while (cache.size > 0) {
      await new Promise(setImmediate)
      perTurn.push(deleted)
      deleted = 0
    }
    await isOver
    expect(Math.max(...perTurn)).toBeLessThanOrEqual(128)
    expect(perTurn.length).toBeGreaterThan(5)
  })

  it('leaves keys alone that are no strings, except for `*`', async () => {
    const cache = new Map<unknown, string>([
      [1, 'x'],
      ['1', 'x'],
      [Symbol('1'), 'x'],
    ])
    await evicting(evict(cache)).matching('?')
    expect([...cache.keys()]).toHaveLength(2)
    await evicting(evict(cache)).matching('*')
    expect(cache.size).toBe(0)
  })

  it('rejects for a cache whose keys come later, and for `tagsOf` that returns no list', async () => {
    const later = { ...functions(), keys: () => Promise.resolve([]) } as unknown as MapTarget<string>
    await expect(evicting(evict(later)).matching('user:*')).rejects.toThrow(
      'Expected `keys()` of the cache to return an iterator of its keys, got a promise',
    )
    const noTags = (() => undefined) as unknown as () => string[]
    await expect(evicting(evict(new Map([['user:1', 'x']]), { tagsOf: noTags })).tag('a')).rejects.toThrow(
      'Expected `tagsOf` to return an array of tags, got undefined for the key "user:1"',
    )
  })

  it('takes an lru-cache behind a proxy', async () => {
    const cache = new LRUCache<string, string>({ max: 10 })
    fill(cache, 'user:1', 'post:1')
    const proxy = new Proxy(cache, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function' || name === 'constructor') return value
        return (...args: unknown[]): unknown => Reflect.apply(value, target, args)
      },
    })
    await evicting(evict(proxy)).matching('user:*')
    expect(left(cache)).toEqual(['post:1'])
  })
})

function functions(): object {
  const nothing = (): boolean => false
  return { has: nothing, get: nothing, delete: nothing, clear: nothing, keys: () => [] }
}
