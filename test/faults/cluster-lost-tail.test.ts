import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { redisCursor, type PublisherEvents } from '../../src/index.js'
import { ClusterFleet } from '../support/cluster-fleet.js'
import { ClusterStage } from '../support/cluster-stage.js'
import { ids } from '../support/handled.js'
import { nextEvent, within } from '../support/latch.js'
import { ServerProxies } from '../support/server-proxies.js'
import { expectResyncs, nextState } from '../support/settled.js'

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
    'of %s, has them handled by every subscription within 5 s of the new owner, without a flush',
    async (_, by) => {
      fleet = await ClusterFleet.on(stage, { packing: false })
      const route = await ServerProxies.start(stage.nodes)
      onTestFinished(() => route.stop())
      const live = await fleet.follow()
      const away = await fleet.follow({}, {}, stage.cluster(route.natMap))
      const cursor = { name: 'durable', cursor: redisCursor(), startAt: 'head' } as const
      const closed = await fleet.follow(cursor)
      await fleet.publishAll(1, 50)
      await Promise.all([live, away, closed].map(({ handled }) => handled.count(50)))
      await closed.subscriber.close()
      const gone = nextState(away, 'disconnected')
      route.inflict({ kind: 'refuse' })
      route.inflict({ kind: 'cut' })
      await gone

      const old = await stage.loseTail(fleet.channel, () => fleet.publishAll(51, 150), by)
      await stage.newOwner(fleet.channel, old)
      const since = performance.now()
      route.heal()
      const restarted = await fleet.follow(cursor)
      await Promise.all([live.handled.count(150), away.handled.count(150), restarted.handled.count(100)])
      expect(performance.now() - since).toBeLessThan(5_000)

      for (const each of [live, away, restarted]) await expectResyncs(each, [])
      expect([...new Set(live.handled.names)]).toEqual(ids(1, 150))
      // The tail is appended again in order.
      expect(live.handled.names.slice(-100)).toEqual(ids(51, 150))
      expect(away.handled.names).toEqual(ids(1, 150))
      expect(restarted.handled.names).toEqual(ids(51, 150))
      expect(fleet.repairs).toEqual([{ intact: 50, reappended: 100, unknown: 0 }])
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
    expect([...new Set(follower.handled.names)]).toEqual([...ids(1, 110), 'after'])
    expect(fleet.repairs).toEqual([{ intact: 10, reappended: 100, unknown: 0 }])
  })
})
