import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Watermark } from '../../../../src/subscriber/progress/progress.js'

function watermark(): { mark: Watermark<number>; advanced: number[] } {
  const advanced: number[] = []
  return { mark: new Watermark((value) => advanced.push(value)), advanced }
}

test('a value advances only when all before it are finished', () => {
  const { mark, advanced } = watermark()
  const [first, second, third] = [mark.add(1), mark.add(2), mark.add(3)]
  third()
  second()
  expect(advanced).toEqual([])
  first()
  expect(advanced).toEqual([1, 2, 3])
})

test('a value added when all before it have advanced advances by itself', () => {
  const { mark, advanced } = watermark()
  mark.add(1)()
  mark.add(2)()
  expect(advanced).toEqual([1, 2])
})

test('finishing a value again changes nothing', () => {
  const { mark, advanced } = watermark()
  const first = mark.add(1)
  const second = mark.add(2)
  first()
  first()
  expect(advanced).toEqual([1])
  second()
  first()
  second()
  expect(advanced).toEqual([1, 2])
})

test('a listener that throws holds up none of the values behind', () => {
  const advanced: number[] = []
  const mark = new Watermark<number>((value) => {
    if (value === 1) throw new Error('no')
    advanced.push(value)
  })
  const [first, second, third] = [mark.add(1), mark.add(2), mark.add(3)]
  second()
  expect(first).toThrow('no')
  third()
  expect(advanced).toEqual([2, 3])
})

test('a listener may add and finish', () => {
  const advanced: number[] = []
  const mark = new Watermark<number>((value) => {
    advanced.push(value)
    if (value === 1) mark.add(3)()
  })
  const [first, second] = [mark.add(1), mark.add(2)]
  second()
  first()
  expect(advanced).toEqual([1, 2, 3])
})

test('any schedule of adding and finishing advances as a list that is searched each time would', () => {
  const step = fc.oneof({ weight: 5, arbitrary: fc.constant('add' as const) }, { weight: 8, arbitrary: fc.nat(20) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { mark, advanced } = watermark()
      const finishers: (() => void)[] = []
      const waiting: { value: number; finished: boolean }[] = []
      const expected: number[] = []
      for (const next of steps) {
        if (next === 'add') {
          waiting.push({ value: finishers.length, finished: false })
          finishers.push(mark.add(finishers.length))
        } else {
          const target = finishers.length - 1 - next
          const finished = waiting.find(({ value }) => value === target)
          if (finished) finished.finished = true
          finishers[target]?.()
        }
        while (waiting[0]?.finished) expected.push(waiting.shift()?.value ?? -1)
        expect(advanced).toEqual(expected)
      }
    }),
  )
})

test('a hundred thousand values that finish backwards take time in proportion', () => {
  const { mark, advanced } = watermark()
  const finishers = Array.from({ length: 100_000 }, (_, value) => mark.add(value))
  for (const finish of finishers.toReversed()) finish()
  expect(advanced).toHaveLength(100_000)
})
