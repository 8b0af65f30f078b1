import { afterEach, expect, test, vi } from 'vitest'
import { systemRuntime } from '../../../src/support/runtime.js'

afterEach(() => {
  vi.useRealTimers()
})

test('UUIDs are of version 4, each other than all before, over several series', () => {
  const ids = Array.from({ length: 10_000 }, () => systemRuntime.uuid())
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  const series = new Set(ids.map((id) => id.slice(0, -3)))
  expect(series.size).toBeGreaterThanOrEqual(3)
})

test('fake timers move both clocks and run the timers, as users of them expect', () => {
  vi.useFakeTimers({ now: 1_000 })
  const before = systemRuntime.monotonic()
  let ran = 0
  systemRuntime.after(50, () => ran++)
  vi.advanceTimersByTime(50)
  const elapsed = systemRuntime.monotonic() - before
  expect({ ran, now: systemRuntime.now(), elapsed }).toEqual({ ran: 1, now: 1_050, elapsed: 50 })
})
