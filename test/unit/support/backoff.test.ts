import { expect, it } from 'vitest'
import { Backoff, Departures } from '../../../src/support/backoff.js'
import { VirtualRuntime } from '../../support/virtual-runtime.js'

it('waits longer after each failure, up to 2 s, never twice the same', () => {
  const backoff = new Backoff(new VirtualRuntime())
  const bounds: [least: number, most: number][] = [
    [25, 50],
    [50, 100],
    [100, 200],
    [200, 400],
    [400, 800],
    [800, 1_600],
    [1_000, 2_000],
    [1_000, 2_000],
  ]
  for (const [least, most] of bounds) {
    const drawn = Array.from({ length: 100 }, () => backoff.delayMs())
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(least)
    expect(Math.max(...drawn)).toBeLessThan(most)
    expect(Math.max(...drawn) - Math.min(...drawn)).toBeGreaterThan(least / 2)
    backoff.failed()
  }
  backoff.reset()
  expect(backoff.delayMs()).toBeLessThan(50)
})

it('lets a connection that works be given up at once, and then with pauses that grow up to 2 s', async () => {
  const runtime = new VirtualRuntime()
  const departures = new Departures(runtime)
  let given = 0
  for (let ms = 0; ms < 10_000; ms += 10) {
    if (departures.depart()) given += 1
    await runtime.advance(10)
  }
  expect(given).toBeGreaterThan(8)
  expect(given).toBeLessThan(20)
  await runtime.advance(31_000)
  expect(departures.depart()).toBe(true)
  await runtime.advance(50)
  expect(departures.depart()).toBe(true)
})
