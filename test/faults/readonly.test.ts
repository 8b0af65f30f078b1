import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { InvalidationPublisher, PublisherEvents, RepairSummary } from '../../src/index.js'
import { ids } from '../support/handled.js'
import { nextEvent, within } from '../support/latch.js'
import { LiveFleet, type LiveFollower } from '../support/live-fleet.js'
import { Replica } from '../support/replica.js'
import { expectResyncs } from '../support/settled.js'
import { TcpProxy } from '../support/tcp-proxy.js'

let fleet: LiveFleet
let replica: Replica
let front: TcpProxy
let publisher: InvalidationPublisher
let repairs: RepairSummary[]
let follower: LiveFollower

beforeEach(async () => {
  fleet = await LiveFleet.start()
  replica = await Replica.of(fleet.server)
  front = await TcpProxy.start(fleet.server.port)
  publisher = await fleet.publisher({ publishTimeoutMs: 30_000 }, front.url)
  repairs = []
  publisher.on('repaired', (summary) => repairs.push(summary))
  follower = await fleet.follow({}, { readReplica: true }, front.url)
  await publisher.invalidate('user', '1')
  await replica.inSync()
})

afterEach(async () => {
  await fleet.stop()
  await Promise.all([replica.stop(), front.stop()])
})

/** The primary and its replica change places, and no connection is closed. */
async function changePlaces(): Promise<void> {
  await replica.promote()
  await fleet.redis.call('REPLICAOF', '127.0.0.1', String(replica.server.port))
}

describe('READONLY from a primary that became a replica, and closed no connection', () => {
  it('makes the publisher connect anew, to the new primary; subscriptions notice nothing', async () => {
    const disconnected = nextEvent<PublisherEvents, 'disconnected'>(publisher, 'disconnected')
    await changePlaces()
    front.pointTo(replica.server.port)
    await Promise.all(ids(2, 20).map((id) => publisher.invalidate('user', id)))
    await within(disconnected, 10_000, 'the publisher disconnected')
    await follower.handled.has('20')
    await expectResyncs(follower, [])
    expect(follower.handled.distinctNames).toEqual(ids(1, 20))
    expect(follower.states).not.toContain('disconnected')
    expect(repairs).toEqual([{ intact: 1, reappended: 0, unknown: 0 }])
  })

  it('leaves what is published waiting, in order, while no way leads to a primary', async () => {
    const queued = nextEvent<PublisherEvents, 'queued'>(publisher, 'queued')
    await changePlaces()
    const publishing = Promise.all(ids(2, 20).map((id) => publisher.invalidate('user', id)))
    await within(queued, 10_000, 'the messages queued')
    await nextEvent<PublisherEvents, 'connected'>(publisher, 'connected')
    expect(publisher.health().queued).toBe(19)
    front.pointTo(replica.server.port)
    await publishing
    await follower.handled.has('20')
    await expectResyncs(follower, [])
    expect(follower.handled.distinctNames).toEqual(ids(1, 20))
    expect(repairs).toEqual([{ intact: 1, reappended: 0, unknown: 0 }])
  })
})
