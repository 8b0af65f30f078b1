import { describe, expect, it } from 'vitest'
import { formatPosition, parsePosition } from '../../../../src/log/model/position.js'
import { compareStreamIds } from '../../../../src/message/stream-id.js'
import { InvalidMessageError } from '../../../../src/support/errors.js'

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
