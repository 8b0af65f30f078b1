import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PublisherEvents } from '../../src/index.js'
import { nextEvent, within } from '../support/latch.js'
import type { LiveFollower } from '../support/live-fleet.js'
import { expectLoadHandled, expectLoadHandledInAnyOrder } from '../support/load-handled.js'
import { Load } from '../support/load.js'
import { PublishingFleet } from '../support/publishing-fleet.js'
import { SentinelStage } from '../support/sentinel-stage.js'
import { serverIsAtLeast } from '../support/server-version.js'
import { expectResyncs, nextState } from '../support/settled.js'

let stage: SentinelStage
let fleet: PublishingFleet
let followers: readonly LiveFollower[]
let load: Load

beforeAll(async () => {
  stage = await SentinelStage.start()
})

beforeEach(async () => {
  fleet = await new PublishingFleet(stage.url).publish()
  const lent = new Redis({ ...stage.options(), lazyConnect: true })
  followers = await Promise.all([fleet.follow(), fleet.follow({}, {}, lent)])
  load = new Load(fleet.main)
  await load.more(50)
})

afterEach(async () => {
  load.halt()
  await fleet.stop()
  await stage.recover()
})

afterAll(() => stage.stop())

function expectAllHandled(): Promise<unknown> {
  return expectLoadHandled(load, followers)
}

/** Before Redis 7 sentinels look every ten seconds, whatever they are told, and as long two servers hold themselves for the primary. */
const briskSentinels = await serverIsAtLeast(7)

describe.runIf(briskSentinels)('under load, behind sentinels', { timeout: 60_000 }, () => {
  it('a primary that is killed, and with it the first sentinel of the list, is left for the new one by all', async () => {
    const [first] = stage.sentinels
    const [old] = await Promise.all([stage.killPrimary(), first?.kill()])
    await stage.newPrimary(old)
    await load.more(50)
    await expectAllHandled()
    expect(fleet.repairs).toHaveLength(1)
    expect(fleet.repairs[0]?.unknown).toBe(0)
  })

  it('a primary that is paused is passed over, and what it executes when it wakes hurts nobody', async () => {
    const old = await stage.primary()
    old.pause()
    await stage.newPrimary(old)
    await load.more(50)
    old.resume()
    await stage.follows(old)
    await load.more(50)
    await expectLoadHandledInAnyOrder(load, followers)
  })

  it('a failover that was asked for is followed', async () => {
    const old = await stage.primary()
    const left = followers.map((follower) => nextState(follower, 'disconnected'))
    await stage.failOver()
    await Promise.all(left)
    await stage.follows(old)
    await load.more(50)
    await expectAllHandled()
  })

  it('one sentinel that is left names the primary to those who come new, and to those who come back', async () => {
    const [first, second] = stage.sentinels
    await Promise.all([first?.kill(), second?.kill()])
    const newcomer = await fleet.follow()
    const gone = followers.map((follower) => nextState(follower, 'disconnected'))
    const old = await stage.primary()
    await stage.clients.of(old).call('CLIENT', 'KILL', 'TYPE', 'normal')
    await Promise.all(gone)
    await load.more(50)
    await expectAllHandled()
    await expectResyncs(newcomer, [])
  })

  it('no sentinel at all is no matter to those who are connected', async () => {
    await Promise.all(stage.sentinels.map((sentinel) => sentinel.kill()))
    await load.more(50)
    await expectAllHandled()
    expect(followers.map(({ subscription }) => subscription.state)).toEqual(['live', 'live'])
  })

  it('those who lose their primary while no sentinel is there come back when one is', async () => {
    const primary = await stage.primary()
    await Promise.all(stage.sentinels.map((sentinel) => sentinel.kill()))
    const gone = followers.map((follower) => nextState(follower, 'disconnected'))
    const queued = nextEvent<PublisherEvents, 'queued'>(fleet.main, 'queued')
    await primary.kill()
    await Promise.all(gone)
    await within(queued, 10_000, 'the messages queued')
    await stage.reviveSentinels()
    await stage.newPrimary(primary)
    await expectAllHandled()
  })
})
