import { expect, it } from 'vitest'
import { slotOf } from '../../../../../src/log/redis/topology/slots.js'

// What CLUSTER KEYSLOT of Redis says of the keys `{…}:stream`.
it.each([
  ['123456789', 12_739],
  ['foo', 12_182],
  ['user1000', 3_443],
  ['cache:invalidate', 208],
  ['größe ✓', 14_424],
])('the slot of the hash tag %j is %i', (tag, slot) => {
  expect(slotOf(tag)).toBe(slot)
})
