import { expect, test } from 'vitest'
import { CacheBench, type Item } from './cache-bench.js'

const old: Item = { id: '1', version: 1 }
const fresh: Item = { id: '1', version: 2 }

test('a value is fresh for its time, and then loaded again', async () => {
  const bench = await CacheBench.start({ ttlMs: 1_000 })
  await bench.fill('1')
  await bench.runtime.advance(999)
  expect(bench.items.peek('1')).toEqual(old)
  await bench.runtime.advance(1)
  expect(bench.items.peek('1')).toBeUndefined()
  await bench.fill('1', 2)
  expect(bench.cache.stats().misses).toMatchObject({ absent: 1, ttl: 1 })
  await bench.close()
})

test('a time to live is shorter by up to its jitter, at random', async () => {
  const bench = await CacheBench.start({ ttlMs: 1_000, ttlJitterPercent: 50 })
  for (let id = 0; id < 100; id++) await bench.fill(String(id))
  await bench.runtime.advance(500)
  const present = (): number =>
    Array.from({ length: 100 }, (_, id) => bench.items.peek(String(id))).filter(Boolean).length
  expect(present()).toBeGreaterThan(95)
  await bench.runtime.advance(250)
  expect(present()).toBeGreaterThan(25)
  expect(present()).toBeLessThan(75)
  await bench.runtime.advance(250)
  expect(present()).toBe(0)
  await bench.close()
})

test('that there is no value is remembered for a time of its own', async () => {
  const bench = await CacheBench.start({ negativeTtlMs: 100 })
  const got = bench.items.get('1')
  await bench.runtime.settle()
  await bench.bring(null)
  expect(await got).toBeUndefined()
  expect(await bench.items.get('1')).toBeUndefined()
  await bench.handled((publisher) => publisher.update('item', '1'))
  await bench.fill('1')
  expect(bench.cache.stats()).toMatchObject({ hits: 1, negativeHits: 1, loads: 2 })
  await bench.close()
})

test('staleWhileRevalidateMs: a value past its time is served while it is loaded again, once', async () => {
  const bench = await CacheBench.start({ ttlMs: 100, staleWhileRevalidateMs: 100 })
  await bench.fill('1')
  await bench.runtime.advance(150)
  expect(bench.items.peek('1')).toBeUndefined()
  expect(await bench.items.get('1')).toEqual(old)
  expect(await bench.items.get('1')).toEqual(old)
  expect(bench.held).toHaveLength(1)
  await bench.bring(fresh)
  expect(bench.items.peek('1')).toEqual(fresh)
  await bench.runtime.advance(200)
  const got = bench.items.get('1')
  await bench.runtime.settle()
  await bench.bring({ id: '1', version: 3 })
  expect(await got).toMatchObject({ version: 3 })
  await bench.close()
})

test('a load in the background is fenced as each other, and its failures are reported once', async () => {
  const bench = await CacheBench.start({ ttlMs: 100, staleWhileRevalidateMs: 1_000, errorPauseMs: 0 })
  await bench.fill('1')
  await bench.runtime.advance(150)
  for (let each = 0; each < 3; each++) {
    expect(await bench.items.get('1')).toEqual(old)
    await bench.fail('no database')
  }
  expect(bench.errors.map(({ message }) => message)).toEqual(['no database'])
  expect(await bench.items.get('1')).toEqual(old)
  await bench.handled((publisher) => publisher.invalidate('item', '1'))
  await bench.bring(old)
  expect(bench.items.peek('1')).toBeUndefined()
  expect(bench.cache.stats()).toMatchObject({ fencedLoads: 1, failedLoads: 3 })
  await bench.close()
})

test('staleIfErrorMs: a value past its time is served if its load fails, and without another try for a pause', async () => {
  const bench = await CacheBench.start({ ttlMs: 100, staleIfErrorMs: 1_000, errorPauseMs: 50 })
  await bench.fill('1')
  await bench.runtime.advance(150)
  const got = bench.items.get('1')
  await bench.runtime.settle()
  await bench.fail('no database')
  expect(await got).toEqual(old)
  expect(await bench.items.get('1')).toEqual(old)
  expect(bench.held).toHaveLength(0)
  expect(bench.cache.stats().stale.error).toBe(2)
  await bench.runtime.advance(1_000)
  const failing = bench.items.get('1')
  failing.catch(() => {})
  await bench.runtime.settle()
  await bench.fail('no database')
  await expect(failing).rejects.toThrow('no database')
  await bench.close()
})

test('a stale value is never served past an invalidation', async () => {
  const bench = await CacheBench.start({
    ttlMs: 100,
    staleIfErrorMs: 1_000,
    staleWhileRevalidateMs: 0,
    softLoadTimeoutMs: 50,
  })
  await bench.fill('1')
  await bench.runtime.advance(150)
  const failing = bench.items.get('1')
  await bench.runtime.settle()
  await bench.handled((publisher) => publisher.invalidatePattern('item:*'))
  failing.catch(() => {})
  await bench.runtime.advance(50)
  await bench.fail('no database')
  await expect(failing).rejects.toThrow('no database')
  await bench.close()
})

