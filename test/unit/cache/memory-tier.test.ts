import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EntryIndex } from '../../../src/cache/memory/entry.js'
import { MemoryTier } from '../../../src/cache/memory/memory-tier.js'
import { type Invalidation, type InvalidationMessage, matchesPattern } from '../../../src/index.js'

let owner = new EntryIndex()
const sent = { messageId: 'id', timestamp: '2026-12-01T00:00:00Z', sourceService: 'writer' }

function message(invalidation: Invalidation): InvalidationMessage {
  return { ...invalidation, ...sent }
}

function pattern(text: string): InvalidationMessage {
  return message({ action: 'pattern', pattern: text })
}

interface Options {
  readonly maxEntries?: number
  readonly maxBytes?: number
}

function tierOf({ maxEntries = 1_000, maxBytes }: Options = {}): { tier: MemoryTier; sweeps: () => number } {
  let sweeps = 0
  owner = new EntryIndex()
  const tier = new MemoryTier(
    { maxEntries, maxBytes, sizeOf: (value) => Number(value) },
    { onSweep: () => (sweeps += 1), onEvicted: () => {}, onDisplaced: () => {} },
  )
  return { tier, sweeps: () => sweeps }
}

function arrivalOf(value: unknown, ...tags: readonly string[]): Parameters<MemoryTier['set']>[1] {
  return { value, owner, expiresAt: Infinity, tags: new Set(tags) }
}

function sweepAll(tier: MemoryTier, checks = 10): void {
  while (tier.sweep(checks));
}

test('a pattern holds for each read before the sweep has begun, and after it has ended', () => {
  const { tier, sweeps } = tierOf()
  for (let id = 0; id < 100; id++) tier.set(`item:${id}`, arrivalOf(id))
  tier.handle(pattern('item:1*'))
  expect(sweeps()).toBe(1)
  expect(tier.entries).toBe(100)
  expect(tier.find(owner, 'item:11')).toBeUndefined()
  expect(tier.find(owner, 'item:2')?.value).toBe(2)
  sweepAll(tier)
  expect(tier.entries).toBe(89)
  tier.set('item:1', arrivalOf('new'))
  expect(tier.find(owner, 'item:1')?.value).toBe('new')
})

test('a pattern that comes while another is swept has a sweep of its own', () => {
  const { tier } = tierOf()
  for (let id = 0; id < 100; id++) tier.set(`item:${id}`, arrivalOf(id))
  tier.handle(pattern('item:1*'))
  expect(tier.sweep(50)).toBe(true)
  tier.handle(pattern('item:2*'))
  sweepAll(tier)
  expect(tier.entries).toBe(100 - 22)
})

test('a value that is stored during a sweep stays', () => {
  const { tier } = tierOf()
  for (let id = 0; id < 10; id++) tier.set(`item:${id}`, arrivalOf(id))
  tier.handle(pattern('item:*'))
  tier.sweep(3)
  tier.set('item:0', arrivalOf('new'))
  tier.set('item:9', arrivalOf('new'))
  sweepAll(tier)
  expect(tier.entries).toBe(2)
})

test('more patterns than are worth a try on each read evict everything', () => {
  const { tier } = tierOf()
  tier.set('other:1', arrivalOf(1))
  for (let id = 0; id < 33; id++) tier.handle(pattern(`item:?${id}`))
  expect(tier.find(owner, 'other:1')).toBeUndefined()
  tier.set('other:1', arrivalOf(2))
  for (let id = 0; id < 1_001; id++) tier.handle(pattern(`item:${id}*`))
  expect(tier.find(owner, 'other:1')).toBeUndefined()
})

test('tags are forgotten with the last entry that carries them, and the last load that may', () => {
  const { tier } = tierOf({ maxEntries: 10 })
  for (let id = 0; id < 1_000; id++) tier.set(`item:${id}`, arrivalOf(id, `tag:${id}`, 'all'))
  expect(tier.tags).toBe(11)
  for (let id = 0; id < 1_000; id++) tier.handle(message({ action: 'tag', tags: [`unknown:${id}`] }))
  expect(tier.tags).toBe(11)
  const first = tier.begin('item:a', owner, 0)
  for (let id = 0; id < 100; id++) tier.handle(message({ action: 'tag', tags: [`unknown:${id}`] }))
  const second = tier.begin('item:b', owner, 0)
  expect(tier.tags).toBe(111)
  tier.failed(first, new Error('no'))
  expect(tier.tags).toBe(11)
  tier.failed(second, new Error('no'))
  tier.clear()
  sweepAll(tier)
  expect(tier).toMatchObject({ tags: 0, entries: 0, loads: 0 })
})

test('the bytes of all values stay within the limit, and one that is larger than all is not kept', () => {
  const { tier } = tierOf({ maxBytes: 100 })
  for (let id = 0; id < 20; id++) tier.set(`item:${id}`, arrivalOf(30))
  expect(tier).toMatchObject({ entries: 3, bytes: 90 })
  tier.set('item:19', arrivalOf(101))
  expect(tier.find(owner, 'item:19')).toBeUndefined()
  expect(tier).toMatchObject({ entries: 2, bytes: 60 })
})

const keys = ['a:1', 'a:2', 'b:1', 'b:2', 'c:1']
const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('set' as const), key: fc.constantFrom(...keys), tag: fc.constantFrom('x', 'y') }),
    fc.record({ do: fc.constant('read' as const), key: fc.constantFrom(...keys) }),
    fc.record({ do: fc.constant('pattern' as const), pattern: fc.constantFrom('a:*', 'b:*', '?:1', '*', 'c:[12]') }),
    fc.record({ do: fc.constant('tag' as const), tag: fc.constantFrom('x', 'y') }),
    fc.record({ do: fc.constant('delete' as const), key: fc.constantFrom(...keys) }),
    fc.record({ do: fc.constant('sweep' as const), checks: fc.integer({ min: 1, max: 4 }) }),
  ),
  { maxLength: 60 },
)

test('serves what a map would that evicts everything at once, whatever comes in which order', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const { tier } = tierOf()
      const map = new Map<string, { readonly value: number; readonly tag: string }>()
      all.forEach((step, index) => {
        if (step.do === 'set') {
          tier.set(step.key, arrivalOf(index, step.tag))
          map.set(step.key, { value: index, tag: step.tag })
        } else if (step.do === 'pattern') {
          tier.handle(pattern(step.pattern))
          for (const key of map.keys()) if (matchesPattern(step.pattern, key)) map.delete(key)
        } else if (step.do === 'tag') {
          tier.handle(message({ action: 'tag', tags: [step.tag] }))
          for (const [key, { tag }] of map) if (tag === step.tag) map.delete(key)
        } else if (step.do === 'delete') {
          tier.delete(step.key)
          map.delete(step.key)
        } else if (step.do === 'sweep') {
          tier.sweep(step.checks)
        } else {
          expect(tier.find(owner, step.key)?.value).toBe(map.get(step.key)?.value)
        }
      })
      for (const key of keys) expect(tier.find(owner, key)?.value).toBe(map.get(key)?.value)
      sweepAll(tier)
      expect(tier.entries).toBe(map.size)
    }),
    { numRuns: 2_000 },
  )
})
