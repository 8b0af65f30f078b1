import { beforeEach, expect, test } from 'vitest'
import { TimeLimit } from '../../../src/support/deadlines.js'
import { VirtualRuntime } from '../../support/virtual-runtime.js'

class CountingRuntime extends VirtualRuntime {
  timers = 0

  override after(delayMs: number, run: () => void): ReturnType<VirtualRuntime['after']> {
    this.timers++
    return super.after(delayMs, run)
  }
}

let runtime: CountingRuntime
let expired: string[]
let limit: TimeLimit<string>

beforeEach(() => {
  runtime = new CountingRuntime()
  expired = []
  limit = new TimeLimit(1_000, runtime, (item) => expired.push(`${item} at ${runtime.monotonic()}`))
})

test('each item expires at its own limit', async () => {
  limit.start('a')
  await runtime.advance(300)
  limit.start('b')
  limit.start('c')
  await runtime.advance(400)
  limit.start('d')
  await runtime.advance(5_000)
  expect(expired).toEqual(['a at 1000', 'b at 1300', 'c at 1300', 'd at 1700'])
})

test('an item that ended in time does not expire, and says so', async () => {
  limit.start('a')
  limit.start('b')
  await runtime.advance(999)
  expect(limit.end('a')).toBe(true)
  await runtime.advance(1)
  expect(expired).toEqual(['b at 1000'])
  expect(limit.end('b')).toBe(false)
})

test('an item started after a quiet time gets the whole limit', async () => {
  limit.start('a')
  limit.end('a')
  await runtime.advance(10_000)
  limit.start('b')
  await runtime.advance(999)
  expect(expired).toEqual([])
  await runtime.advance(1)
  expect(expired).toEqual(['b at 11000'])
})

test('a thousand items that come and go share a timer', async () => {
  for (let item = 0; item < 1_000; item++) {
    limit.start(`${item}`)
    await runtime.advance(1)
    limit.end(`${item}`)
  }
  expect(runtime.timers).toBeLessThanOrEqual(2)
  expect(expired).toEqual([])
})

test('what was cleared is handed back and never expires', async () => {
  limit.start('a')
  limit.start('b')
  expect(limit.clear()).toEqual(['a', 'b'])
  await runtime.advance(5_000)
  expect(expired).toEqual([])
})
