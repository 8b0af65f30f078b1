import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Watermark } from '../../../../src/subscriber/progress/progress.js'

function watermark(): { mark: Watermark<number>; advanced: number[] } {
  const advanced: number[] = []
  return { mark: new Watermark((value) => advanced.push(value)), advanced }
}

test('a value advances only when all before it are finished; of those that finished ahead, the last', () => {
  const { mark, advanced } = watermark()
  const [first, second, third] = [mark.add(1), mark.add(2), mark.add(3)]
  third()
  second()
  expect(advanced).toEqual([])
  first()
  expect(advanced).toEqual([1, 3])
})

test('a value that finishes ahead is reported once, and those that are not finished are known', () => {
  const ahead: number[] = []
  const mark = new Watermark<number>(
    () => undefined,
    (value) => ahead.push(value),
  )
  const [first, second, third] = [mark.add(1), mark.add(2), mark.add(3)]
  third()
  third()
  second()
  expect(ahead).toEqual([3, 2])
  expect([1, 2, 3].map((value) => mark.someUnfinished((other) => other === value))).toEqual([true, false, false])
  first()
  expect(ahead).toEqual([3, 2])
  expect(mark.oldest).toBeUndefined()
})

test('of a hundred thousand values that finish behind one that does not, only the last is kept', () => {
  const { mark, advanced } = watermark()
  const first = mark.add(-1)
  for (let value = 0; value < 100_000; value++) mark.add(value)()
  first()
  expect(advanced).toEqual([-1, 99_999])
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

test('any schedule of adding and finishing advances as a list that is searched each time would, but for what a later one covers', () => {
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
        // The first comes by itself, and then the last of those that had finished behind it.
        const ends = waiting.findIndex(({ finished }) => !finished)
        const advancing = waiting.splice(0, ends < 0 ? waiting.length : ends).map(({ value }) => value)
        expected.push(...advancing.slice(0, 1), ...advancing.slice(1).slice(-1))
        expect(advanced).toEqual(expected)
      }
    }),
  )
})

test('a hundred thousand values that finish backwards take time in proportion', () => {
  const { mark, advanced } = watermark()
  const finishers = Array.from({ length: 100_000 }, (_, value) => mark.add(value))
  for (const finish of finishers.toReversed()) finish()
  expect(advanced).toEqual([0, 99_999])
})
