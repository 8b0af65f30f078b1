import { expect, it } from 'vitest'
import { InvalidationSubscriber } from '../../../src/subscriber/subscriber.js'
import type { Runtime } from '../../../src/support/runtime.js'
import { VirtualFleet } from '../../support/virtual-fleet.js'

const hour = 3_600_000

/** A subscription on a machine whose wall clock alone can be moved, as by a sleep. */
async function asleep() {
  const fleet = new VirtualFleet()
  let aheadMs = 0
  const own = fleet.runtime.withChance(7)
  const runtime: Runtime = { ...own, now: () => own.now() + aheadMs }
  const subscriber = await fleet.runtime.runUntil(InvalidationSubscriber.connect(fleet.log, { runtime }), 1_000)
  const subscription = subscriber.subscribe(() => undefined)
  await fleet.runtime.runUntil(subscription.caughtUp(), 1_000)
  const sleep = (ms: number): void => {
    aheadMs += ms
  }
  const ageMs = (): number => runtime.monotonic() - (subscription.freshness().verifiedAt ?? -Infinity)
  return { fleet, subscription, sleep, ageMs }
}

it('a subscription on a machine that has slept is as old as the sleep until it is verified again', async () => {
  const { fleet, subscription, sleep, ageMs } = await asleep()
  const before = ageMs()
  sleep(hour)
  expect(ageMs()).toBe(before + hour)
  expect(subscription.health()).toMatchObject({ status: 'degraded', reasons: ['unverified'] })
  await fleet.runtime.advance(1_100)
  expect(ageMs()).toBeLessThan(1_100)
  expect(subscription.health().status).toBe('up')
})

it('a head that was asked for before a sleep and read after it is as old as the sleep', async () => {
  const { fleet, sleep, subscription, ageMs } = await asleep()
  const { position } = await fleet.append('1')
  expect(position.streamId).not.toBe('')
  const caughtUp = subscription.caughtUp()
  sleep(hour)
  await fleet.runtime.runUntil(caughtUp, 1_000)
  expect(ageMs()).toBeGreaterThanOrEqual(hour)
})

it('a clock that is set back changes nothing, and one that is set forward costs one heartbeat', async () => {
  const { fleet, sleep, subscription, ageMs } = await asleep()
  const before = ageMs()
  sleep(-hour)
  expect(ageMs()).toBe(before)
  sleep(hour)
  expect(subscription.health().status).toBe('degraded')
  await fleet.runtime.advance(1_100)
  expect(subscription.health().status).toBe('up')
})
