import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { InvalidationPublisher, PublisherEvents } from '../../src/index.js'
import { logKeys } from '../../src/log/model/keys.js'
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
    // A log that has nothing to drop makes no room.
    await fleet.redis.xtrim(logKeys(fleet.channel).stream, 'MAXLEN', 1)
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

  describe('with noeviction and a long log', () => {
    const metadata = { text: 'x'.repeat(500) }
    const large = (id: string): Promise<unknown> =>
      publisher.publish({ action: 'delete', entityType: 'user', entityId: id, metadata })

    beforeEach(async () => {
      const { subscriber } = follower
      publisher = await fleet.publisher({ publishTimeoutMs: 5_000, packing: false })
      for (let i = 0; i < 10; i++) await Promise.all(ids(i * 500 + 51, i * 500 + 550).map(large))
      await follower.handled.has('5050')
      expect(subscriber.connected).toBe(true)
      await fleet.redis.config('SET', 'maxmemory-policy', 'noeviction')
    })

    /** The server is full, and the log is what fills it. */
    async function fill(): Promise<void> {
      const used = /used_memory:(\d+)/.exec(await fleet.redis.info('memory'))?.[1]
      await fleet.redis.config('SET', 'maxmemory', String(Number(used) - 100_000))
      await expect(fleet.redis.set('application', 'x')).rejects.toThrow('OOM')
    }

    it('makes room: an append drops the oldest tenth, and the application can write again', async () => {
      const length = await fleet.redis.xlen(logKeys(fleet.channel).stream)
      await fill()
      await publisher.invalidate('user', 'full')
      expect(await fleet.redis.set('application', 'x')).toBe('OK')
      const left = await fleet.redis.xlen(logKeys(fleet.channel).stream)
      expect(left).toBeGreaterThan(0.85 * length)
      expect(left).toBeLessThan(0.95 * length)
      await follower.handled.has('full')
      await expectResyncs(follower, [])
      expect(follower.subscription.counts.replayed).toBe(0)
    })

    it('makes a subscription resync that has not read what went: nothing is lost in silence', async () => {
      const [oldest] = await fleet.redis.xrange(logKeys(fleet.channel).stream, '-', '+', 'COUNT', 1)
      await fill()
      await publisher.invalidate('user', 'full')
      const again = await fleet.follow({ startAt: `${oldest?.[0]}@${oldest?.[1][1]}` })
      await expectResyncs(again, ['trimmed'])
    })

    it('waits if the user lacks the right to XTRIM', async () => {
      const url = fleet.server.url.replace('//', '//limited:secret@')
      await fleet.redis.call('ACL', 'SETUSER', 'limited', 'on', '>secret', '~*', '&*', '+@all', '-xtrim')
      const limited = await fleet.publisher({ publishTimeoutMs: 500 }, url)
      await fill()
      const failed = limited.invalidate('user', 'full')
      await expect(failed).rejects.toMatchObject({ code: 'PUBLISH_TIMEOUT' })
      await expect(failed).rejects.toThrow('OOM')
    })
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
