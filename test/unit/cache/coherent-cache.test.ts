import { expect, test } from 'vitest'
import { CoherentCache } from '../../../src/cache.js'
import { ConfigurationError, InvalidationPublisher, InvalidationSubscriber } from '../../../src/index.js'
import { MemoryLog } from '../../../src/testing.js'
import { VirtualRuntime } from '../../support/virtual-runtime.js'
import { CacheBench, type Item } from './cache-bench.js'

const old: Item = { id: '1', version: 1 }
const fresh: Item = { id: '1', version: 2 }

test('update writes and evicts everywhere: a read after it sees what was written', async () => {
  const bench = await CacheBench.start()
  const other = await bench.until(CoherentCache.connect(bench.log, { service: 'other', runtime: bench.runtime }))
  let version = 1
  const theirs = other.entity('item', { load: (id) => ({ id, version }) })
  await bench.until(other.caughtUp())
  await bench.fill('1')
  await theirs.get('1')
  const running = bench.items.get('2')
  await bench.runtime.settle()
  const before = bench.log.entries().length
  const updated = bench.items.update('1', () => Promise.resolve((version = 2)))
  expect(await bench.until(updated)).toBe(2)
  expect(bench.items.peek('1')).toBeUndefined()
  await bench.runtime.settle()
  expect(await theirs.get('1')).toEqual(fresh)
  await bench.bring({ id: '2', version: 1 })
  await running
  expect(bench.log.entries()).toHaveLength(before + 1)
  await bench.until(other.close())
  await bench.close()
})

test('a write that fails evicts all the same, since it may have been written', async () => {
  const bench = await CacheBench.start()
  await bench.fill('1')
  const before = bench.log.entries().length
  const updated = bench.items.update('1', () => {
    throw new Error('connection lost at COMMIT')
  })
  await expect(updated).rejects.toThrow('connection lost at COMMIT')
  expect(bench.items.peek('1')).toBeUndefined()
  await bench.runtime.settle()
  expect(bench.log.entries()).toHaveLength(before + 1)
  await bench.close()
})

test('nothing is written if it can not be published that it was', async () => {
  const bench = await CacheBench.start()
  const writes: string[] = []
  await expect(bench.items.update('', () => writes.push('empty id'))).rejects.toMatchObject({ code: 'INVALID_MESSAGE' })
  await expect(bench.items.update('x'.repeat(9_000), () => writes.push('long id'))).rejects.toMatchObject({
    code: 'INVALID_MESSAGE',
  })
  const { runtime, log } = bench
  const subscriber = await bench.until(InvalidationSubscriber.connect(log, { runtime }))
  const cache = CoherentCache.attach({ subscriber }, { runtime })
  const items = cache.entity('item', { load: () => old })
  await expect(items.update('1', () => writes.push('no publisher'))).rejects.toThrow(/without one/)
  await expect(items.invalidate('1')).rejects.toThrow(/without one/)
  await expect(cache.invalidate('item:1')).rejects.toThrow(/without one/)
  await expect(cache.invalidateTag('red')).rejects.toThrow(/without one/)
  expect(writes).toEqual([])
  await bench.until(Promise.all([cache.close(), subscriber.close()]))
  await bench.close()
})

test('invalidate evicts here at once, also while Redis is away', async () => {
  const bench = await CacheBench.start()
  await bench.fill('1')
  bench.log.goDown()
  const invalidated = bench.items.invalidate('1')
  expect(bench.items.peek('1')).toBeUndefined()
  bench.log.comeBack()
  await bench.until(invalidated)
  await bench.fill('1')
  await bench.until(bench.cache.invalidate(['item:1', 'report:7']))
  expect(bench.items.peek('1')).toBeUndefined()
  await bench.close()
})