test('softLoadTimeoutMs: a read waits no longer if a stale value may be served', async () => {
  const bench = await CacheBench.start({ ttlMs: 100, staleIfErrorMs: 1_000, softLoadTimeoutMs: 20 })
  const first = bench.items.get('1')
  await bench.runtime.advance(100)
  await bench.bring(old)
  expect(await first).toEqual(old)
  await bench.runtime.advance(150)
  expect(await bench.until(bench.items.get('1'))).toEqual(old)
  expect(bench.cache.stats().stale.timeout).toBe(1)
  await bench.bring(fresh)
  expect(bench.items.peek('1')).toEqual(fresh)
  await bench.close()
})

test('loadTimeoutMs: the load is aborted, its callers get the error, and a late value is dropped', async () => {
  const bench = await CacheBench.start({ loadTimeoutMs: 200 })
  const got = bench.items.get('1')
  got.catch(() => {})
  await bench.runtime.advance(200)
  await expect(got).rejects.toMatchObject({
    code: 'LOAD_TIMEOUT',
    message: expect.stringContaining('item:1') as string,
  })
  const [held] = bench.held
  expect(held?.context.signal.aborted).toBe(true)
  await bench.bring(old)
  expect(bench.items.peek('1')).toBeUndefined()
  await bench.fill('1', 2)
  await bench.close()
})

test('without proof that the cache is complete reads go to the loader, and are served again once it is back', async () => {
  const bench = await CacheBench.start({ maxStalenessMs: 5_000 })
  await bench.fill('1')
  bench.log.goDown()
  await bench.runtime.advance(4_000)
  expect(bench.items.peek('1')).toEqual(old)
  await bench.runtime.advance(2_000)
  expect(bench.items.peek('1')).toBeUndefined()
  expect(bench.cache.health()).toMatchObject({ status: 'down', serving: false })
  await bench.fill('1', 2)
  expect(bench.cache.stats().misses.unverified).toBe(1)
  bench.log.comeBack()
  await bench.until(bench.cache.caughtUp({ timeoutMs: 50_000 }))
  await bench.runtime.advance(2_000)
  expect(bench.items.peek('1')).toEqual(fresh)
  expect(bench.cache.health()).toMatchObject({ status: 'up', serving: true })
  await bench.close()
})

test("whenUnverified: 'serve' serves from memory all the same", async () => {
  const bench = await CacheBench.start({ maxStalenessMs: 5_000, whenUnverified: 'serve' })
  await bench.fill('1')
  bench.log.goDown()
  await bench.runtime.advance(60_000)
  expect(bench.items.peek('1')).toEqual(old)
  await bench.close()
})

test('without proof a read joins no load that began longer ago than the cache may be stale', async () => {
  const bench = await CacheBench.start({ maxStalenessMs: 5_000 })
  bench.log.goDown()
  await bench.runtime.advance(6_000)
  const first = bench.items.get('1')
  await bench.runtime.advance(4_000)
  const joined = bench.items.get('1')
  await bench.runtime.settle()
  expect(bench.held).toHaveLength(1)
  await bench.runtime.advance(2_000)
  const later = bench.items.get('1')
  await bench.runtime.settle()
  expect(bench.held).toHaveLength(2)
  await bench.bring(old)
  await bench.bring(fresh)
  expect(await Promise.all([first, joined, later])).toEqual([old, old, fresh])
  await bench.close()
})

test('a machine that slept serves nothing until the cache is proved complete, whatever its clock does', async () => {
  const bench = await CacheBench.start({ maxStalenessMs: 5_000 })
  await bench.fill('1')
  bench.log.goDown()
  await bench.runtime.advance(1_000)
  expect(bench.items.peek('1')).toEqual(old)
  bench.runtime.stepClock(3_600_000)
  expect(bench.items.peek('1')).toBeUndefined()
  await bench.close()
})

test('a wall clock that is set back does not keep values for longer', async () => {
  const bench = await CacheBench.start({ maxStalenessMs: 5_000, ttlMs: 60_000 })
  await bench.fill('1')
  bench.runtime.stepClock(-3_600_000)
  await bench.runtime.advance(50_000)
  expect(bench.items.peek('1')).toEqual(old)
  await bench.runtime.advance(12_000)
  expect(bench.items.peek('1')).toBeUndefined()
  await bench.fill('1', 2)
  bench.log.goDown()
  bench.runtime.stepClock(-3_600_000)
  await bench.runtime.advance(8_000)
  expect(bench.items.peek('1')).toBeUndefined()
  await bench.close()
})
