import { expect } from 'vitest'
import type { ResyncReason, SubscriptionEvents, SubscriptionState } from '../../src/index.js'
import { nextEvent, until, within } from './latch.js'
import type { LiveFollower } from './live-fleet.js'

const beats = 3

/** Resolves when the subscription has next come to this state. To be called before what brings it there. */
export async function nextState({ subscription }: LiveFollower, expected: SubscriptionState): Promise<void> {
  const come = nextEvent<SubscriptionEvents, 'state'>(subscription, 'state', (state) => state === expected)
  await within(come, 15_000, `the state ${expected}`)
}

/** Resolves when some heartbeats in a row have found everything handled: a resync that was to come has come by then. */
export async function settled({ subscription }: LiveFollower): Promise<void> {
  const verifiedAt = (): number => subscription.freshness().verifiedAt ?? -Infinity
  for (let beat = 0; beat < beats; beat++) {
    const before = verifiedAt()
    await until(() => verifiedAt() > before, 10_000, 'a heartbeat that found everything handled')
  }
}

/** Waits until all has settled; then there were these resyncs, each told and handled once, and no others. */
export async function expectResyncs(follower: LiveFollower, reasons: readonly ResyncReason[]): Promise<void> {
  await settled(follower)
  const { subscription, resyncs, handled } = follower
  const handledReasons = handled.deliveries.flatMap((each) => (each.mode === 'resync' ? [each.reason] : []))
  expect(resyncs.map(({ reason }) => reason)).toEqual(reasons)
  expect(handledReasons).toEqual(reasons)
  expect(subscription.counts.resyncs).toBe(reasons.length)
}
