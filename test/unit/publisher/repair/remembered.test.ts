import * as fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import type { RepairOptions } from '../../../../src/publisher/options.js'
import { PackedFrames, Remembered, type RememberedFrame } from '../../../../src/publisher/repair/remembered.js'
import { VirtualRuntime } from '../../../support/virtual-runtime.js'

function createMemory(limits: RepairOptions = {}): {
  readonly runtime: VirtualRuntime
  readonly remembered: Remembered
  readonly add: (json: string, history?: string) => void
  readonly held: () => string[]
} {
  const runtime = new VirtualRuntime()
  const remembered = new Remembered({ maxFrames: 100, maxBytes: 10_000, maxAgeMs: 1_000, ...limits }, runtime)
  return {
    runtime,
    remembered,
    add: (json, history = 'A') => {
      const position = { streamId: '1-0', appendId: json }
      remembered.historyIs(history)
      remembered.add({ messages: [], json, bytes: json.length, count: 1 }, position)
    },
    held: () => remembered.outside('none').map(({ json }) => json),
  }
}

test('forgets the oldest when there are too many, and knows that it did', () => {
  const { add, held, remembered } = createMemory({ maxFrames: 2 })
  for (const json of ['a', 'b']) add(json)
  expect(remembered.droppedOutside('none')).toBeUndefined()
  add('c')
  expect(held()).toEqual(['b', 'c'])
  expect(remembered.droppedOutside('none')).toMatchObject({ history: 'A' })
})

test('forgets the oldest when they take too many bytes', () => {
  const { add, held } = createMemory({ maxBytes: 10 })
  for (const json of ['aaaa', 'bbbb', 'cccc']) add(json)
  expect(held()).toEqual(['bbbb', 'cccc'])
})

test('forgets what is old, which is no loss', async () => {
  const { add, held, runtime, remembered } = createMemory({ maxAgeMs: 1_000 })
  add('a')
  await runtime.advance(900)
  add('b')
  await runtime.advance(200)
  add('c')
  expect(held()).toEqual(['b', 'c'])
  expect(remembered.droppedOutside('none')).toBeUndefined()
})

test('what was dropped before its time is forgotten with age as well', async () => {
  const { add, runtime, remembered } = createMemory({ maxFrames: 1, maxAgeMs: 1_000 })
  add('a')
  add('b')
  expect(remembered.droppedOutside('none')).toBeDefined()
  await runtime.advance(1_001)
  add('c')
  expect(remembered.droppedOutside('none')).toBeUndefined()
})

test('nothing grows older while ageing is stopped', async () => {
  const { add, held, runtime, remembered } = createMemory({ maxAgeMs: 1_000 })
  add('a')
  remembered.stopAgeing()
  await runtime.advance(60_000)
  remembered.stopAgeing()
  remembered.resumeAgeing()
  await runtime.advance(900)
  add('b')
  expect(held()).toEqual(['a', 'b'])
  await runtime.advance(200)
  add('c')
  expect(held()).toEqual(['b', 'c'])
})

test('tells what stands in another history, and keeps only what stands in this one, or was found to, in order', () => {
  const { add, held, remembered } = createMemory()
  add('a', 'A')
  add('b', 'B')
  add('c', 'A')
  add('d', 'B')
  const outside = remembered.outside('A')
  expect(outside.map(({ json }) => json)).toEqual(['b', 'd'])
  remembered.keepOnly('A', outside.slice(0, 1))
  expect(held()).toEqual(['a', 'b', 'c'])
  expect(remembered.outside('A')).toEqual([])
})

test('what was dropped under two histories can be proven by neither', () => {
  const { add, remembered } = createMemory({ maxFrames: 1 })
  add('a', 'A')
  add('b', 'B')
  add('c', 'B')
  expect(remembered.droppedOutside('none')).toMatchObject({ history: undefined })
})

test('what is kept takes no more room than before', () => {
  const { add, held, remembered } = createMemory({ maxBytes: 10 })
  for (const json of ['aaaa', 'bbbb']) add(json)
  remembered.keepOnly('A', [])
  add('cc')
  expect(held()).toEqual(['aaaa', 'bbbb', 'cc'])
})

test('knows whether every frame is in a history, until a frame is acknowledged under another', () => {
  const { add, remembered } = createMemory()
  add('a', 'A')
  expect(remembered.historyIs('A')).toBe(false)
  remembered.provenUnder('A')
  add('b', 'A')
  expect(remembered.historyIs('A')).toBe(true)
  expect(remembered.historyIs('B')).toBe(false)
  add('c', 'B')
  expect(remembered.historyIs('A')).toBe(false)
})

test('a frame that is acknowledged before the history is read again is in none', () => {
  const { add, remembered, runtime } = createMemory()
  add('a', 'A')
  remembered.provenUnder('A')
  remembered.linkDown()
  remembered.add({ messages: [], json: 'b', bytes: 1, count: 1 }, { streamId: '2-0', appendId: 'b' })
  expect(remembered.outside('A').map(({ json, at }) => [json, at])).toEqual([['b', runtime.monotonic()]])
  expect(remembered.historyIs('A')).toBe(false)
})

const frame: fc.Arbitrary<RememberedFrame> = fc.record({
  // Short ones share a chunk, the longest have one of their own.
  json: fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.integer({ min: 100_000, max: 600_000 }).map((length) => 'é'.repeat(length / 2)),
  ),
  bytes: fc.nat(),
  count: fc.nat(),
  position: fc.record({ streamId: fc.string(), appendId: fc.string({ unit: 'grapheme' }) }),
  at: fc.double({ noNaN: true }),
  history: fc.option(fc.constantFrom('A', 'B', 'C'), { nil: undefined }),
})

const step = fc.oneof(
  { weight: 3, arbitrary: frame.map((pushed) => ({ pushed })) },
  { weight: 2, arbitrary: fc.constant('shift' as const) },
  { weight: 1, arbitrary: fc.constant('clear' as const) },
)

describe('packed frames', () => {
  test('hold what an array holds, in order, to the letter', () => {
    fc.assert(
      fc.property(fc.array(step, { size: 'max', maxLength: 60 }), (steps) => {
        const packed = new PackedFrames()
        const expected: RememberedFrame[] = []
        for (const each of steps) {
          if (each === 'shift') {
            packed.shift()
            expected.shift()
          } else if (each === 'clear') {
            packed.clear()
            expected.length = 0
          } else {
            packed.push(each.pushed)
            expected.push(each.pushed)
          }
          expect(packed.length).toBe(expected.length)
          const [first] = expected
          expect(packed.first).toEqual(first && { at: first.at, bytes: first.bytes, history: first.history })
        }
        expect([...packed]).toEqual(expected)
      }),
      { numRuns: 50 },
    )
  })

  test('are written to the memory of those that are gone', () => {
    const packed = new PackedFrames()
    const add = (): void => {
      const position = { streamId: '1-0', appendId: 'a' }
      packed.push({ json: 'x'.repeat(10_000), bytes: 10_000, count: 1, position, at: 0, history: 'A' })
    }
    const allocate = vi.spyOn(Buffer, 'allocUnsafeSlow')
    for (let count = 0; count < 200; count++) add()
    const before = allocate.mock.calls.length
    for (let count = 0; count < 5_000; count++) {
      add()
      packed.shift()
    }
    expect(allocate.mock.calls.length - before).toBeLessThanOrEqual(1)
  })
})