test('getOrLoad and wrap load once, and their tags evict', async () => {
  const bench = await CacheBench.start()
  let loads = 0
  const report = (): Promise<number | undefined> =>
    bench.cache.getOrLoad('report:7', () => Promise.resolve((loads += 1)), { tags: ['reports'], ttlMs: 1_000 })
  expect([await report(), await report()]).toEqual([1, 1])
  await bench.until(bench.cache.invalidateTag('reports'))
  await bench.runtime.settle()
  expect(await report()).toBe(2)
  const top = bench.cache.wrap((count: number) => Array.from({ length: count }, (_, index) => index), {
    key: (count) => `top:${count}`,
    tags: (_value, count) => [`top-${count}`],
  })
  expect([await top(2), await top(2), await top(3)]).toEqual([
    [0, 1],
    [0, 1],
    [0, 1, 2],
  ])
  expect(bench.cache.stats()).toMatchObject({ loads: 4, hits: 2 })
  await bench.until(bench.cache.invalidateTag('top-2'))
  await bench.runtime.settle()
  await top(2)
  await top(3)
  expect(bench.cache.stats()).toMatchObject({ loads: 5, hits: 3 })
  await bench.close()
})

test('a loader says what it knows: time to live, tags, that nothing is to be stored, that nothing has changed', async () => {
  const bench = await CacheBench.start({ ttlMs: 100, staleIfErrorMs: 1_000 })
  const got = bench.items.get('1')
  await bench.runtime.settle()
  bench.held[0]?.context.ttlMs(1_000)
  bench.held[0]?.context.tags('red')
  expect(bench.held[0]?.context.stale).toBeUndefined()
  expect(() => bench.held[0]?.context.notModified()).toThrow(ConfigurationError)
  await bench.bring(old)
  await got
  await bench.runtime.advance(999)
  expect(bench.items.peek('1')).toEqual(old)
  await bench.runtime.advance(1)
  const again = bench.items.get('1')
  await bench.runtime.settle()
  const [held] = bench.held
  expect(held?.context.stale).toEqual(old)
  await bench.bring(held?.context.notModified())
  expect(await again).toEqual(old)
  expect(bench.items.peek('1')).toEqual(old)
  // It has kept its tags.
  await bench.handled((publisher) => publisher.invalidateTag('red'))
  expect(bench.items.peek('1')).toBeUndefined()
  const skipped = bench.items.get('1')
  await bench.runtime.settle()
  bench.held[0]?.context.skip()
  await bench.bring(fresh)
  expect(await skipped).toEqual(fresh)
  expect(bench.items.peek('1')).toBeUndefined()
  await bench.close()
})

test('getMany gives what there is in the order of the ids, from memory and by one load', async () => {
  const calls: (readonly string[])[] = []
  const bench = await CacheBench.start(
    {},
    {
      loadMany: (ids, context) => {
        calls.push(ids)
        if (ids.includes('3')) context.for('3').tags('three')
        context.for(ids[0] ?? '').tags('first')
        return new Map(ids.filter((id) => id !== '2').map((id) => [id, { id, version: 1 }]))
      },
    },
  )
  await bench.fill('4')
  const got = await bench.until(bench.items.getMany(['3', '2', '1', '4', '1']))
  expect([...got.keys()]).toEqual(['3', '1', '4'])
  expect(calls).toEqual([['3', '2', '1']])
  expect([...(await bench.items.getMany(['1', '2', '3'])).keys()]).toEqual(['1', '3'])
  expect(calls).toHaveLength(1)
  await bench.handled((publisher) => publisher.invalidateTag('three'))
  await bench.handled((publisher) => publisher.invalidate('item', '2'))
  await bench.until(bench.items.getMany(['1', '2', '3']))
  expect(calls[1]).toEqual(['2', '3'])
  expect(calls).toHaveLength(2)
  await bench.close()
})

test('loadMany rejects rows and names the map it expects: rows in any order would be taken for each other', async () => {
  const bench = await CacheBench.start({}, { loadMany: () => [old] as never })
  await expect(bench.until(bench.items.getMany(['1', '2']))).rejects.toThrow(/Expected `loadMany` .* to return a Map/)
  await bench.close()
})

test('a loader that fails rejects for its callers, and the next read loads again', async () => {
  const bench = await CacheBench.start()
  const callers = [bench.items.get('1'), bench.items.get('1')]
  for (const caller of callers) caller.catch(() => {})
  await bench.runtime.settle()
  await bench.fail('no database')
  for (const caller of callers) await expect(caller).rejects.toThrow('no database')
  await bench.fill('1')
  expect(bench.cache.stats()).toMatchObject({ loads: 2, failedLoads: 1 })
  await bench.close()
})

