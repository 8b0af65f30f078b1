import { beforeEach, expect, test } from 'vitest'
import { RecoveryClock } from '../../soak/recovery-clock.js'

let clock: RecoveryClock

beforeEach(() => {
  clock = new RecoveryClock(['memory', 'redis'])
})

test('takes the time from the end of a fault until the last subscription is verified', () => {
  clock.faultBegan()
  clock.faultEnded(100)
  clock.verified('memory', 110, 115)
  expect(clock.samples).toEqual([])
  clock.verified('redis', 130, 140)
  expect(clock.samples).toEqual([40])
})

test('does not take what was verified before the end for a recovery', () => {
  clock.faultBegan()
  clock.faultEnded(100)
  clock.verified('memory', 110, 115)
  clock.verified('redis', 100, 120)
  expect(clock.samples).toEqual([])
  expect(clock.unverified).toEqual(['redis'])
})

test('does not take one that has left the live state since for recovered', () => {
  clock.faultBegan()
  clock.faultEnded(100)
  clock.verified('memory', 110, 115)
  clock.interrupted('memory')
  clock.verified('redis', 130, 140)
  expect(clock.samples).toEqual([])
  clock.verified('memory', 150, 155)
  expect(clock.samples).toEqual([55])
})

test('counts from the end of the last of several faults', () => {
  clock.faultBegan()
  clock.faultBegan()
  clock.faultEnded(100)
  clock.verified('memory', 110, 115)
  clock.verified('redis', 110, 115)
  clock.faultEnded(200)
  clock.verified('memory', 210, 212)
  clock.verified('redis', 220, 230)
  expect(clock.samples).toEqual([30])
})

test('lets wait for the recovery; there is nothing to wait for without a fault', async () => {
  await clock.recovered()
  clock.faultBegan()
  let recovered = false
  const waiting = clock.recovered().then(() => (recovered = true))
  clock.faultEnded(100)
  clock.verified('memory', 110, 115)
  await Promise.resolve()
  expect(recovered).toBe(false)
  clock.verified('redis', 110, 115)
  await waiting
})
