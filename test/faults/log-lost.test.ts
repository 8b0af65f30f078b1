import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { redisCursor, type SubscriptionEvents } from '../../src/index.js'
import { parsePosition } from '../../src/log/model/position.js'
import { compareStreamIds, streamIdTime } from '../../src/message/stream-id.js'
import { ids } from '../support/handled.js'
import { nextEvent, within } from '../support/latch.js'
import { LiveFleet } from '../support/live-fleet.js'
import { expectResyncs } from '../support/settled.js'

let fleet: LiveFleet

beforeEach(async () => {
  fleet = await LiveFleet.start()
})

afterEach(() => fleet.stop())

describe('FLUSHALL', () => {
  it('while nothing is published is one resync of each subscription, log-lost, within some heartbeats', async () => {
    const publisher = await fleet.publisher()
    const followers = [await fleet.follow(), await fleet.follow()]
    await Promise.all(ids(1, 10).map((id) => publisher.invalidate('user', id)))
    await Promise.all(followers.map(({ handled }) => handled.count(10)))
    await fleet.redis.flushall()
    await Promise.all(followers.map(({ handled }) => handled.has('*')))
    await publisher.invalidate('user', 'after')
    await Promise.all(followers.map(({ handled }) => handled.has('after')))
    await Promise.all(followers.map((follower) => expectResyncs(follower, ['log-lost'])))
    for (const { handled } of followers) expect(handled.names).toEqual([...ids(1, 10), '*', 'after'])
  })

  it('takes the cursors too: a live subscription saves its own again, and goes on from it', async () => {
    const publisher = await fleet.publisher()
    const durable = { name: 'cache', cursor: redisCursor(), commitIntervalMs: 10 }
    const first = await fleet.follow({ ...durable, startAt: 'head' })
    await publisher.invalidate('user', '1')
    await first.handled.has('1')
    await fleet.redis.flushall()
    await first.handled.has('*')
    await expectResyncs(first, ['log-lost'])
    await first.subscriber.close()
    await publisher.invalidate('user', '2')
    const second = await fleet.follow(durable)
    await expectResyncs(second, [])
    expect(second.handled.names).toEqual(['2'])
  })

  it('under load is one resync, log-lost, which covers whatever was not handled', async () => {
    const publisher = await fleet.publisher({ packing: false })
    const follower = await fleet.follow()
    const resynced = nextEvent<SubscriptionEvents, 'resync'>(follower.subscription, 'resync')
    const before = ids(1, 1_000).map((id) => publisher.invalidate('user', id))
    await before[500]
    const flushed = fleet.redis.flushall()
    const after = ids(1_001, 2_000).map((id) => publisher.invalidate('user', id))
    await flushed
    const receipts = await Promise.all([...before, ...after])
    const [{ to = '' }] = await within(resynced, 10_000, 'the resync')
    await expectResyncs(follower, ['log-lost'])

    const names = new Set(follower.handled.names)
    const head = parsePosition(to).streamId
    const uncovered = receipts.filter(({ position }, index) => {
      const isCovered = compareStreamIds(parsePosition(position).streamId, head) <= 0
      return !isCovered && !names.has(String(index + 1))
    })
    expect(uncovered).toEqual([])
  })
})

describe('a stream that is deleted, while `last` stays', () => {
  it('is nothing to a live subscription: the next entry continues the last', async () => {
    const publisher = await fleet.publisher()
    const follower = await fleet.follow()
    const { position } = await publisher.invalidate('user', '1')
    await follower.handled.count(1)
    await fleet.redis.del(`{${fleet.channel}}:stream`)
    // A new stream begins its IDs anew: in the same millisecond the next one would not be greater.
    const serverTime = async (): Promise<number> => {
      const [seconds, microseconds] = await fleet.redis.time()
      return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000)
    }
    await expect.poll(serverTime).toBeGreaterThan(streamIdTime(parsePosition(position).streamId))
    await publisher.invalidate('user', '2')
    await follower.handled.count(2)
    await expectResyncs(follower, [])
    expect(follower.subscription.counts).toMatchObject({ live: 2, replayed: 0, gaps: 0 })
  })

  it('is a resync to who had not read all of it: log-lost while it is empty, trimmed when it has gone on', async () => {
    const publisher = await fleet.publisher({ packing: false })
    const [, middle] = await Promise.all(ids(1, 4).map((id) => publisher.invalidate('user', id)))
    await fleet.redis.del(`{${fleet.channel}}:stream`)
    const early = await fleet.follow({ startAt: middle?.position ?? '' })
    await expectResyncs(early, ['log-lost'])

    await publisher.invalidate('user', '5')
    const late = await fleet.follow({ startAt: middle?.position ?? '' })
    await expectResyncs(late, ['trimmed'])
    await early.handled.has('5')
    await expectResyncs(early, ['log-lost'])
  })

  it('is nothing to who had read all of it and was away', async () => {
    const publisher = await fleet.publisher()
    const { position } = await publisher.invalidate('user', '1')
    await fleet.redis.del(`{${fleet.channel}}:stream`)
    const early = await fleet.follow({ startAt: position })
    await publisher.invalidate('user', '2')
    const late = await fleet.follow({ startAt: position })
    await Promise.all([early, late].map(({ handled }) => handled.has('2')))
    await Promise.all([early, late].map((follower) => expectResyncs(follower, [])))
    for (const { handled } of [early, late]) expect(handled.names).toEqual(['2'])
  })
})
