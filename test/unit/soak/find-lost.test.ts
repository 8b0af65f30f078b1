import { describe, expect, test } from 'vitest'
import { type Eviction, findLost, type Following, type Publication } from '../../soak/checker/find-lost.js'

const head = { reason: 'trimmed', head: '2000-5@bbbbbbbb' }

function publication(acknowledged: Partial<NonNullable<Publication['acknowledged']>> = {}): Publication {
  return {
    id: 'single.1-7',
    publisher: 'single.1',
    keys: ['user:1'],
    publishedAt: 1_990,
    acknowledged: { at: 2_010, carrier: 'single.1-7', position: '2000-3@aaaaaaaa', ...acknowledged },
  }
}

function following({ handled = [], evictions = [], since = 1_000 }: Partial<Case> = {}): Following {
  return { name: 'memory', since, handled: new Set(handled), evictions }
}

interface Case {
  readonly handled: readonly string[]
  readonly evictions: readonly Eviction[]
  readonly since: number | undefined
}

function isLost(published: Publication, followed: Following): boolean {
  return findLost([published], [followed]).length > 0
}

test('what was acknowledged and never handled is lost, to each subscription that lacks it', () => {
  const published = publication()
  const others = following({ handled: ['single.1-8', 'packing.1-7'] })
  const followings = [others, { ...following({ handled: ['single.1-7'] }), name: 'redis' }]
  expect(findLost([published], followings)).toEqual([{ subscription: 'memory', publication: published }])
})

test('what was handled is not lost', () => {
  expect(isLost(publication(), following({ handled: ['single.1-7'] }))).toBe(false)
})

test('what an equal message stands for is lost without that one, whatever became of its own id', () => {
  const published = publication({ carrier: 'single.1-6' })
  expect(isLost(published, following({ handled: ['single.1-7'] }))).toBe(true)
  expect(isLost(published, following({ handled: ['single.1-6'] }))).toBe(false)
})

test('what was not acknowledged is not lost', () => {
  expect(isLost({ ...publication(), acknowledged: undefined }, following())).toBe(false)
})

test('what was published before a subscription began is not its to handle; what came after is', () => {
  expect(isLost(publication(), following({ since: 1_991 }))).toBe(false)
  expect(isLost(publication(), following({ since: 1_990 }))).toBe(true)
  expect(isLost(publication(), { ...following(), since: undefined })).toBe(false)
})

describe('a resync', () => {
  test.each([
    ['whose head stands behind it covers it', '2000-5@bbbbbbbb', 2_005, false],
    ['whose head it is covers it', '2000-3@aaaaaaaa', 2_005, false],
    ['whose head stands before it does not', '2000-2@bbbbbbbb', 2_005, true],
    ['soon after it, from a head before it, does not', '2000-2@bbbbbbbb', 3_000, true],
    ['so long after it that its head must have been read later covers it', '1500-1@bbbbbbbb', 3_600, false],
    ['from nowhere, before it, does not', undefined, 2_005, true],
  ] as const)('%s', (_, stands, at, lost) => {
    const evictions: Eviction[] = [{ kind: 'resync', ...head, head: stands, at }]
    expect(isLost(publication(), following({ evictions }))).toBe(lost)
  })

  test('after a failover covers what was acknowledged before, though its head is older than what got lost', () => {
    const failover = (at: number): Eviction => ({ kind: 'resync', reason: 'failover', head: '1500-1@bbbbbbbb', at })
    expect(isLost(publication(), following({ evictions: [failover(2_011)] }))).toBe(false)
    expect(isLost(publication(), following({ evictions: [failover(2_009)] }))).toBe(true)
  })
})

describe('a message that evicts all', () => {
  const evictAll = (publisher: string, at: number): Eviction => ({ kind: 'evict-all', publisher, at })

  test('of its publisher, made after it was acknowledged, covers it', () => {
    expect(isLost(publication(), following({ evictions: [evictAll('single.1', 2_011)] }))).toBe(false)
  })

  test('made before it was acknowledged does not, nor one of another publisher', () => {
    const evictions = [evictAll('single.1', 2_000), evictAll('single.2', 2_011), evictAll('packing.1', 2_011)]
    expect(isLost(publication(), following({ evictions }))).toBe(true)
  })
})
