import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CacheHandled, CacheLoad, CacheStale } from '../../../src/cache.js'
import { CachedFleet } from '../../support/cached-fleet.js'
import { rowsUnder } from '../../support/markdown.js'
import { readText } from '../operations/parsed-file.js'

const prefix = 'cache-invalidation:cache:'
let fleet: CachedFleet
let seen: { readonly handled: CacheHandled[]; readonly load: CacheLoad[]; readonly stale: CacheStale[] }
let stop: () => void

/** Collects what is published on every channel. */
function listen(): () => void {
  const onHandled = (message: unknown): void => void seen.handled.push(message as CacheHandled)
  const onLoad = (message: unknown): void => void seen.load.push(message as CacheLoad)
  const onStale = (message: unknown): void => void seen.stale.push(message as CacheStale)
  subscribe(`${prefix}handled`, onHandled)
  subscribe(`${prefix}load`, onLoad)
  subscribe(`${prefix}stale`, onStale)
  return () => {
    unsubscribe(`${prefix}handled`, onHandled)
    unsubscribe(`${prefix}load`, onLoad)
    unsubscribe(`${prefix}stale`, onStale)
  }
}

beforeEach(() => {
  fleet = new CachedFleet()
  seen = { handled: [], load: [], stale: [] }
  stop = listen()
})

afterEach(() => stop())

describe('the diagnostics channels of a cache', () => {
  it('report each load: its key, why, how it ended, and how long it took', async () => {
    const cache = await fleet.cache()
    const users = cache.entity('user', { load: fleet.slow(20) })
    const fenced = users.get('1')
    await fleet.runtime.advance(10)
    users.delete('1')
    await fleet.done(fenced)
    await fleet.done(users.get('1'))
    await fleet.done(cache.getOrLoad('page:1', (context) => context.skip()))

    const key = 'user:1'
    const error = undefined
    expect(seen.load).toEqual([
      { cache, key, reason: 'absent', outcome: 'fenced', durationMs: 20, error },
      { cache, key, reason: 'fenced', outcome: 'stored', durationMs: 20, error },
      { cache, key: 'page:1', reason: 'absent', outcome: 'skipped', durationMs: 0, error },
    ])
  })

  it('report a load that failed once, with its error, also if the tags of its value failed', async () => {
    const cache = await fleet.cache()
    const failure = new Error('no')
    const users = cache.entity<string>('user', { load: () => Promise.reject(failure) })
    const tagged = cache.entity<string>('post', {
      load: (id) => id,
      tags: () => {
        throw failure
      },
    })
    await fleet.done(users.get('1').catch(() => undefined))
    await fleet.done(tagged.get('1').catch(() => undefined))
    expect(seen.load).toMatchObject([
      { key: 'user:1', outcome: 'failed', error: failure },
      { key: 'post:1', outcome: 'failed', error: failure },
    ])
  })

  it('report each stale value that is served, and why, and the load in the background', async () => {
    const cache = await fleet.cache({ ttlMs: 100 })
    let fails = false
    const load = (id: string): string => {
      if (fails) throw new Error('no')
      return id
    }
    const swr = cache.entity('swr', { load, staleWhileRevalidateMs: 1_000 })
    const sie = cache.entity('sie', { load, staleIfErrorMs: 1_000 })
    const slow = cache.entity('slow', { load: fleet.slow(50), staleIfErrorMs: 1_000, softLoadTimeoutMs: 10 })
    for (const entity of [swr, sie, slow]) await fleet.read(entity, '1')
    await fleet.runtime.advance(101)
    fails = true
    seen.load.length = 0
    for (const entity of [swr, sie, slow]) await fleet.read(entity, '1')
    await fleet.read(sie, '1')

    expect(seen.stale).toEqual([
      { cache, key: 'swr:1', reason: 'revalidate' },
      { cache, key: 'sie:1', reason: 'error' },
      { cache, key: 'slow:1', reason: 'timeout' },
      { cache, key: 'sie:1', reason: 'error' },
    ])
    expect(seen.load.map(({ key, reason }) => [key, reason])).toEqual([
      ['swr:1', 'revalidate'],
      ['sie:1', 'ttl'],
    ])
  })

  it('are those of the page, with the fields that it names', async () => {
    const cache = await fleet.cache({ ttlMs: 100 })
    const users = cache.entity<string>('user', { load: (id) => id, staleWhileRevalidateMs: 1_000 })
    await fleet.read(users, '1')
    await fleet.runtime.advance(101)
    await fleet.read(users, '1')
    await fleet.done(users.invalidate('1'))

    const codeIn = (cell = ''): string[] => Array.from(cell.matchAll(/`([^`]+)`/g), ([, code = '']) => code)
    const rows = rowsUnder(readText('docs/telemetry.md'), 'Diagnostics channels')
    const documented = rows.map(([name, type, , fields]) => [...codeIn(name), ...codeIn(type), codeIn(fields)])
    const fieldsOf = ([message]: readonly object[]): string[] => Object.keys(message ?? {})
    expect(documented).toEqual([
      [`${prefix}handled`, 'CacheHandled', fieldsOf(seen.handled)],
      [`${prefix}load`, 'CacheLoad', fieldsOf(seen.load)],
      [`${prefix}stale`, 'CacheStale', fieldsOf(seen.stale)],
    ])
    const named = Array.from(readText('src/cache/diagnostics.ts').matchAll(/channel\('([^']+)'\)/g), ([, name]) => name)
    expect(named).toEqual(rows.map(([name]) => codeIn(name)[0]))
  })

  it('make no message if nobody listens', async () => {
    stop()
    const cache = await fleet.cache()
    await fleet.read(cache.entity<string>('user', { load: (id) => id }), '1')
    expect(seen).toEqual({ handled: [], load: [], stale: [] })
  })
})
