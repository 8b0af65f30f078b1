import { expect, test } from 'vitest'
import { messageDefaults } from '../../../src/message/create-message.js'
import { timestampMs } from '../../../src/message/timestamp.js'
import { systemRuntime } from '../../../src/support/runtime.js'

const tenOClock = Date.UTC(2026, 10, 22, 10)

test('a timestamp has microseconds, zeros included', () => {
  let elapsed = 0
  const runtime = { ...systemRuntime, now: () => Math.floor(tenOClock + elapsed), monotonic: () => elapsed }
  const makeDefaults = messageDefaults('user-service', runtime)
  const timestamps = [0, 0.0075, 0.25, 7.5].map((ms) => {
    elapsed = ms
    return makeDefaults().timestamp
  })
  expect(timestamps).toEqual([
    '2026-11-22T10:00:00.000000Z',
    '2026-11-22T10:00:00.000007Z',
    '2026-11-22T10:00:00.000250Z',
    '2026-11-22T10:00:00.007500Z',
  ])
})

test('timestamps of one publisher never go back, and lie within the millisecond of the wall clock', () => {
  const makeDefaults = messageDefaults('user-service', systemRuntime)
  let last = ''
  for (let call = 0; call < 5_000; call++) {
    const before = Date.now()
    const { timestamp } = makeDefaults()
    expect(timestamp >= last).toBe(true)
    expect(timestamp).toHaveLength('2026-11-22T10:00:00.000000Z'.length)
    const ms = timestampMs(timestamp) ?? 0
    expect(ms >= before && ms < Date.now() + 1).toBe(true)
    last = timestamp
  }
})
