import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CoherentCache } from '../../../src/cache.js'
import { InvalidationSubscriber } from '../../../src/index.js'
import { CachedFleet } from '../../support/cached-fleet.js'
import { idsOf, parentOf, TracedSpans, withinUnsampled } from '../../support/traced-spans.js'

let spans: TracedSpans
let fleet: CachedFleet

beforeEach(() => {
  spans = TracedSpans.setUp()
  fleet = new CachedFleet()
})

afterEach(() => spans.tearDown())

const loads = () => spans.of('load').map(({ attributes }) => attributes)

describe('the span of a load', () => {
  it('is a child of what the reader does, and what the loader does is below it', async () => {
    const cache = await fleet.cache({ name: 'catalog' })
    const users = cache.entity<string>('user', { load: (id) => spans.within('query', () => Promise.resolve(id)) })
    await fleet.done(spans.within('request', () => users.get('1')))

    const load = spans.one('load')
    expect(load.name).toBe('load cache:invalidate')
    expect(load.kind).toBe(SpanKind.INTERNAL)
    expect(parentOf(load)).toBe(idsOf(spans.one('request')))
    expect(parentOf(spans.one('query'))).toBe(idsOf(load))
    expect(load.status.code).toBe(SpanStatusCode.UNSET)
    expect(load.attributes, 'no key, no id, and nothing of messaging').toEqual({
      'cache_invalidation.subscription': 'catalog',
      'cache_invalidation.entity_type': 'user',
      'cache_invalidation.reason': 'absent',
      'cache_invalidation.outcome': 'stored',
    })
  })

  it('is missing for a hit, for a read that joins, and without tracing', async () => {
    const cache = await fleet.cache()
    const users = cache.entity('user', { load: fleet.slow(10) })
    await fleet.done(Promise.all([users.get('1'), users.get('1')]))
    await fleet.done(users.get('1'))
    expect(spans.of('load')).toHaveLength(1)

    const { log, runtime } = fleet
    const subscriber = await fleet.done(InvalidationSubscriber.connect(log, { runtime }))
    const attached = CoherentCache.attach({ subscriber }, { tracing: false, runtime })
    for (const untraced of [await fleet.cache({ tracing: false }), attached]) {
      const posts = untraced.entity<string>('post', { load: (id) => id })
      await fleet.read(posts, '1')
    }
    expect(spans.of('load')).toHaveLength(1)
  })

  it('says nothing of a key that is not of an entity', async () => {
    const cache = await fleet.cache()
    await fleet.done(cache.getOrLoad('ada@example.com:mails', () => 'some'))
    await fleet.done(cache.wrap((id: string) => id, { key: (id) => `wrapped:${id}` })('1'))
    const stored = { 'cache_invalidation.reason': 'absent', 'cache_invalidation.outcome': 'stored' }
    expect(loads()).toEqual([stored, stored])
  })

  it('says why, and how it ended: fenced, skipped', async () => {
    const cache = await fleet.cache({ ttlMs: 100, staleWhileRevalidateMs: 1_000 })
    const users = cache.entity('user', { load: fleet.slow(10) })
    const reading = users.get('1')
    await fleet.runtime.advance(5)
    users.delete('1')
    await fleet.done(reading)
    await fleet.done(users.get('1'))
    await fleet.runtime.advance(101)
    await fleet.done(users.get('1'))
    await fleet.runtime.advance(11)
    await fleet.done(cache.getOrLoad('other', (load) => load.skip()))

    expect(
      loads().map((each) => [each['cache_invalidation.reason'], each['cache_invalidation.outcome']]),
      'the third is in the background',
    ).toEqual([
      ['absent', 'fenced'],
      ['fenced', 'stored'],
      ['revalidate', 'stored'],
      ['absent', 'skipped'],
    ])
  })

  it('says what a load failed with, also that it took too long or that the cache was closed', async () => {
    const cache = await fleet.cache({ loadTimeoutMs: 50 })
    const failing = cache.entity<string>('post', { load: () => Promise.reject(new TypeError('no')) })
    const slow = cache.entity('user', { load: fleet.slow(1_000) })
    await fleet.done(failing.get('1').catch(() => undefined))
    await fleet.done(slow.get('1').catch(() => undefined))
    const closed = slow.get('2').catch(() => undefined)
    await fleet.done(cache.close())
    await closed

    expect(spans.of('load').map(({ status }) => status.code)).toEqual(Array(3).fill(SpanStatusCode.ERROR))
    expect(loads().map((each) => [each['error.type'], each['cache_invalidation.outcome']])).toEqual([
      ['TypeError', 'failed'],
      ['LOAD_TIMEOUT', 'failed'],
      ['CLOSED', 'failed'],
    ])
    expect(spans.of('load')[0]?.events.map(({ name }) => name)).toEqual(['exception'])
  })

  it('is one for all keys that a read loads, and says how many', async () => {
    const cache = await fleet.cache()
    const users = cache.entity<string>('user', { loadMany: (ids) => new Map(ids.map((id) => [id, id])) })
    await fleet.done(users.getMany(['1', '2', '3']))
    users.delete('1')
    await fleet.done(users.getMany(['1', '2', '4']))
    const posts = cache.entity('post', {
      load: (id) => {
        if (id === '2') throw new Error(`no ${id}`)
        return id
      },
    })
    await fleet.done(posts.getMany(['1', '2', '3']).catch(() => undefined))

    const of = (reason: string, outcome: string) => ({
      'cache_invalidation.reason': reason,
      'cache_invalidation.outcome': outcome,
    })
    expect(loads()).toEqual([
      { 'cache_invalidation.entity_type': 'user', 'cache_invalidation.keys': 3, ...of('absent', 'stored') },
      { 'cache_invalidation.entity_type': 'user', 'cache_invalidation.keys': 2, ...of('mixed', 'stored') },
      {
        'cache_invalidation.entity_type': 'post',
        'cache_invalidation.keys': 3,
        ...of('absent', 'mixed'),
        'error.type': 'Error',
      },
    ])
  })

  it('is not recorded in a trace that is not, and neither is what the loader does', async () => {
    const cache = await fleet.cache()
    const users = cache.entity<string>('user', {
      load: (id) => {
        expect(trace.getSpanContext(context.active())?.traceFlags).toBe(0)
        return spans.within('query', () => Promise.resolve(id))
      },
    })
    await withinUnsampled(() => fleet.done(users.get('1')))
    expect(spans.ended).toEqual([])
    expect(cache.stats()).toMatchObject({ loads: 1, failedLoads: 0 })
  })

  it('does not become the context of the reader', async () => {
    const cache = await fleet.cache()
    const users = cache.entity<string>('user', { load: (id) => id })
    await fleet.done(
      spans.within('request', async () => {
        const before = trace.getActiveSpan()
        await users.get('1')
        expect(trace.getActiveSpan()).toBe(before)
      }),
    )
    expect(spans.of('load')).toHaveLength(1)
  })
})
