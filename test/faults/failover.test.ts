import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { InvalidationPublisher, PublisherEvents, RepairSummary } from '../../src/index.js'
import { ids } from '../support/handled.js'
import { nextEvent, until, within } from '../support/latch.js'
import { LiveFleet, type LiveFollower } from '../support/live-fleet.js'
import { Replica } from '../support/replica.js'
import { expectResyncs, nextState } from '../support/settled.js'
import { TcpProxy } from '../support/tcp-proxy.js'

let fleet: LiveFleet
let replica: Replica
/** Leads to the primary, whichever server that is. */
let front: TcpProxy
/** Another way to the primary, for subscribers that are to lose theirs. */
let sideway: TcpProxy

beforeEach(async () => {
  fleet = await LiveFleet.start()
  replica = await Replica.of(fleet.server)
  front = await TcpProxy.start(fleet.server.port)
  sideway = await TcpProxy.start(fleet.server.port)
})

afterEach(async () => {
  await fleet.stop()
  await Promise.all([replica.stop(), front.stop(), sideway.stop()])
})

/** A publisher that follows the primary, and what its repairs came to. */
async function publish(): Promise<[InvalidationPublisher, RepairSummary[]]> {
  const publisher = await fleet.publisher({ packing: false, publishTimeoutMs: 30_000 }, front.url)
  const repairs: RepairSummary[] = []
  publisher.on('repaired', (summary) => repairs.push(summary))
  return [publisher, repairs]
}

function publishAll(publisher: InvalidationPublisher, first: number, last: number): Promise<unknown> {
  return Promise.all(ids(first, last).map((id) => publisher.invalidate('user', id)))
}

/** It has handled 1 to 40 at first, and then the lost tail again, from 31, before all that is newer. */
function expectTailAgain({ handled }: LiveFollower): void {
  expect(handled.names.slice(0, 40)).toEqual(ids(1, 40))
  expect([...new Set(handled.names.slice(40))]).toEqual(ids(31, 50))
}

/** The primary dies, and the replica takes over as it is. */
async function failOver(): Promise<void> {
  await fleet.server.kill()
  await replica.promote()
  front.pointTo(replica.server.port)
}

