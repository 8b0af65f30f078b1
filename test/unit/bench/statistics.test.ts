import { describe, expect, test } from 'vitest'
import { median, percentile, summarise } from '../../../bench/statistics.js'

describe('what the bench makes of its values', () => {
  test('the median is the middle value, or the mean of the two in the middle', () => {
    expect(median([30, 1, 2])).toBe(2)
    expect(median([4, 1, 30, 2])).toBe(3)
  })

  test('a percentile is the least value that so many do not exceed', () => {
    const values = Array.from({ length: 200 }, (_, index) => 200 - index)
    expect(percentile(values, 0.5)).toBe(100)
    expect(percentile(values, 0.99)).toBe(198)
    expect(percentile(values, 1)).toBe(200)
    expect(percentile([7], 0.5)).toBe(7)
  })

  test('values are summarised in numeric order', () => {
    expect(summarise([9, 10, 100])).toEqual({ median: 10, min: 9, max: 100 })
  })

  test('no values have no median', () => {
    expect(() => median([])).toThrow(RangeError)
  })
})
