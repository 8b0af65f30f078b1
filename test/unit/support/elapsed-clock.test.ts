import { describe, expect, it } from 'vitest'
import { ElapsedClock } from '../../../src/support/elapsed-clock.js'

const hour = 3_600_000

/** Both clocks of a machine. */
class Machine {
  wall = 1_795_000_000_000.25
  monotonicMs = 1_234.567

  now(): number {
    return this.wall
  }

  monotonic(): number {
    return this.monotonicMs
  }

  run(ms: number): void {
    this.wall += ms
    this.monotonicMs += ms
  }

  sleep(ms: number): void {
    this.wall += ms
  }
}

describe('ElapsedClock', () => {
  it('is the monotonic clock, to the last bit, while nothing sleeps', () => {
    const machine = new Machine()
    const clock = new ElapsedClock(machine)
    machine.run(0.1)
    const moment = clock.now()
    machine.run(7.3)
    expect(moment).toBe(1_234.567 + 0.1)
    expect(clock.toMonotonic(moment)).toBe(moment)
  })

  it('makes a moment before a sleep older by the sleep', () => {
    const machine = new Machine()
    const clock = new ElapsedClock(machine)
    const moment = clock.now()
    machine.run(1_000)
    machine.sleep(hour)
    expect(machine.monotonic() - clock.toMonotonic(moment)).toBeCloseTo(hour + 1_000)
    const later = clock.now()
    machine.run(10)
    expect(machine.monotonic() - clock.toMonotonic(later)).toBeCloseTo(10)
    expect(machine.monotonic() - clock.toMonotonic(moment)).toBeCloseTo(hour + 1_010)
  })

  it('adds up sleeps that are each too short to count', () => {
    const machine = new Machine()
    const clock = new ElapsedClock(machine)
    const moment = clock.now()
    for (let nap = 0; nap < 20; nap++) {
      machine.sleep(60)
      clock.now()
    }
    expect(machine.monotonic() - clock.toMonotonic(moment)).toBeGreaterThanOrEqual(1_100)
  })

  it('ignores a wall clock that is set back, and counts a sleep after that', () => {
    const machine = new Machine()
    const clock = new ElapsedClock(machine)
    const moment = clock.now()
    machine.sleep(-hour)
    expect(clock.toMonotonic(moment)).toBe(moment)
    machine.sleep(5_000)
    expect(machine.monotonic() - clock.toMonotonic(moment)).toBeCloseTo(5_000)
  })
})
