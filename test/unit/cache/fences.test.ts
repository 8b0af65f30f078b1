import { expect, test } from 'vitest'
import { CoherentCache } from '../../../src/cache.js'
import { silentLogger } from '../../support/silent-logger.js'
import { CacheBench, type Item } from './cache-bench.js'

const old: Item = { id: '1', version: 1 }
const fresh: Item = { id: '1', version: 2 }

test.each([
  ['a key', (bench: CacheBench) => bench.handled((publisher) => publisher.invalidate('item', '1'))],
  ['an update', (bench: CacheBench) => bench.handled((publisher) => publisher.update('item', '1'))],
  ['a batch', (bench: CacheBench) => bench.handled((publisher) => publisher.invalidateBatch(['a:1', 'item:1']))],
  ['a prefix', (bench: CacheBench) => bench.handled((publisher) => publisher.invalidatePattern('item:*'))],
  ['a glob', (bench: CacheBench) => bench.handled((publisher) => publisher.invalidatePattern('it[e]m:?'))],
  ['everything', (bench: CacheBench) => bench.handled((publisher) => publisher.invalidatePattern('*'))],
  ['a tag', (bench: CacheBench) => bench.handled((publisher) => publisher.invalidateTag('red'))],
])(
  '%s that is invalidated during a load: the value goes to its callers and is not stored',
  async (_name, invalidate) => {
    const bench = await CacheBench.start({}, { tags: () => ['red'] })
    const first = bench.items.get('1')
    await bench.runtime.settle()
    await invalidate(bench)
    const later = bench.items.get('1')
    await bench.runtime.settle()
    // The old load ends after the new one has begun, or joined.
    await bench.bring(old)
    expect(await first).toEqual(old)
    expect(bench.items.peek('1')).toBeUndefined()
    await bench.bring(fresh)
    expect(await bench.until(later)).toEqual(fresh)
    expect(bench.items.peek('1')).toEqual(fresh)
    expect(bench.cache.stats()).toMatchObject({ loads: 2, fencedLoads: 1 })
    await bench.close()
  },
)

test.each([
  ['a key', (bench: CacheBench) => bench.handled((publisher) => publisher.invalidate('item', '1')), 'key'],
  ['a prefix', (bench: CacheBench) => bench.handled((publisher) => publisher.invalidatePattern('item:*')), 'pattern'],
  ['everything', (bench: CacheBench) => bench.handled((publisher) => publisher.invalidatePattern('*')), 'resync'],
  ['a tag', (bench: CacheBench) => bench.handled((publisher) => publisher.invalidateTag(['blue', 'red'])), 'tag'],
] as const)('%s evicts what is in memory, and the next read says why it missed', async (_name, invalidate, reason) => {
  const bench = await CacheBench.start({}, { tags: () => ['red'] })
  await bench.fill('1')
  expect(await bench.items.get('1')).toEqual(old)
  await invalidate(bench)
  expect(bench.items.peek('1')).toBeUndefined()
  await bench.fill('1', 2)
  const { hits, misses } = bench.cache.stats()
  expect({ hits, ...misses }).toEqual({
    hits: 1,
    absent: 1,
    ttl: 0,
    key: 0,
    tag: 0,
    pattern: 0,
    resync: 0,
    unverified: 0,
    fenced: 0,
    [reason]: 1,
  })
  await bench.close()
})

test('a tag that is expired leaves its values to be served while they are loaded again', async () => {
  const bench = await CacheBench.start({}, { tags: () => ['red'] })
  await bench.fill('1')
  await bench.handled((publisher) => publisher.invalidateTag('red', { mode: 'expire' }))
  expect(bench.items.peek('1')).toBeUndefined()
  expect(await bench.items.get('1')).toEqual(old)
  expect(await bench.items.get('1')).toEqual(old)
  expect(bench.held).toHaveLength(1)
  await bench.bring(fresh)
  expect(await bench.items.get('1')).toEqual(fresh)
  expect(bench.cache.stats().stale.revalidate).toBe(2)
  await bench.close()
})

test('a tag that is expired during a load leaves its value to be loaded again', async () => {
  const bench = await CacheBench.start({}, { tags: () => ['red'] })
  const got = bench.items.get('1')
  await bench.runtime.settle()
  await bench.handled((publisher) => publisher.invalidateTag('red', { mode: 'expire' }))
  await bench.bring(old)
  expect(await got).toEqual(old)
  expect(bench.items.peek('1')).toBeUndefined()
  expect(await bench.items.get('1')).toEqual(old)
  await bench.bring(fresh)
  expect(bench.items.peek('1')).toEqual(fresh)
  await bench.close()
})

test('a caller that joined a load after a tag was invalidated does not get its value, although the load is void', async () => {
  const tags = ({ id }: Item): string[] => (id === '2' ? [] : ['red'])
  const bench = await CacheBench.start({}, { tags })
  const first = bench.items.get('1')
  await bench.runtime.settle()
  await bench.handled((publisher) => publisher.invalidateTag('red'))
  const joined = bench.items.get('1')
  await bench.runtime.settle()
  await bench.handled((publisher) => publisher.invalidate('item', '1'))
  // Another load ends meanwhile: it must not take the tag with it.
  const other = bench.items.get('2')
  await bench.runtime.settle()
  bench.held.reverse()
  await bench.bring({ id: '2', version: 1 })
  await other
  await bench.bring(old)
  expect(await first).toEqual(old)
  await bench.bring(fresh)
  expect(await joined).toEqual(fresh)
  await bench.close()
})

