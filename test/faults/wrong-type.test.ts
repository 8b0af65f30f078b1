import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type InvalidationPublisher, type PublisherEvents, redisCursor } from '../../src/index.js'
import { Handled, ids } from '../support/handled.js'
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
  await within(queued, 10_000, 'the messages queued')
  await until(() => publisher.health().status === 'degraded', 10_000, 'the publisher degraded')
  return () => publishing
}

/** How often the server has refused a command. */
async function failedCalls(command: string): Promise<number> {
  const found = new RegExp(`^cmdstat_${command}:.*failed_calls=(\\d+)`, 'm').exec(
    await fleet.redis.info('commandstats'),
  )
  return Number(found?.[1] ?? 0)
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
    const told: Error[] = []
    follower.subscriber.on('error', (error) => told.push(error))
    await fleet.redis.del(last)
    await fleet.redis.rpush(last, 'not a string')
    const published = await publishRefused()
    await until(async () => (await failedCalls('get')) >= 3, 10_000, 'three heartbeats refused')
    await fleet.redis.del(last)
    await published()
    await follower.handled.has('20')
    await expectResyncs(follower, [])
    expect(told).toMatchObject([{ code: 'REDIS', message: expect.stringContaining('WRONGTYPE') as string }])
    expect(follower.handled.names).toEqual(ids(1, 20))
  })

  it('the cursors is told once, and harms no live subscription', async () => {
    const cursors = `{${fleet.channel}}:cursors`
    const durable = await fleet.follow({ name: 'cache', cursor: redisCursor(), commitIntervalMs: 10, startAt: 'head' })
    await fleet.redis.del(cursors)
    await fleet.redis.set(cursors, 'not a hash')
    await Promise.all(ids(11, 20).map((id) => publisher.invalidate('user', id)))
    await durable.handled.has('20')
    await until(() => durable.errors.length > 0, 10_000, 'the failing cursor told')
    await expectResyncs(durable, [])
    expect(durable.errors).toMatchObject([{ code: 'REDIS', message: expect.stringContaining('WRONGTYPE') as string }])
    await fleet.redis.del(cursors)
    await until(async () => (await fleet.redis.hexists(cursors, 'cache')) === 1, 10_000, 'the cursor saved')
    await expectResyncs(durable, [])
  })

  it('the cursors makes a start wait, rather than evict all: the cursor may be there when it is put right', async () => {
    const [cursors, aside] = [`{${fleet.channel}}:cursors`, `{${fleet.channel}}:aside`]
    const durable = { name: 'cache', cursor: redisCursor() }
    const first = await fleet.follow({ ...durable, startAt: 'head' })
    await first.subscriber.close()
    await fleet.redis.rename(cursors, aside)
    await fleet.redis.set(cursors, 'not a hash')
    await publisher.invalidate('user', '11')

    const subscriber = await fleet.subscriber()
    const handled = new Handled()
    const second = subscriber.subscribe(handled.handler, durable)
    const told: Error[] = []
    second.on('error', (error) => told.push(error))
    await until(async () => (await failedCalls('hget')) >= 3, 10_000, 'three attempts refused')
    await fleet.redis.rename(aside, cursors)
    await second.caughtUp()
    expect(handled.names).toEqual(['11'])
    expect(second.counts).toMatchObject({ replayed: 1, resyncs: 0 })
    expect(told).toMatchObject([{ code: 'REDIS', message: expect.stringContaining('WRONGTYPE') as string }])
  })
})
