import { expect, test } from 'vitest'
import { appendRate } from '../../../src/cli/append-rate.js'

const now = 1_795_000_000_000

/** Stream IDs of entries that were appended so long ago, in ms. */
function ids(...ages: number[]): string[] {
  return ages.map((age, index) => `${now - age}-${index}`)
}

test('the rate of a log is taken over the last minute', () => {
  const rate = appendRate(ids(200_000, 100_000, 60_000, 59_999, 30_000, 0), now)
  expect(rate).toEqual({ entriesPerSecond: 3 / 60, entries: 3, windowMs: 60_000 })
})

test('or since the first entry that was read', () => {
  expect(appendRate(ids(2_000, 1_500, 1_000, 500), now)).toEqual({ entriesPerSecond: 1.5, entries: 3, windowMs: 2_000 })
})

test('a log that is empty, or has stood still for long, does not grow', () => {
  expect(appendRate([], now)).toEqual({ entriesPerSecond: 0, entries: 0, windowMs: 60_000 })
  expect(appendRate(ids(3_600_000), now)).toEqual({ entriesPerSecond: 0, entries: 0, windowMs: 60_000 })
})

test('a burst within a millisecond, and a clock that was set back, give a rate that is a number', () => {
  expect(appendRate(ids(0, 0, 0), now)).toEqual({ entriesPerSecond: 0, entries: 0, windowMs: 1 })
  expect(appendRate(ids(-5_000, -4_000), now)).toEqual({ entriesPerSecond: 0, entries: 0, windowMs: 1 })
})
