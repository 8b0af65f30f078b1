import { describe, expect, it, test } from 'vitest'
import { appendIds, formatPosition, parsePosition } from '../../../../src/log/model/position.js'
import { compareStreamIds } from '../../../../src/message/stream-id.js'
import { InvalidMessageError } from '../../../../src/support/errors.js'
import { VirtualRuntime } from '../../../support/virtual-runtime.js'

describe('a position', () => {
  it('survives being text', () => {
    const position = { streamId: '1795365850251-16', appendId: 'abcdefgh4mnz' }
    expect(formatPosition(position)).toBe('1795365850251-16@abcdefgh4mnz')
    expect(parsePosition(formatPosition(position))).toEqual(position)
  })

  it.each(['', '1-1', '@a', '1-1@', 'x-1@a', '1-@a', '1-1@a b', '1-1@a@b', `1-1@${'a'.repeat(65)}`])(
    'is not %j',
    (text) => {
      expect(() => parsePosition(text)).toThrow(InvalidMessageError)
    },
  )

  it.each([undefined, null, 5, {}])('is not %j, which JavaScript can hand in', (value) => {
    expect(() => parsePosition(value as never)).toThrow(InvalidMessageError)
  })

  it('orders stream IDs as numbers of any length, not as text', () => {
    expect(compareStreamIds('9-0', '10-0')).toBeLessThan(0)
    expect(compareStreamIds('10-2', '10-10')).toBeLessThan(0)
    expect(compareStreamIds('10-2', '10-2')).toBe(0)
    expect(compareStreamIds('1-18446744073709551615', '1-18446744073709551614')).toBeGreaterThan(0)
  })
})

test('no two append ids of a publisher are equal, and each can stand in a position', () => {
  const nextAppendId = appendIds(new VirtualRuntime())
  const ids = Array.from({ length: 2_000 }, () => nextAppendId())
  expect(new Set(ids).size).toBe(2_000)
  for (const appendId of ids) {
    expect(appendId).toMatch(/^[0-9a-z]{11,}$/)
    expect(parsePosition(formatPosition({ streamId: '1-0', appendId })).appendId).toBe(appendId)
  }
})

test('two publishers draw different prefixes', () => {
  const runtime = new VirtualRuntime()
  expect(appendIds(runtime)()).not.toBe(appendIds(runtime)())
})
