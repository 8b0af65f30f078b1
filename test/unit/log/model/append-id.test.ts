import { expect, test } from 'vitest'
import { appendIds } from '../../../../src/log/model/append-id.js'
import { formatPosition, parsePosition } from '../../../../src/log/model/position.js'
import { VirtualRuntime } from '../../../support/virtual-runtime.js'

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
