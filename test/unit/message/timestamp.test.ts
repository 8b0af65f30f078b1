import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isTimestamp, timestampMs } from '../../../src/message/timestamp.js'

const timestamps = [
  '2026-11-22T10:00:00Z',
  '2026-11-22T10:00:00.1Z',
  '2026-11-22T10:00:00.123456789Z',
  '2026-11-22T10:00:00+00:00',
  '2026-11-22T10:00:00.123456789-23:59',
  '0000-01-01T00:00:00Z',
  '2024-02-29T23:59:59Z',
  '2000-02-29T00:00:00Z',
  '2016-12-31T23:59:60Z',
]

const others = [
  '',
  'yesterday',
  '2026-11-22',
  '2026-11-22T10:00:00',
  '2026-11-22 10:00:00Z',
  '2026-11-22T10:00:00.Z',
  '2026-11-22T10:00:00.1234567890Z',
  '2026-11-22T10:00:00.12x4Z',
  '2026-11-22T10:00:00ZZ',
  '2026-11-22T10:00:00Z\n',
  '2026-11-22T10:00:00+0100',
  '2026-11-22T10:00:00+24:00',
  '2026-11-22T10:00:00+01:60',
  '2026-11-22T10:00:00+01:00Z',
  '2026-11-22T10:00:00*01:00',
  '2026-00-22T10:00:00Z',
  '2026-13-22T10:00:00Z',
  '2026-11-00T10:00:00Z',
  '2026-11-31T10:00:00Z',
  '2025-02-29T10:00:00Z',
  '1900-02-29T10:00:00Z',
  '2026-11-22T24:00:00Z',
  '2026-11-22T10:60:00Z',
  '2026-11-22T10:00:61Z',
  '2026-1-022T10:00:00Z',
  '+026-11-22T10:00:00Z',
  '２０２６-11-22T10:00:00Z',
  `2026-11-22T10:00:00.${'1'.repeat(100_000)}Z`,
]

describe('isTimestamp', () => {
  it.each(timestamps)('takes %s', (text) => {
    expect(isTimestamp(text)).toBe(true)
  })

  it.each(others)('refuses %.40s', (text) => {
    expect(isTimestamp(text)).toBe(false)
  })

  it('takes every timestamp that Date writes', () => {
    for (let day = 0; day < 800; day++) {
      const text = new Date(Date.UTC(2023, 11, 1 + day, day % 24, day % 60, day % 60, day)).toISOString()
      expect(isTimestamp(text), text).toBe(true)
    }
  })
})

describe('timestampMs', () => {
  it.each([
    ['2026-11-22T10:00:00Z', Date.UTC(2026, 10, 22, 10)],
    ['2026-11-22T10:00:00.1Z', Date.UTC(2026, 10, 22, 10) + 100],
    ['2026-11-22T10:00:00.000123Z', Date.UTC(2026, 10, 22, 10) + 0.123],
    ['2026-11-22T10:00:00.123456789Z', Date.UTC(2026, 10, 22, 10) + 123.456789],
    ['2026-11-22T10:00:00.5+01:30', Date.UTC(2026, 10, 22, 8, 30) + 500],
    ['2026-11-22T10:00:00-23:59', Date.UTC(2026, 10, 23, 9, 59)],
    ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1)],
    ['0000-01-01T00:00:00Z', Date.parse('0000-01-01T00:00:00Z')],
  ])('reads %s', (text, ms) => {
    expect(timestampMs(text)).toBe(ms)
    expect(timestampMs(text)).toBe(ms)
  })

  it.each(timestamps)('knows the moment of %s', (text) => {
    expect(timestampMs(text)).toBeTypeOf('number')
  })

  it.each(others)('is undefined for %.40s', (text) => {
    expect(timestampMs(text)).toBeUndefined()
    // The second is the one remembered now.
    timestampMs('2026-11-22T10:00:00Z')
    expect(timestampMs(text)).toBeUndefined()
  })

  it('agrees with Date, in any order of seconds, fractions and zones', () => {
    const moment = fc.record({
      second: fc.integer({ min: 0, max: 3 }),
      fraction: fc.constantFrom('', '.0', '.25', '.123', '.999'),
      zone: fc.constantFrom('Z', '+00:00', '+05:45', '-11:30'),
    })
    fc.assert(
      fc.property(fc.array(moment, { maxLength: 20 }), (moments) => {
        for (const { second, fraction, zone } of moments) {
          const text = `2026-11-22T10:00:0${second}${fraction}${zone}`
          expect(timestampMs(text)).toBe(Date.parse(text))
        }
      }),
    )
  })

  it('is read by itself, whatever was read before it in the same millisecond', () => {
    const first = '2026-11-22T10:00:00.123456Z'
    const read = timestampMs(first)
    expect(read).toBeCloseTo(Date.parse('2026-11-22T10:00:00.123Z') + 0.456, 3)
    expect(timestampMs('2026-11-22T10:00:00.123789Z')).toBeCloseTo((read ?? 0) + 0.333, 3)
    expect(timestampMs('2026-11-22T10:00:00.123000Z')).toBe(Date.parse('2026-11-22T10:00:00.123Z'))
    for (const rest of ['45x', 'x56', '4:6', '/56', '   ']) {
      expect(timestampMs(first)).toBe(read)
      expect(timestampMs(`2026-11-22T10:00:00.123${rest}Z`), rest).toBeUndefined()
    }
    expect(timestampMs('2026-11-22T10:00:00.123456z')).toBeUndefined()
    expect(timestampMs('2026-11-22T10:00:00.1234+01')).toBeUndefined()
    expect(timestampMs('2026-11-22T10:00:01.123456Z')).toBeCloseTo((read ?? 0) + 1_000, 3)
  })
})
