import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { emptyReport, type Report } from '../../../examples/demo/services/service.js'
import { Tally } from '../../../examples/demo/tally.js'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

function report(state: string, numbers: Partial<Report> = {}): Report {
  return { ...emptyReport, state, ...numbers }
}

test('what the lives of a service did adds up, resyncs by their reasons', () => {
  const tally = new Tally()
  tally.take(report('live', { live: 5, replayed: 1, resyncs: { 'no-cursor': 1 } }))
  tally.died()
  tally.take(report('live', { live: 2, replayed: 30, resyncs: { trimmed: 1, 'no-cursor': 1 } }))
  expect(tally.total).toMatchObject({ live: 7, replayed: 31, resyncs: { 'no-cursor': 2, trimmed: 1 } })
  expect(tally.resyncs).toBe(3)
})

test('the longest gap is the longest time without a link or a process', () => {
  const tally = new Tally()
  tally.take(report('live'))
  tally.take(report('disconnected'))
  vi.advanceTimersByTime(200)
  tally.take(report('replaying'))
  vi.advanceTimersByTime(100)
  tally.take(report('live'))
  expect(tally.longestGapMs).toBe(300)
  tally.died()
  vi.advanceTimersByTime(1_000)
  tally.take(report('live'))
  expect(tally.longestGapMs).toBe(1_000)
})

test('a gap that ended with a resync was not bridged', () => {
  const tally = new Tally()
  tally.take(report('live'))
  tally.take(report('disconnected'))
  vi.advanceTimersByTime(500)
  tally.take(report('live', { resyncs: { trimmed: 1 } }))
  expect(tally.longestGapMs).toBe(0)
})

test('reading the log at its own pace is no gap', () => {
  const tally = new Tally()
  tally.take(report('live'))
  tally.take(report('lagging'))
  vi.advanceTimersByTime(500)
  tally.take(report('live'))
  expect(tally.longestGapMs).toBe(0)
})