test('a tag is remembered for a load that runs, although the last entry that carried it made room', async () => {
  const bench = await CacheBench.start({ memory: { maxEntries: 1 } }, { tags: ({ id }) => (id === '3' ? [] : ['red']) })
  await bench.fill('2')
  const got = bench.items.get('1')
  await bench.runtime.settle()
  await bench.handled((publisher) => publisher.invalidateTag('red'))
  const other = bench.items.get('3')
  await bench.runtime.settle()
  bench.held.reverse()
  await bench.bring({ id: '3', version: 1 })
  await other
  expect(bench.cache.stats()).toMatchObject({ displaced: 1, entries: 1 })
  await bench.bring(old)
  await got
  expect(bench.items.peek('1')).toBeUndefined()
  await bench.close()
})

test('callers that joined after a tag was invalidated read again, by one load for all of them', async () => {
  const bench = await CacheBench.start({}, { tags: () => ['red'] })
  const first = bench.items.get('1')
  await bench.runtime.settle()
  await bench.handled((publisher) => publisher.invalidateTag('red'))
  const joined = Array.from({ length: 100 }, () => bench.items.get('1'))
  await bench.runtime.settle()
  expect(bench.held).toHaveLength(1)
  await bench.bring(old)
  expect(await first).toEqual(old)
  expect(bench.held).toHaveLength(1)
  await bench.bring(fresh)
  expect(new Set(await Promise.all(joined))).toEqual(new Set([fresh]))
  expect(bench.cache.stats().loads).toBe(2)
  await bench.close()
})

test('many callers share one load', async () => {
  const bench = await CacheBench.start()
  const callers = Array.from({ length: 50 }, () => bench.items.get('1'))
  callers.push(bench.items.getMany(['1']).then((values) => values.get('1')))
  await bench.runtime.settle()
  expect(bench.held).toHaveLength(1)
  await bench.bring(old)
  expect(new Set(await Promise.all(callers))).toEqual(new Set([old]))
  expect(bench.cache.stats()).toMatchObject({ loads: 1, joined: 50 })
  await bench.close()
})

test('each key of a bulk load is fenced by itself', async () => {
  const calls: (readonly string[])[] = []
  let bring = (): void => {}
  const bench = await CacheBench.start(
    {},
    {
      loadMany: (ids) => {
        calls.push(ids)
        const values = new Map(ids.map((id) => [id, { id, version: 1 }]))
        return new Promise((resolve) => (bring = () => resolve(values)))
      },
    },
  )
  const got = bench.items.getMany(['1', '2', '2', '3'])
  await bench.runtime.settle()
  await bench.handled((publisher) => publisher.invalidate('item', '2'))
  bring()
  expect([...(await bench.until(got)).keys()]).toEqual(['1', '2', '3'])
  expect(calls).toEqual([['1', '2', '3']])
  expect(['1', '2', '3'].map((id) => bench.items.peek(id)?.version)).toEqual([1, undefined, 1])
  await bench.close()
})

test('a value that the application sets is not replaced by a load that began before', async () => {
  const bench = await CacheBench.start()
  const got = bench.items.get('1')
  await bench.runtime.settle()
  bench.items.set('1', fresh)
  await bench.bring(old)
  expect(await got).toEqual(old)
  expect(bench.items.peek('1')).toEqual(fresh)
  bench.items.set('1', undefined)
  expect(await bench.items.get('1')).toBeUndefined()
  expect(bench.cache.stats().negativeHits).toBe(1)
  await bench.close()
})

test('what is dropped here stays elsewhere, and keeps a running load from being stored', async () => {
  const bench = await CacheBench.start()
  const got = bench.items.get('1')
  await bench.runtime.settle()
  bench.items.delete('1')
  await bench.bring(old)
  await got
  expect(bench.items.peek('1')).toBeUndefined()
  await bench.fill('1')
  bench.cache.clear()
  expect(bench.items.peek('1')).toBeUndefined()
  expect(bench.log.entries()).toHaveLength(1)
  await bench.close()
})

test('a load that began before the cache has caught up is not stored', async () => {
  const bench = await CacheBench.start()
  const { runtime, log } = bench
  log.goDown()
  const late = await bench.until(CoherentCache.connect(log, { service: 'late', runtime, logger: silentLogger }))
  let bring: (value: string) => void = () => {}
  const got = late.getOrLoad('report:1', () => new Promise<string>((resolve) => (bring = resolve)))
  await runtime.settle()
  log.comeBack()
  await bench.until(late.caughtUp({ timeoutMs: 50_000 }))
  bring('old')
  expect(await bench.until(got)).toBe('old')
  expect(late.stats()).toMatchObject({ entries: 0, loads: 1 })
  await bench.until(late.close())
  await bench.close()
})