describe('a replica promoted after losing a tail', () => {
  it('misses nothing for subscriptions that were away, and needs no resync', async () => {
    const [publisher, repairs] = await publish()
    const beforeTail = await fleet.follow({}, {}, sideway.url)
    await publishAll(publisher, 1, 20)
    await beforeTail.handled.count(20)
    const gone = nextState(beforeTail, 'disconnected')
    sideway.cut()
    await gone
    await publishAll(publisher, 21, 30)
    await replica.inSync()
    replica.cutOff()
    await publishAll(publisher, 31, 40)
    await failOver()
    sideway.pointTo(replica.server.port)
    await publishAll(publisher, 41, 50)
    await beforeTail.handled.has('50')
    await expectResyncs(beforeTail, [])
    // The tail is appended again before anything newer.
    expect(beforeTail.handled.distinctNames).toEqual(ids(1, 50))
    expect(repairs).toEqual([{ intact: 30, reappended: 10, unknown: 0 }])
  })

  it('is a fork that is bridged without a resync for subscriptions that were live on the old primary', async () => {
    const [publisher, repairs] = await publish()
    const follower = await fleet.follow({}, {}, front.url)
    const strict = await fleet.follow({ strictFailover: true }, {}, front.url)
    await publishAll(publisher, 1, 30)
    await replica.inSync()
    replica.cutOff()
    await publishAll(publisher, 31, 40)
    await Promise.all([follower, strict].map(({ handled }) => handled.count(40)))
    await failOver()
    await strict.handled.has('*')
    await publishAll(publisher, 41, 50)
    await Promise.all([follower, strict].map(({ handled }) => handled.has('50')))
    await expectResyncs(follower, [])
    expectTailAgain(follower)
    expect(follower.replays.filter(({ forked }) => forked)).toHaveLength(1)
    expect(repairs).toEqual([{ intact: 30, reappended: 10, unknown: 0 }])
    await expectResyncs(strict, ['failover'])
  })

  it('is a resync, forked, where the lost tail is all that a subscription remembers', async () => {
    const [publisher, repairs] = await publish()
    const follower = await fleet.follow({}, {}, front.url)
    await publishAll(publisher, 1, 10)
    await replica.inSync()
    replica.cutOff()
    await publishAll(publisher, 11, 1_100)
    await follower.handled.count(1_100)
    await failOver()
    // What is appended before the resync may be the head that it is anchored to: then it is covered, and never handed over.
    await follower.handled.has('*')
    await publisher.invalidate('user', 'after')
    await follower.handled.has('after')
    await expectResyncs(follower, ['forked'])
    expect(repairs).toEqual([{ intact: 10, reappended: 1_090, unknown: 0 }])
  })

  it('is bridged for subscriptions on an old primary that becomes a replica and never closes a socket', async () => {
    const [publisher, repairs] = await publish()
    const follower = await fleet.follow({}, { readReplica: true })
    await publishAll(publisher, 1, 30)
    await replica.inSync()
    replica.cutOff()
    await publishAll(publisher, 31, 40)
    await follower.handled.count(40)
    await replica.promote()
    // Its own tail goes, and what the new primary has comes in its place, over the sockets that are open.
    await fleet.redis.call('REPLICAOF', '127.0.0.1', String(replica.server.port))
    front.pointTo(replica.server.port)
    await publishAll(publisher, 41, 50)
    await follower.handled.has('50')
    await expectResyncs(follower, [])
    expectTailAgain(follower)
    expect(follower.replays.filter(({ forked }) => forked)).toHaveLength(1)
    expect(follower.states).not.toContain('disconnected')
    expect(repairs).toEqual([{ intact: 30, reappended: 10, unknown: 0 }])
  })

  it('is no event at all for subscriptions that were live on that replica', async () => {
    const [publisher, repairs] = await publish()
    await publishAll(publisher, 1, 10)
    await replica.inSync()
    const follower = await fleet.follow({}, { readReplica: true }, replica.server.url)
    await publishAll(publisher, 11, 30)
    await follower.handled.count(20)
    replica.cutOff()
    await publishAll(publisher, 31, 40)
    const repaired = nextEvent<PublisherEvents, 'repaired'>(publisher, 'repaired')
    await failOver()
    await within(repaired, 10_000, 'the repair')
    await publishAll(publisher, 41, 50)
    await follower.handled.has('50')
    await expectResyncs(follower, [])
    expect(follower.handled.distinctNames).toEqual(ids(11, 50))
    expect(follower.subscription.counts).toMatchObject({ live: 40, replayed: 0, gaps: 0 })
    expect(repairs).toEqual([{ intact: 30, reappended: 10, unknown: 0 }])
  })

  it('loses what its publisher can no longer append again, unless a subscription is strict: it resyncs', async () => {
    const [publisher] = await publish()
    const follower = await fleet.follow({}, {}, sideway.url)
    const strict = await fleet.follow({ strictFailover: true }, {}, sideway.url)
    await publishAll(publisher, 1, 10)
    await replica.inSync()
    await Promise.all([follower, strict].map(({ handled }) => handled.count(10)))
    const gone = Promise.all([follower, strict].map((each) => nextState(each, 'disconnected')))
    sideway.cut()
    await gone
    replica.cutOff()
    await publisher.invalidate('user', 'lost')
    await publisher.close()
    await failOver()
    sideway.pointTo(replica.server.port)
    await strict.handled.has('*')
    const [successor] = await publish()
    await successor.invalidate('user', 'after')
    await Promise.all([follower, strict].map(({ handled }) => handled.has('after')))
    // Its publisher is still in the register, and can't have checked: nobody vouches until the record has expired.
    await until(() => follower.subscription.health().reasons.includes('failover'), 10_000, 'the reason')
    expect(follower.resyncs).toEqual([])
    expect(follower.handled.names).toEqual([...ids(1, 10), 'after'])
    await expectResyncs(strict, ['failover'])
    expect(strict.handled.names).toEqual([...ids(1, 10), '*', 'after'])
  })
})

describe('a primary paused (SIGSTOP), passed over for its replica, and woken', () => {
  it('misses nothing and needs no resync: who was connected to it has long left', async () => {
    const [publisher, repairs] = await publish()
    const follower = await fleet.follow({}, {}, front.url)
    await publishAll(publisher, 1, 30)
    await replica.inSync()
    await follower.handled.count(30)
    const gone = nextState(follower, 'disconnected')
    fleet.server.pause()
    const publishing = publishAll(publisher, 31, 40)
    await replica.promote()
    front.pointTo(replica.server.port)
    await gone
    await publishing
    await follower.handled.has('40')
    // What it executes now, it had received before it was paused: nobody listens to it any more.
    fleet.server.resume()
    await publishAll(publisher, 41, 50)
    await follower.handled.has('50')
    await expectResyncs(follower, [])
    expect(follower.handled.distinctNames).toEqual(ids(1, 50))
    expect(repairs).toEqual([{ intact: 30, reappended: 0, unknown: 0 }])
  })
})
