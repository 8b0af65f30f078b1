import { expect } from 'vitest'
import type { LiveFollower } from './live-fleet.js'
import type { Load } from './load.js'
import { expectResyncs } from './settled.js'

/**
 * The load ends; then each subscription has handled all of it, in order, and none has resynced. Returns its ids.
 *
 * @param isOfLoad what was handled besides it is left out
 */
export async function expectLoadHandled(
  load: Load,
  followers: readonly LiveFollower[],
  isOfLoad: (name: string) => boolean = () => true,
): Promise<readonly string[]> {
  const ids = await endLoad(load, followers)
  // What a failover lost after it was handed over is handed over again.
  for (const { handled } of followers) expect([...new Set(handled.names.filter(isOfLoad))]).toEqual(ids)
  return ids
}

/** The same in any order: while the two connections of a link lead to two servers, frames may be handed over early. */
export async function expectLoadHandledInAnyOrder(load: Load, followers: readonly LiveFollower[]): Promise<void> {
  const ids = new Set(await endLoad(load, followers))
  for (const { handled } of followers) {
    await expect.poll(() => new Set(handled.names), { timeout: 10_000 }).toEqual(ids)
  }
}

async function endLoad(load: Load, followers: readonly LiveFollower[]): Promise<readonly string[]> {
  const ids = await load.stop()
  const last = ids.at(-1) ?? ''
  await Promise.all(followers.map(({ handled }) => handled.has(last)))
  for (const follower of followers) await expectResyncs(follower, [])
  return ids
}
