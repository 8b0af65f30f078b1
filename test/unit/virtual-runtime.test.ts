import { describe, expect, it } from 'vitest'
import { delay } from '../../src/support/runtime.js'
import { VirtualRuntime } from '../support/virtual-runtime.js'

describe('VirtualRuntime', () => {
  it('runs timers in the order they fall due, those of one moment in the order they were set', async () => {
    const runtime = new VirtualRuntime()
    const ran: string[] = []
    for (const [name, ms] of [
      ['c', 30],
      ['a', 10],
      ['d', 30],
      ['b', 20],
      ['late', 31],
    ] as const) {
      runtime.after(ms, () => ran.push(`${name}@${runtime.monotonic()}`))
    }
    await runtime.advance(30)
    expect(ran).toEqual(['a@10', 'b@20', 'c@30', 'd@30'])
    expect(runtime.monotonic()).toBe(30)
  })

  it('keeps a thousand timers in order, cancelled ones left out', async () => {
    const runtime = new VirtualRuntime(3)
    const ran: number[] = []
    for (let index = 0; index < 1_000; index++) {
      const due = Math.floor(runtime.random() * 500)
      const timer = runtime.after(due, () => ran.push(due))
      if (index % 3 === 0) timer.cancel()
    }
    await runtime.advance(500)
    expect(ran).toHaveLength(666)
    expect(ran).toEqual(ran.toSorted((a, b) => a - b))
  })

  it('runs timers that a timer sets, at their own moment', async () => {
    const runtime = new VirtualRuntime()
    const moments: number[] = []
    const tick = (): void => {
      moments.push(runtime.monotonic())
      if (moments.length < 3) runtime.after(5, tick)
    }
    runtime.after(5, tick)
    await runtime.advance(100)
    expect(moments).toEqual([5, 10, 15])
  })

  it('lets promise chains and yields finish before the next timer', async () => {
    const runtime = new VirtualRuntime()
    const order: string[] = []
    runtime.after(1, () => {
      void (async () => {
        for (let turn = 0; turn < 20; turn++) await runtime.yield()
        order.push('chain')
      })()
    })
    runtime.after(2, () => order.push('timer'))
    await runtime.advance(2)
    expect(order).toEqual(['chain', 'timer'])
  })

  it('steps the wall clock without touching timers', async () => {
    const runtime = new VirtualRuntime()
    runtime.stepClock(-10_000)
    expect(runtime.now()).toBe(1_795_000_000_000 - 10_000)
    expect(runtime.monotonic()).toBe(0)
    await runtime.advance(7)
    expect(runtime.now()).toBe(1_795_000_000_000 - 9_993)
  })

  it('runs until a promise settles, and no further', async () => {
    const runtime = new VirtualRuntime()
    const value = delay(runtime, 40).then(() => 'done')
    await expect(runtime.runUntil(value, 100)).resolves.toBe('done')
    expect(runtime.monotonic()).toBe(40)
  })

  it('passes on a rejection', async () => {
    const runtime = new VirtualRuntime()
    const failure = delay(runtime, 1).then(() => Promise.reject(new Error('no')))
    await expect(runtime.runUntil(failure, 100)).rejects.toThrow('no')
  })

  it('says why a promise did not settle', async () => {
    const runtime = new VirtualRuntime()
    await expect(runtime.runUntil(new Promise(() => {}), 100)).rejects.toThrow('no timer is left')
    await expect(runtime.runUntil(delay(runtime, 200), 100)).rejects.toThrow('took longer')
  })

  it('draws the same numbers and UUIDs from the same seed', () => {
    const draw = (seed: number): unknown[] => {
      const runtime = new VirtualRuntime(seed)
      return [runtime.random(), runtime.random(), runtime.uuid()]
    }
    expect(draw(5)).toEqual(draw(5))
    expect(draw(5)).not.toEqual(draw(6))
    expect(draw(5)[2]).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  })

  it('has chance of its own for each process, which no other draw changes', async () => {
    const draw = (before: number): number[] => {
      const runtime = new VirtualRuntime(1)
      const process = runtime.withChance(7)
      for (let count = 0; count < before; count++) runtime.random()
      return [process.random(), process.random()]
    }
    expect(draw(3)).toEqual(draw(0))
    const runtime = new VirtualRuntime(1)
    const process = runtime.withChance(7)
    await runtime.advance(5)
    expect([process.monotonic(), process.now()]).toEqual([runtime.monotonic(), runtime.now()])
  })
})
