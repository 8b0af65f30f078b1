import { expect, test } from 'vitest'
import { UsageError } from '../../../src/cli/exit-codes.js'
import { parseRange, startOf } from '../../../src/cli/points.js'

const now = Date.parse('2026-11-22T10:00:00.000Z')

test.each([
  ['250ms', `${now - 250}-0`],
  ['30s', `${now - 30_000}-0`],
  ['10m', `${now - 600_000}-0`],
  ['1.5h', `${now - 5_400_000}-0`],
  ['2d', `${now - 172_800_000}-0`],
  ['100000d', '0-0'],
  ['2026-11-22', `${Date.parse('2026-11-22T00:00:00Z')}-0`],
  ['2026-11-22T09:59:00Z', `${now - 60_000}-0`],
  ['2026-11-22T10:59:00.250+01:00', `${now - 59_750}-0`],
  ['0', '0-0'],
  ['1795341600', '1795341600000-0'],
  ['1795365850251', '1795365850251-0'],
  ['1795341600-0', '1795341600-0'],
  ['1795365850251-16', '1795365850251-16'],
  ['1795365850251-16@abcdefgh4mnz', '1795365850251-16'],
])('%s begins at %s', (text, streamId) => {
  expect(startOf(text, now)).toBe(streamId)
})

const noPoints = [
  '10x',
  '-10m',
  '10 m',
  'yesterday',
  '2026-13-45',
  '',
  '1-2-3',
  '1@',
  '+',
  '18446744073709551616',
  '1-18446744073709551616',
]

test.each(noPoints)('"%s" is no point, and the error says what is', (text) => {
  expect(() => startOf(text, now)).toThrow(UsageError)
  expect(() => startOf(text, now)).toThrow(`got ${JSON.stringify(text)}`)
})

test('the end of a range takes its whole millisecond with it, and an entry named stays the last', () => {
  const last = '18446744073709551615'
  expect(parseRange('10m', '5m', now)).toEqual({ from: `${now - 600_000}-0`, to: `${now - 300_000}-${last}` })
  expect(parseRange('0', '1795365850251', now).to).toBe(`1795365850251-${last}`)
  expect(parseRange('0', '1795365850251-16', now).to).toBe('1795365850251-16')
  expect(parseRange('0', undefined, now).to).toBeUndefined()
})

test('a range that ends before it begins is refused', () => {
  expect(() => parseRange('5m', '10m', now)).toThrow('Expected --to to lie behind --from, got "5m" to "10m"')
})
