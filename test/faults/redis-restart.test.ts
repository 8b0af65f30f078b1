import { afterEach, describe, expect, it } from 'vitest'
import type { PublisherEvents, SubscriptionEvents } from '../../src/index.js'
import { PublishTimeoutError } from '../../src/support/errors.js'
import { ids } from '../support/handled.js'
import { nextEvent, within } from '../support/latch.js'
import { LiveFleet } from '../support/live-fleet.js'

let fleet: LiveFleet

afterEach(() => fleet.stop())

describe('kill -9 of Redis', () => {
  it('with persistence loses nothing that was published before, during or after, and needs no resync', async () => {
    fleet = await LiveFleet.start({ persistence: 'aof', args: ['--appendfsync', 'always'] })
    const publisher = await fleet.publisher({ publishTimeoutMs: 30_000 })
    const follower = await fleet.follow()
    await Promise.all(ids(1, 100).map((id) => publisher.invalidate('user', id)))
    await follower.handled.count(100)
    const disconnected = nextEvent<SubscriptionEvents, 'state'>(
      follower.subscription,
      'state',
      (state) => state === 'disconnected',
    )
    await fleet.server.kill()
    await within(disconnected, 10_000, 'the subscription disconnected')
    const waiting = Promise.all(ids(101, 200).map((id) => publisher.invalidate('user', id)))
    await fleet.server.restart()
    await waiting
    await Promise.all(ids(201, 300).map((id) => publisher.invalidate('user', id)))
    await follower.subscription.caughtUp()
    expect(follower.handled.distinctNames).toEqual(ids(1, 300))
    expect(follower.resyncs).toEqual([])
  })

  it('without persistence is a resync, and what was acknowledged is appended again, or one that evicts all in its place', async () => {
    fleet = await LiveFleet.start()
    const publisher = await fleet.publisher({ publishTimeoutMs: 30_000 })
    const follower = await fleet.follow()
    const resynced = nextEvent<SubscriptionEvents, 'resync'>(follower.subscription, 'resync')
    const repaired = nextEvent<PublisherEvents, 'repaired'>(publisher, 'repaired')
    await publisher.invalidate('user', '1')
    await follower.handled.count(1)
    await fleet.server.kill()
    await fleet.server.restart()
    const [summary] = await within(repaired, 10_000, 'the repair')
    await within(resynced, 10_000, 'the resync')
    await publisher.invalidate('user', '2')
    await follower.handled.has('2')
    await follower.subscription.caughtUp()
    // Whether the marker of the subscription or the repair came first: what stands below a marker may have been trimmed.
    expect(summary.reappended + summary.unknown).toBe(1)
    expect(follower.resyncs).toMatchObject([{ reason: 'log-lost' }])
    expect(follower.handled.names.slice(0, 2)).toEqual(['1', '*'])
    expect(follower.handled.names.at(-1)).toBe('2')
    expect(await fleet.redis.xlen(`{${fleet.channel}}:stream`)).toBeGreaterThanOrEqual(2)
  })
})

describe('publishing while Redis is down', () => {
  it('times out, stays queued, and is appended in order when Redis is back', async () => {
    fleet = await LiveFleet.start({ persistence: 'aof', args: ['--appendfsync', 'always'] })
    const publisher = await fleet.publisher({ publishTimeoutMs: 200 })
    const follower = await fleet.follow()
    await fleet.server.kill()
    const refused = await Promise.allSettled(ids(1, 50).map((id) => publisher.invalidate('user', id)))
    for (const each of refused) {
      expect(each).toMatchObject({ status: 'rejected', reason: expect.any(PublishTimeoutError) as Error })
    }
    expect(publisher.health()).toMatchObject({ status: 'down', queued: 50 })
    await fleet.server.restart()
    await within(publisher.flush(), 10_000, 'the flush')
    await follower.handled.count(50)
    expect(follower.handled.distinctNames).toEqual(ids(1, 50))
    expect(follower.resyncs).toEqual([])
  })

  it('lets connect resolve, and publishes once Redis is there', async () => {
    fleet = await LiveFleet.start()
    await fleet.server.kill()
    const publisher = await fleet.publisher({ publishTimeoutMs: 30_000 })
    const subscriber = await fleet.subscriber()
    expect(publisher.health().status).toBe('down')
    const names: string[] = []
    const subscription = subscriber.subscribe((message) => {
      names.push(message.action)
    })
    subscription.on('error', () => undefined)
    const caughtUp = subscription.caughtUp({ timeoutMs: 15_000 })
    await fleet.server.restart()
    await caughtUp
    await publisher.update('user', '1')
    await subscription.caughtUp()
    expect(names).toEqual(['update'])
  })
})
