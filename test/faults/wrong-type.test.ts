import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type InvalidationPublisher, type PublisherEvents, redisCursor } from '../../src/index.js'
import { ids } from '../support/handled.js'
import { nextEvent, until, within } from '../support/latch.js'
import { LiveFleet, type LiveFollower } from '../support/live-fleet.js'
import { expectResyncs } from '../support/settled.js'

let fleet: LiveFleet
let publisher: InvalidationPublisher
let follower: LiveFollower

beforeEach(async () => {
  fleet = await LiveFleet.start()
  publisher = await fleet.publisher({ publishTimeoutMs: 30_000 })
  follower = await fleet.follow()
  await Promise.all(ids(1, 10).map((id) => publisher.invalidate('user', id)))
  await follower.handled.count(10)
})

afterEach(() => fleet.stop())

/** Publishes into a log that refuses; the function returned resolves when all is appended. */
async function publishRefused(): Promise<() => Promise<unknown>> {
  const queued = nextEvent<PublisherEvents, 'queued'>(publisher, 'queued')
  const publishing = Promise.all(ids(11, 20).map((id) => publisher.invalidate('user', id)))
  await within(queued, 5_000, 'the messages queued')
  await until(() => publisher.health().status === 'degraded', 5_000, 'the publisher degraded')
  return () => publishing
}

describe('a wrong type under', () => {
  it('the stream makes publishes wait; put right, the log goes on where it was, without a resync', async () => {
    const stream = `{${fleet.channel}}:stream`
    await fleet.redis.set(stream, 'not a stream')
    const published = await publishRefused()
    await fleet.redis.del(stream)
    await published()
    await follower.handled.has('20')
    await expectResyncs(follower, [])
    expect(follower.handled.names).toEqual(ids(1, 20))
  })

  it('`last` makes publishes wait; put right, the log goes on where it was, without a resync', async () => {
    const last = `{${fleet.channel}}:last`
    await fleet.redis.del(last)
    await fleet.redis.rpush(last, 'not a string')
    const published = await publishRefused()
    await fleet.redis.del(last)
    await published()
    await follower.handled.has('20')
    await expectResyncs(follower, [])
    expect(follower.handled.names).toEqual(ids(1, 20))
  })

  it('the cursors is told once and harms no live subscription; who starts meanwhile waits, then has no cursor', async () => {
    const cursors = `{${fleet.channel}}:cursors`
    const durable = { name: 'cache', cursor: redisCursor(), commitIntervalMs: 10 }
    const running = await fleet.follow({ ...durable, startAt: 'head' })
    await fleet.redis.del(cursors)
    await fleet.redis.set(cursors, 'not a hash')
    await Promise.all(ids(11, 20).map((id) => publisher.invalidate('user', id)))
    await running.handled.has('20')
    await until(() => running.errors.length > 0, 5_000, 'the failing cursor told')
    await expectResyncs(running, [])
    expect(running.errors).toMatchObject([{ code: 'REDIS', message: expect.stringContaining('WRONGTYPE') as string }])

    const starting = fleet.follow({ ...durable, name: 'other' })
    await fleet.redis.del(cursors)
    const started = await starting
    await until(async () => (await fleet.redis.hlen(cursors)) === 2, 5_000, 'both cursors saved')
    await expectResyncs(started, ['no-cursor'])
    await expectResyncs(running, [])
  })
})
