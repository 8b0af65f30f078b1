import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { InvalidationPublisher, PublisherEvents } from '../../src/index.js'
import { ids } from '../support/handled.js'
import { nextEvent, until, within } from '../support/latch.js'
import { LiveFleet, type LiveFollower } from '../support/live-fleet.js'
import { expectResyncs, nextState } from '../support/settled.js'

let fleet: LiveFleet
let publisher: InvalidationPublisher
let follower: LiveFollower

beforeEach(async () => {
  fleet = await LiveFleet.start()
  publisher = await fleet.publisher({ publishTimeoutMs: 30_000 })
  follower = await fleet.follow()
  await Promise.all(ids(1, 50).map((id) => publisher.invalidate('user', id)))
  await follower.handled.count(50)
})

afterEach(() => fleet.stop())

/** Less than the server needs for itself: it is full from now on. */
async function runFull(policy: string): Promise<void> {
  await fleet.redis.config('SET', 'maxmemory-policy', policy)
  await fleet.redis.config('SET', 'maxmemory', '100kb')
}

function makeRoom(): Promise<unknown> {
  return fleet.redis.config('SET', 'maxmemory', '0')
}

describe('maxmemory', () => {
  it('with noeviction makes publishes wait; nothing is lost, and nobody evicts all', async () => {
    const queued = nextEvent<PublisherEvents, 'queued'>(publisher, 'queued')
    const drained = nextEvent<PublisherEvents, 'drained'>(publisher, 'drained')
    await runFull('noeviction')
    const publishing = Promise.all(ids(51, 100).map((id) => publisher.invalidate('user', id)))
    await within(queued, 10_000, 'the messages queued')
    await expectResyncs(follower, [])
    expect(publisher.health()).toMatchObject({ status: 'degraded', queued: 50 })
    await makeRoom()
    await publishing
    await within(drained, 10_000, 'the send queue drained')
    await follower.handled.has('100')
    await expectResyncs(follower, [])
    expect(follower.handled.names).toEqual(ids(1, 100))
    expect(follower.subscription.counts).toMatchObject({ live: 100, replayed: 0, gaps: 0 })
  })

  it('with noeviction lets a subscription that was cut off catch up while the server is full', async () => {
    await runFull('noeviction')
    const live = nextState(follower, 'live')
    await fleet.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await live
    await expectResyncs(follower, [])
    expect(follower.errors).toEqual([])
  })

  it('with eviction of all keys is one resync, log-lost, when the whole log is evicted, and no other', async () => {
    await runFull('allkeys-lru')
    await until(async () => (await fleet.redis.dbsize()) === 0, 10_000, 'everything evicted')
    const publishing = Promise.all(ids(51, 100).map((id) => publisher.invalidate('user', id)))
    await makeRoom()
    await publishing
    await follower.handled.has('*')
    await publisher.invalidate('user', 'after')
    await follower.handled.has('after')
    await expectResyncs(follower, ['log-lost'])
    expect(follower.handled.names.slice(0, 51)).toEqual([...ids(1, 50), '*'])
  })
})