test('tags that can not be computed fail the load: nothing would evict the value', async () => {
  const bench = await CacheBench.start(
    {},
    {
      tags: () => {
        throw new Error('no tenant')
      },
    },
  )
  const got = bench.items.get('1')
  got.catch(() => {})
  await bench.runtime.settle()
  await bench.bring(old)
  await expect(got).rejects.toThrow('no tenant')
  expect(bench.cache.stats().entries).toBe(0)
  await bench.close()
})

test('values are frozen, deeply, or copied for each reader', async () => {
  const frozen = await CacheBench.start({ freeze: true })
  await frozen.fill('1')
  const got = frozen.items.get('2')
  await frozen.runtime.settle()
  await frozen.bring({ id: '2', version: 1, parts: { count: 1 } })
  const value = await got
  expect(() => Object.assign(value?.parts ?? {}, { count: 2 })).toThrow(TypeError)
  await frozen.close()

  const cloned = await CacheBench.start({ freeze: false, clone: true })
  await cloned.fill('1')
  const mine = cloned.items.peek('1')
  Object.assign(mine ?? {}, { version: 99 })
  expect(cloned.items.peek('1')).toEqual(old)
  await cloned.close()
})

test('several caches share the connections of the application, and leave them open', async () => {
  const runtime = new VirtualRuntime()
  const log = new MemoryLog({ runtime })
  const subscriber = await runtime.runUntil(InvalidationSubscriber.connect(log, { runtime }), 1_000)
  const publisher = await runtime.runUntil(InvalidationPublisher.connect(log, 'app', { runtime }), 1_000)
  const caches = [1, 2].map((number) =>
    CoherentCache.attach({ subscriber, publisher }, { name: `c${number}`, runtime }),
  )
  const entities = caches.map((cache, index) => cache.entity('item', { load: () => index }))
  for (const cache of caches) await runtime.runUntil(cache.caughtUp(), 1_000)
  expect(await Promise.all(entities.map((entity) => entity.get('1')))).toEqual([0, 1])
  await runtime.runUntil(publisher.invalidate('item', '1'), 1_000)
  await runtime.settle()
  expect(entities.map((entity) => entity.peek('1'))).toEqual([undefined, undefined])
  for (const cache of caches) await runtime.runUntil(cache.close(), 1_000)
  await runtime.runUntil(publisher.invalidate('item', '1'), 1_000)
  await expect(entities[0]?.get('1')).rejects.toMatchObject({ code: 'CLOSED' })
  await runtime.runUntil(Promise.all([subscriber.close(), publisher.close()]), 1_000)
})

test('close ends running loads, and rejects for everyone who waits', async () => {
  const bench = await CacheBench.start()
  const got = bench.items.get('1')
  got.catch(() => {})
  await bench.runtime.settle()
  await bench.close()
  await expect(got).rejects.toMatchObject({ code: 'CLOSED' })
  expect(bench.held[0]?.context.signal.aborted).toBe(true)
  await expect(bench.items.getMany(['1'])).rejects.toMatchObject({ code: 'CLOSED' })
  expect(() => bench.items.set('1', old)).toThrow('closed')
  expect(bench.cache.stats().running).toBe(0)
})

test('bad input is refused by name', async () => {
  const bench = await CacheBench.start()
  const { cache } = bench
  expect(() => cache.entity('item', { load: () => 1 })).toThrow(/one entity `item`/)
  expect(() => cache.entity('User', { load: () => 1 })).toThrow(/Expected 'user', got 'User'/)
  expect(() => cache.entity('other', {})).toThrow(/`load` or `loadMany`/)
  expect(() => cache.entity('other', { load: () => 1, ttl: 5 } as never)).toThrow(/Unknown option `ttl`/)
  expect(() => cache.entity('other', { load: () => 1, ttlMs: -1 })).toThrow(/`ttlMs`/)
  expect(() => bench.items.get(7 as never)).toThrow(/to be strings/)
  await expect(cache.getOrLoad(7 as never, () => 1)).rejects.toThrow(/a key and a function/)
  expect(() => CoherentCache.attach({ subscriber: {} as never })).toThrow(/to be an InvalidationSubscriber/)
  await expect(CoherentCache.connect(bench.log, { service: '' })).rejects.toThrow(/`service`/)
  await expect(CoherentCache.connect(bench.log, { service: 'a', maxStalenessMs: 2_000 })).rejects.toThrow(
    /three heartbeats/,
  )
  await bench.close()
})
