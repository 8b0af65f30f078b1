import { describe, expect, it, test } from 'vitest'
import { appendIds, formatPosition, parsePosition } from '../../../../src/log/model/position.js'
import { compareStreamIds } from '../../../../src/message/stream-id.js'
import { InvalidMessageError } from '../../../../src/support/errors.js'
import { type Runtime, systemRuntime } from '../../../../src/support/runtime.js'
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

/** A runtime of a user who wrote it before there was `randomBytes`. */
const withoutBytes: Runtime = {
  ...systemRuntime,
  random: () => 0.5,
  uuid: () => 'always the same',
}

test('no two append ids of a publisher are equal, and each can stand in a position', () => {
  const nextAppendId = appendIds(new VirtualRuntime())
  const ids = Array.from({ length: 2_000 }, () => nextAppendId())
  expect(new Set(ids).size).toBe(2_000)
  for (const appendId of ids) {
    expect(appendId).toMatch(/^[\w-]{12}$/)
    expect(parsePosition(formatPosition({ streamId: '1-0', appendId })).appendId).toBe(appendId)
  }
})

test('an append id can not be guessed from those before it: each has 72 bits of its own', () => {
  const nextAppendId = appendIds(withoutBytes)
  const ids = Array.from({ length: 4_096 }, () => Buffer.from(nextAppendId(), 'base64url'))
  for (let bit = 0; bit < 72; bit++) {
    const values = ids.map((id) => ((id[bit >> 3] ?? 0) >> (bit & 7)) & 1)
    const ones = values.reduce((sum, value) => sum + value, 0)
    const changes = values.filter((value, index) => value !== values[index - 1]).length
    // Of 4,096 fair coins 2,048 are heads, give or take 32; this is eight times that.
    expect(Math.abs(ones - 2_048)).toBeLessThan(256)
    expect(Math.abs(changes - 2_048)).toBeLessThan(256)
  }
})

test('the append ids of a runtime that draws its own bytes are made of them', () => {
  const runtime = { randomBytes: (size: number) => new Uint8Array(size).fill(255) }
  expect(appendIds(runtime)()).toBe('____________')
})

test.each([
  ['too few bytes', () => new Uint8Array(1)],
  ['no bytes', () => undefined as unknown as Uint8Array],
])('a runtime that draws %s is an error that says what to do', (_, randomBytes) => {
  expect(() => appendIds({ randomBytes })()).toThrow('leave the function out to draw from node:crypto')
})
