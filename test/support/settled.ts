import { expect } from 'vitest'
import type { ResyncReason } from '../../src/index.js'
import { until } from './latch.js'
import type { LiveFollower } from './live-fleet.js'

const beats = 3

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
