import { expect, test } from 'vitest'
import { CountedUuids, DrawnUuids, idInSeries, idText } from '../../../src/support/counted-uuids.js'
import { systemRuntime, uuidsOf } from '../../../src/support/runtime.js'
import { VirtualRuntime } from '../../support/virtual-runtime.js'

const drawn = '1849d92d-e2cd-4bb1-b50b-0534f75f0abc'

test('counted ids draw once for 4,096 of them, and count up from zero', () => {
  let draws = 0
  const ids = new CountedUuids(() => `${drawn.slice(0, -4)}${draws++}abc`)
  const made = Array.from({ length: 4_097 }, () => {
    ids.advance()
    return idText(ids)
  })
  expect([made[0], made[4_095], made[4_096], draws]).toEqual([
    '1849d92d-e2cd-4bb1-b50b-0534f75f0000',
    '1849d92d-e2cd-4bb1-b50b-0534f75f0fff',
    '1849d92d-e2cd-4bb1-b50b-0534f75f1000',
    2,
  ])
})

test.each([
  [drawn, 0xabc],
  ['id-7ff', 0x7ff],
  ['000', 0],
  ['id-7', -1],
  ['1849D92D-ABC', -1],
  ['', -1],
  ['"abc', -1],
  ['é-abc', -1],
])('a drawn id comes out as it is, counted if it can be: %s', (id, count) => {
  const ids = new DrawnUuids(() => id)
  ids.advance()
  expect([idText(ids), ids.count]).toEqual([id, count])
})

test('a series has no count beyond its digits', () => {
  expect([idInSeries('a', 4_095), idInSeries('a', 4_096), idInSeries('a', -1)]).toEqual(['afff', undefined, undefined])
})

test('publishers of a process share the ids of the system; each other runtime has its own', () => {
  expect(uuidsOf(systemRuntime)).toBe(uuidsOf({ ...systemRuntime, now: () => 0 }))
  const ids = uuidsOf(new VirtualRuntime(3))
  ids.advance()
  expect(idText(ids)).toBe(new VirtualRuntime(3).uuid())
})
