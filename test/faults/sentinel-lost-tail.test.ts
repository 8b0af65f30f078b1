import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { PublisherEvents } from '../../src/index.js'
import { ids } from '../support/handled.js'
import { nextEvent, within } from '../support/latch.js'
import { expectEachInLog, expectLostTailHandled, expectRepaired } from '../support/lost-tail.js'
import { PublishingFleet } from '../support/publishing-fleet.js'
import { SentinelStage } from '../support/sentinel-stage.js'
import { ServerProxies } from '../support/server-proxies.js'
import { expectResyncs } from '../support/settled.js'

let stage: SentinelStage
let fleet: PublishingFleet

beforeAll(async () => {
  stage = await SentinelStage.start()
})

beforeEach(() => {
  fleet = new PublishingFleet(stage.url)
})

afterEach(async () => {
  await fleet.stop()
  await stage.recover()
})

afterAll(() => stage.stop())

const unpacked = { packing: false } as const

describe('a failover by sentinels that loses 100 acknowledged appends', { timeout: 60_000 }, () => {
  it('has them handled by every subscription within 5 s of the new primary, without evicting all', async () => {
    const route = await ServerProxies.start(stage.servers)
    onTestFinished(() => route.stop())
    await fleet.publish(unpacked)
    await expectLostTailHandled({
      fleet,
      route,
      throughRoute: { ...stage.options(), natMap: route.natMap },
      lose: (publish) => stage.loseTail(publish),
      replaced: (old) => stage.newPrimary(old),
    })
  })

  it('leaves nothing of them when the old primary comes back: it follows, and has each of them from the new one', async () => {
    await fleet.publish(unpacked)
    const follower = await fleet.follow()
    await fleet.publishAll(1, 10)
    const old = await stage.loseTail(() => fleet.publishAll(11, 110))
    await stage.newPrimary(old)
    await old.restart()
    // Sentinels before Redis 7 now and then promote both replicas, one after the other: until the first of them is made a
    // replica, the publisher may be there.
    await stage.recover()
    await fleet.main.invalidate('user', 'after')
    await follower.handled.has('after')
    await expectResyncs(follower, [])
    await stage.follows(old)
    await expectEachInLog(stage.clients.of(old), fleet.channel, [...ids(1, 110), 'after'])
    expectRepaired(fleet, { intact: 10, reappended: 100 })
  })

  it('is repaired upon READONLY by a publisher whose connection to the demoted primary stays open', async () => {
    // In place of CLIENT KILL, which sentinels end all connections with, they send what does nothing.
    await stage.renameCommand('CLIENT', 'PING')
    onTestFinished(() => stage.renameCommand('CLIENT', 'CLIENT'))
    // A heartbeat this long leaves it to what is published to find out.
    await fleet.publish({ ...unpacked, heartbeatMs: 60_000 })
    const follower = await fleet.follow()
    await fleet.publishAll(1, 10)
    const old = await stage.loseTail(() => fleet.publishAll(11, 110), 'failover')
    await stage.follows(old)
    expect(fleet.main.health().connected).toBe(true)
    const disconnected = nextEvent<PublisherEvents, 'disconnected'>(fleet.main, 'disconnected')
    await within(fleet.main.invalidate('user', 'after'), 10_000, 'an acknowledgement')
    await within(disconnected, 10_000, 'the publisher disconnected')
    await follower.handled.has('after')
    await expectResyncs(follower, [])
    expect(follower.handled.distinctNames).toEqual([...ids(1, 110), 'after'])
    // The follower heard the tail before it was lost: whether it was appended again shows in the log alone.
    await expectEachInLog(stage.clients.of(await stage.primary()), fleet.channel, [...ids(1, 110), 'after'])
    expectRepaired(fleet, { intact: 10, reappended: 100 })
  })
})
