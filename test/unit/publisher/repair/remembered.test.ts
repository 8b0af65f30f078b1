import { expect, test } from 'vitest'
import { type MemoryLimits, Remembered } from '../../../../src/publisher/repair/remembered.js'
import { VirtualRuntime } from '../../../support/virtual-runtime.js'

function createMemory(limits: Partial<MemoryLimits> = {}): {
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
      remembered.add({ json, bytes: json.length, count: 1, messages: [], sequence: 1 }, position, history)
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
