import * as fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { PackedFrames, type RememberedFrame } from '../../../../src/publisher/repair/packed-frames.js'

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

test('holds what an array holds, in order, to the letter', () => {
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

test('as much as goes comes into the same memory', () => {
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
