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
  const ids = await load.stop()
  const last = ids.at(-1) ?? ''
  await Promise.all(followers.map(({ handled }) => handled.has(last)))
  for (const follower of followers) {
    await expectResyncs(follower, [])
    // What a failover lost after it was handed over is handed over again.
    expect([...new Set(follower.handled.names.filter(isOfLoad))]).toEqual(ids)
  }
  return ids
}
