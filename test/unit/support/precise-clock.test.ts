import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { timestampMs } from '../../../src/message/timestamp.js'
import { microsecondClock, preciseClock, timestampText } from '../../../src/support/precise-clock.js'
import { type Runtime, systemRuntime } from '../../../src/support/runtime.js'
import { VirtualRuntime } from '../../support/virtual-runtime.js'

/** A machine: a wall clock in whole milliseconds, and a monotonic clock that has run for another time. */
class Machine {
  trueMs: number
  #bootedMs: number
  readonly runtime: Runtime

  constructor(trueMs: number, upMs: number) {
    this.trueMs = trueMs
    this.#bootedMs = trueMs - upMs
    this.runtime = {
      ...systemRuntime,
      now: () => Math.floor(this.trueMs),
      monotonic: () => this.trueMs - this.#bootedMs,
    }
  }

  pass(ms: number): void {
    this.trueMs += ms
  }

  /** Moves the wall clock alone. */
  step(ms: number): void {
    this.trueMs += ms
    this.#bootedMs += ms
  }

  /** The monotonic clock runs ahead of the wall clock, or behind it. */
  drift(ms: number): void {
    this.#bootedMs -= ms
  }
}

/** Whole hundredths: doubles would nearly all be tiny. */
const hundredths = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max }).map((n) => n / 100)

const change = fc.oneof(
  fc.record({ kind: fc.constant('pass' as const), ms: hundredths(500) }),
  fc.record({ kind: fc.constant('step' as const), ms: fc.integer({ min: -10_000, max: 10_000 }) }),
  fc.record({ kind: fc.constant('drift' as const), ms: hundredths(50) }),
)

describe('the precise clock', () => {
  it('stays within the millisecond of the wall clock, whatever the clocks do', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 100 }), (changes) => {
        const machine = new Machine(1_795_000_000_000.3, 5_000.7)
        const clock = preciseClock(machine.runtime)
        for (const { kind, ms } of changes) {
          machine[kind](ms)
          const now = clock()
          expect(Math.floor(now)).toBe(machine.runtime.now())
        }
      }),
    )
  })

  it('goes back only where the wall clock does', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 100 }), (changes) => {
        const machine = new Machine(1_795_000_000_000.3, 5_000.7)
        const clock = preciseClock(machine.runtime)
        let last = clock()
        let lastWall = machine.runtime.now()
        for (const { kind, ms } of changes) {
          machine[kind](ms)
          const now = clock()
          if (machine.runtime.now() >= lastWall) expect(now).toBeGreaterThanOrEqual(last)
          last = now
          lastWall = machine.runtime.now()
        }
      }),
    )
  })

  it('tells microseconds once it has seen the wall clock tick', () => {
    const machine = new Machine(1_795_000_000_000.3, 5_000.7)
    const clock = preciseClock(machine.runtime)
    for (let call = 0; call < 1_000; call++) {
      machine.pass(0.0101)
      clock()
    }
    machine.pass(7.654)
    expect(Math.abs(clock() - machine.trueMs)).toBeLessThan(0.011)
  })

  it.each([-3_600_000, 3_600_000])('is precise again some ticks after the wall clock stepped by %i ms', (ms) => {
    const machine = new Machine(1_795_000_000_000.3, 5_000.7)
    const clock = preciseClock(machine.runtime)
    clock()
    machine.step(ms)
    for (let call = 0; call < 1_000; call++) {
      machine.pass(0.0101)
      clock()
    }
    expect(Math.abs(clock() - machine.trueMs)).toBeLessThan(0.011)
  })

  it('is shared by all who use a runtime', () => {
    const runtime = new VirtualRuntime()
    expect(preciseClock(runtime)).toBe(preciseClock(runtime))
    expect(preciseClock(runtime)).not.toBe(preciseClock(new VirtualRuntime()))
  })
})

const tenOClock = Date.UTC(2026, 10, 22, 10)

test('a timestamp has microseconds, zeros included', () => {
  let elapsed = 0
  const runtime = { ...systemRuntime, now: () => Math.floor(tenOClock + elapsed), monotonic: () => elapsed }
  const microseconds = microsecondClock(runtime)
  const timestamps = [0, 0.0075, 0.25, 7.5].map((ms) => {
    elapsed = ms
    return timestampText(microseconds())
  })
  expect(timestamps).toEqual([
    '2026-11-22T10:00:00.000000Z',
    '2026-11-22T10:00:00.000007Z',
    '2026-11-22T10:00:00.000250Z',
    '2026-11-22T10:00:00.007500Z',
  ])
})

test('timestamps of one source never go back, and lie within the millisecond of the wall clock', () => {
  const microseconds = microsecondClock(systemRuntime)
  let last = ''
  for (let call = 0; call < 5_000; call++) {
    const before = Date.now()
    const timestamp = timestampText(microseconds())
    expect(timestamp >= last).toBe(true)
    expect(timestamp).toHaveLength('2026-11-22T10:00:00.000000Z'.length)
    const ms = timestampMs(timestamp) ?? 0
    expect(ms >= before && ms < Date.now() + 1).toBe(true)
    last = timestamp
  }
})
