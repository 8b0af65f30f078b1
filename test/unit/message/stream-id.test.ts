import { expect, it } from 'vitest'
import { isStreamId } from '../../../src/message/stream-id.js'

it.each(['0-0', '1-1', '1795365850251-16', '18446744073709551615-18446744073709551615', '00000000000000000001-0'])(
  'takes %s',
  (text) => {
    expect(isStreamId(text)).toBe(true)
  },
)

it.each([
  '',
  '-',
  '1',
  '1-',
  '-1',
  '1-1-1',
  '1-1\n',
  ' 1-1',
  '+1-1',
  '1-0x1',
  'a-b',
  '18446744073709551616-0',
  '0-18446744073709551616',
  '99999999999999999999-0',
  '000000000000000000001-0',
])('refuses %j', (text) => {
  expect(isStreamId(text)).toBe(false)
})
