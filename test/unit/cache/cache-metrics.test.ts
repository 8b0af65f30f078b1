import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CoherentCache } from '../../../src/cache.js'
import { InvalidationPublisher, InvalidationSubscriber } from '../../../src/index.js'
import { instruments } from '../../../src/telemetry/instruments.js'
import { CachedFleet } from '../../support/cached-fleet.js'
import { CollectedMetrics } from '../../support/collected-metrics.js'

let collected: CollectedMetrics
let fleet: CachedFleet
let channels = 0

/** What is measured is kept by channel for the life of the process: each test has one of its own. */
beforeEach(() => {
  collected = CollectedMetrics.setUp()
  fleet = new CachedFleet({ channel: `cache-metrics-${++channels}` })
})

afterEach(() => collected.tearDown())

const of = (name: string) => ({
  'messaging.system': 'redis',
  'messaging.destination.name': fleet.log.channel,
  'cache_invalidation.subscription': name,
})
const memory = { 'cache_invalidation.tier': 'memory' }
const because = (reason: string) => ({ ...of('users'), ...memory, 'cache_invalidation.reason': reason })

describe('the metrics of a cache', () => {
  it('count hits, and those that say that there is no value', async () => {
    const cache = await fleet.cache({ name: 'users' })
    const users = cache.entity<string>('user', { load: (id) => (id === 'none' ? undefined : id) })
    await fleet.read(users, '1', '1', '1', 'none', 'none')
    await collected.collect()

    expect(collected.values(instruments.cacheHits.name, { ...of('users'), ...memory })).toEqual([3])
    expect(collected.values(instruments.cacheNegativeHits.name, { ...of('users'), ...memory })).toEqual([1])
  })

  it('count misses by reason, each reason from the beginning', async () => {
    const cache = await fleet.cache({ name: 'users', ttlMs: 500 })
    const users = cache.entity<string>('user', { load: (id) => id, tags: () => ['all'] })
    const misses = async () => {
      await collected.collect()
      const reasons = ['absent', 'ttl', 'key', 'tag', 'pattern', 'resync', 'unverified', 'fenced']
      return Object.fromEntries(
        reasons.map((reason) => [reason, collected.values(instruments.cacheMisses.name, because(reason))[0]]),
      )
    }
    const nothing = { absent: 0, ttl: 0, key: 0, tag: 0, pattern: 0, resync: 0, unverified: 0, fenced: 0 }
    expect(await misses()).toEqual(nothing)

    await fleet.read(users, '1')
    await fleet.runtime.advance(501)
    await fleet.read(users, '1')
    await fleet.done(users.invalidate('1'))
    await fleet.read(users, '1')
    await fleet.done(cache.invalidateTag('all'))
    await fleet.read(users, '1')
    const publisher = await fleet.publisher()
    await fleet.done(publisher.invalidatePattern('user:*'))
    await fleet.read(users, '1')
    cache.clear()
    await fleet.read(users, '1')
    expect(await misses()).toEqual({ ...nothing, absent: 1, ttl: 1, key: 1, tag: 1, pattern: 1, resync: 1 })
    const evictions = (reason: string) => collected.values(instruments.cacheEvictions.name, because(reason))
    expect(['key', 'tag', 'pattern', 'resync'].map(evictions)).toEqual([[1], [1], [1], [1]])

    fleet.log.goDown()
    await fleet.runtime.advance(11_000)
    await fleet.read(users, '1')
    expect(await misses()).toMatchObject({ unverified: 1 })
  })

  it('count loads that begin, are joined, fail and are fenced, and time them by outcome', async () => {
    const cache = await fleet.cache({ name: 'users' })
    const users = cache.entity('user', { load: fleet.slow(20) })
    const failing = cache.entity<string>('post', { load: () => Promise.reject(new TypeError('no')) })
    const [first, joined] = [users.get('1'), users.get('1')]
    await fleet.runtime.advance(10)
    await collected.collect()
    expect(collected.values(instruments.cacheRunningLoads.name, of('users'))).toEqual([1])
    users.delete('1')
    await fleet.done(Promise.all([first, joined]))
    await fleet.done(users.get('1'))
    await fleet.done(failing.get('1').catch(() => undefined))
    await fleet.done(cache.getOrLoad('other', (context) => context.skip()))
    await collected.collect()

    const counts = ['cacheLoads', 'cacheJoined', 'cacheFencedLoads', 'cacheFailedLoads', 'cacheRunningLoads'] as const
    expect(counts.map((count) => collected.values(instruments[count].name, of('users')))).toEqual([
      [4],
      [1],
      [1],
      [1],
      [0],
    ])
    const timed = (outcome: string) =>
      collected.histogram(instruments.cacheLoad.name, { ...of('users'), 'cache_invalidation.outcome': outcome })
    expect(timed('fenced')).toEqual({ count: 1, sum: 0.02 })
    expect(timed('stored')).toEqual({ count: 1, sum: 0.02 })
    expect(timed('skipped')).toEqual({ count: 1, sum: 0 })
    expect(timed('failed')).toEqual({ count: 1, sum: 0 })
    expect(collected.histogram(instruments.cacheLoad.name, { ...of('users'), 'error.type': 'TypeError' }).count).toBe(1)
  })

  it('count stale values that are served, by reason', async () => {
    const cache = await fleet.cache({ name: 'users', ttlMs: 100 })
    let fails = false
    const answer = (id: string) => {
      if (fails) throw new Error('no')
      return id
    }
    const swr = cache.entity('swr', { load: answer, staleWhileRevalidateMs: 1_000 })
    const sie = cache.entity('sie', { load: answer, staleIfErrorMs: 1_000 })
    const slow = cache.entity('slow', { load: fleet.slow(50), staleIfErrorMs: 1_000, softLoadTimeoutMs: 10 })
    for (const entity of [swr, sie, slow]) await fleet.read(entity, '1')
    await fleet.runtime.advance(101)
    fails = true
    for (const entity of [swr, sie, slow]) await fleet.read(entity, '1')
    await collected.collect()

    const stale = (reason: string) => collected.values(instruments.cacheStale.name, because(reason))
    expect(['revalidate', 'error', 'timeout'].map(stale)).toEqual([[1], [1], [1]])
  })

  it('show entries, their bytes, what made room, and what was handled', async () => {
    const cache = await fleet.cache({ name: 'users', memory: { maxEntries: 2, maxBytes: 1_000, sizeOf: () => 100 } })
    const users = cache.entity<string>('user', { load: (id) => id })
    await fleet.read(users, '1', '2', '3')
    await fleet.done(users.invalidate('3'))
    await collected.collect()

    const tiered = (name: string) => collected.values(name, { ...of('users'), ...memory })
    expect(tiered(instruments.cacheEntries.name)).toEqual([1])
    expect(tiered(instruments.cacheSize.name)).toEqual([100])
    expect(tiered(instruments.cacheDisplaced.name)).toEqual([1])
    expect(collected.values(instruments.cacheInvalidations.name, of('users'))).toEqual([1])
  })

  it('of one name are summed, and go on from there once one is closed', async () => {
    const [first, second] = [await fleet.cache({ name: 'users' }), await fleet.cache({ name: 'users' })]
    const other = await fleet.cache({ name: 'posts' })
    for (const cache of [first, second, other]) {
      await fleet.read(cache.entity<string>('user', { load: (id) => id }), '1', '1')
    }
    const seen = async (name: string) => {
      await collected.collect()
      return [instruments.cacheHits, instruments.cacheEntries].map((each) => collected.values(each.name, of(name)))
    }
    expect(await seen('users')).toEqual([[2], [2]])
    expect(await seen('posts')).toEqual([[1], [1]])
    await fleet.done(first.close())
    expect(await seen('users')).toEqual([[2], [1]])
    await fleet.done(second.close())
    expect(await seen('users'), 'what is gone has no entries').toEqual([[2], [0]])
  })

  it('are those of a cache on the connections of the application, too', async () => {
    const { runtime } = fleet
    const subscriber = await fleet.done(InvalidationSubscriber.connect(fleet.log, { runtime }))
    const publisher = await fleet.done(InvalidationPublisher.connect(fleet.log, 'web', { runtime }))
    const cache = CoherentCache.attach({ subscriber, publisher }, { name: 'users', runtime })
    await fleet.done(cache.caughtUp())
    await fleet.read(cache.entity<string>('user', { load: (id) => id }), '1', '1')
    await collected.collect()

    expect(collected.values(instruments.cacheHits.name, of('users'))).toEqual([1])
  })

  it('record nothing while no provider is set, and go on with one that is set later', async () => {
    await collected.tearDown()
    const cache = await fleet.cache({ name: 'users' })
    const users = cache.entity<string>('user', { load: (id) => id })
    await fleet.read(users, '1', '1')
    collected = CollectedMetrics.setUp()
    await fleet.read(users, '2', '2')
    await collected.collect()

    expect(collected.values(instruments.cacheHits.name, of('users')), 'counts are those of stats()').toEqual([2])
    expect(collected.histogram(instruments.cacheLoad.name, of('users')).count).toBe(1)
  })
})
