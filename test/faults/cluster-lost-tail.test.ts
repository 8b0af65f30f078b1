import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { PublisherEvents } from '../../src/index.js'
import { ClusterFleet } from '../support/cluster-fleet.js'
import { ClusterStage } from '../support/cluster-stage.js'
import { ids } from '../support/handled.js'
import { nextEvent, within } from '../support/latch.js'
import { expectEachInLog, expectLostTailHandled, expectRepaired } from '../support/lost-tail.js'
import { ServerProxies } from '../support/server-proxies.js'
import { expectResyncs } from '../support/settled.js'

let stage: ClusterStage
let fleet: ClusterFleet

beforeAll(async () => {
  stage = await ClusterStage.start()
})

afterEach(async () => {
  await fleet.stop()
  await stage.recover()
})

afterAll(() => stage.stop())

describe('a failover in a cluster that loses 100 acknowledged appends', { timeout: 60_000 }, () => {
  it.each([
    ['an owner that dies', 'kill'],
    ['an owner that stays connected, by vote', 'force'],
    ['an owner that stays connected, without a vote', 'takeover'],
  ] as const)(
    'of %s, has them handled by every subscription within 5 s of the new owner, without evicting all',
    async (_, by) => {
      fleet = await ClusterFleet.on(stage, { packing: false })
      const route = await ServerProxies.start(stage.nodes)
      onTestFinished(() => route.stop())
      await expectLostTailHandled({
        fleet,
        route,
        throughRoute: stage.cluster(route.natMap),
        lose: (publish) => stage.loseTail(fleet.channel, publish, by),
        replaced: (old) => stage.newOwner(fleet.channel, old),
      })
      await fleet.expectDistinctAppendIds()
    },
  )

  it('is repaired upon MOVED by a publisher whose connection to the old owner stays open', async () => {
    // A heartbeat this long leaves it to what is published to find out.
    fleet = await ClusterFleet.on(stage, { packing: false, heartbeatMs: 60_000 })
    const follower = await fleet.follow()
    await fleet.publishAll(1, 10)
    await stage.loseTail(fleet.channel, () => fleet.publishAll(11, 110), 'takeover')
    expect(fleet.main.health().connected).toBe(true)
    const disconnected = nextEvent<PublisherEvents, 'disconnected'>(fleet.main, 'disconnected')
    await within(fleet.main.invalidate('user', 'after'), 10_000, 'an acknowledgement')
    await within(disconnected, 10_000, 'the publisher disconnected')
    await follower.handled.has('after')
    await expectResyncs(follower, [])
    expect(follower.handled.distinctNames).toEqual([...ids(1, 110), 'after'])
    // The follower heard the tail before it was lost: whether it was appended again shows in the log alone.
    const owner = await stage.ownerOf(fleet.channel)
    await expectEachInLog(stage.clients.of(owner), fleet.channel, [...ids(1, 110), 'after'])
    expectRepaired(fleet, { intact: 10, reappended: 100 })
  })
})
