import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { ClusterFleet } from '../support/cluster-fleet.js'
import { ClusterStage } from '../support/cluster-stage.js'
import { ids } from '../support/handled.js'
import { until } from '../support/latch.js'
import type { LiveFollower } from '../support/live-fleet.js'
import { Load } from '../support/load.js'
import { serverIsAtLeast } from '../support/server-version.js'
import { expectResyncs, nextState } from '../support/settled.js'
import { Wiretap } from '../support/wiretap.js'

const sharded = true

/** So long that nothing is found by a heartbeat. */
const heartbeatMs = 60_000

let stage: ClusterStage
let fleet: ClusterFleet
let follower: LiveFollower

beforeAll(async () => {
  stage = await ClusterStage.start()
})

beforeEach(async () => {
  fleet = await ClusterFleet.on(stage, { sharded })
})

afterEach(async () => {
  await fleet.stop()
  await stage.recover()
})

afterAll(() => stage.stop())

function modes(): unknown[] {
  return follower.handled.deliveries.map(({ mode }) => mode)
}

describe.runIf(await serverIsAtLeast(7))('a sharded channel', { timeout: 60_000 }, () => {
  it('is heard live by those who are sharded as well, and by nobody else', async () => {
    follower = await fleet.follow({}, { sharded })
    const tap = await Wiretap.on((await stage.ownerOf(fleet.channel)).port, fleet.channel)
    onTestFinished(() => {
      tap.stop()
    })
    await fleet.publishAll(1, 10)
    await follower.handled.count(10)
    expect(modes()).toEqual(Array.from({ length: 10 }, () => 'live'))
    expect(tap.names).toEqual([])
  })

  it('is found again when the server ends the subscription, since the slot has moved, without a heartbeat', async () => {
    follower = await fleet.follow({}, { sharded, heartbeatMs })
    await fleet.publishAll(1, 10)
    await follower.handled.count(10)
    const gone = nextState(follower, 'disconnected')
    await stage.migrateSlot(fleet.channel, await stage.stranger(fleet.channel))
    await gone
    await until(() => follower.subscription.state === 'live', 10_000, 'the subscription live')
    await fleet.publishAll(11, 20)
    await follower.handled.count(20)
    expect(follower.handled.distinctNames).toEqual(ids(1, 20))
    expect(modes().slice(10)).toEqual(Array.from({ length: 10 }, () => 'live'))
    expect(follower.resyncs).toEqual([])
  })

  it('is still heard by a subscription whose node has become a replica', async () => {
    follower = await fleet.follow({}, { sharded, heartbeatMs })
    await fleet.publishAll(1, 10)
    const old = await stage.ownerOf(fleet.channel)
    await stage.failOver(fleet.channel, 'graceful')
    await stage.follows(old)
    await fleet.publishAll(11, 20)
    await follower.handled.count(20)
    expect(follower.handled.distinctNames).toEqual(ids(1, 20))
    expect(follower.resyncs).toEqual([])
  })

  it('misses nothing under load when its owner is killed, and while its slot moves', async () => {
    follower = await fleet.follow({}, { sharded })
    const load = new Load(fleet.main)
    await load.more(50)
    const old = await stage.killOwner(fleet.channel)
    await stage.newOwner(fleet.channel, old)
    await load.more(50)
    const migration = await stage.slotMigration(fleet.channel, await stage.stranger(fleet.channel))
    await migration.begin()
    await migration.moveKeys()
    await load.more(50)
    await migration.finish()
    await load.more(50)
    const published = await load.stop()
    await follower.handled.has(published.at(-1) ?? '')
    await expectResyncs(follower, [])
    expect(follower.handled.distinctNames).toEqual(published)
    await fleet.expectDistinctAppendIds()
  })
})
