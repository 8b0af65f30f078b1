import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ids } from '../support/handled.js'
import { until } from '../support/latch.js'
import { LiveFleet, type LiveFollower } from '../support/live-fleet.js'
import { Replica } from '../support/replica.js'
import { expectResyncs } from '../support/settled.js'
import { TcpProxy } from '../support/tcp-proxy.js'

let fleet: LiveFleet
let replica: Replica
const proxies: TcpProxy[] = []

beforeEach(async () => {
  fleet = await LiveFleet.start()
  replica = await Replica.of(fleet.server)
})

afterEach(async () => {
  await fleet.stop()
  await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()))
  await replica.stop()
})

function verifiedAt({ subscription }: LiveFollower): number {
  return subscription.freshness().verifiedAt ?? -Infinity
}

describe('a subscriber on a replica', () => {
  it('hears everything, vouches for nothing, and says why', async () => {
    const publisher = await fleet.publisher()
    await publisher.invalidate('user', '0')
    await replica.inSync()
    const subscriber = await fleet.subscriber({}, replica.server.url)
    const errors: Error[] = []
    subscriber.on('error', (error) => errors.push(error))
    const heard: string[] = []
    const subscription = subscriber.subscribe((message) => {
      if (message.action === 'delete') heard.push(message.entityId)
    })
    await until(() => subscription.state === 'live', 5_000, 'the subscription live')
    await Promise.all(ids(1, 50).map((id) => publisher.invalidate('user', id)))
    await until(() => heard.length === 50, 5_000, 'all 50 heard')
    await expect(subscription.caughtUp({ timeoutMs: 500 })).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' })
    expect(subscription.freshness().verifiedAt).toBeUndefined()
    expect(subscription.health().reasons).toContain('replica')
    expect(errors.filter(({ message }) => message.includes('it is a replica'))).toHaveLength(1)
  })

  it('that is meant vouches as far as its link goes, and no further once that stalls', async () => {
    const publisher = await fleet.publisher()
    await publisher.invalidate('user', '0')
    await replica.inSync()
    const follower = await fleet.follow({}, { readReplica: true }, replica.server.url)
    expect(follower.subscription.health().status).toBe('up')
    await publisher.invalidate('user', '1')
    await follower.handled.has('1')
    replica.stall()
    const stalledAt = performance.now()
    await publisher.invalidate('user', '2')
    const ofStalled = async (): Promise<boolean> => /master_last_io_seconds_ago:[2-9]/.test(await replica.redis.info())
    await until(ofStalled, 10_000, 'the link silent for two seconds')
    expect(verifiedAt(follower)).toBeLessThanOrEqual(stalledAt)
    expect(follower.handled.names).not.toContain('2')
    replica.resume()
    await follower.handled.has('2')
    await until(() => verifiedAt(follower) > stalledAt, 15_000, 'vouched for again')
    await expectResyncs(follower, [])
  })

  it('that reads from one replica and listens to another hears everything live, without a resync', async () => {
    const other = await Replica.of(fleet.server)
    try {
      const publisher = await fleet.publisher()
      await publisher.invalidate('user', '0')
      await Promise.all([replica.inSync(), other.inSync()])
      const endpoint = await TcpProxy.start(replica.server.port)
      proxies.push(endpoint)
      // The connection for commands comes first, and the one that listens is led elsewhere.
      const follower = await fleet.follow({}, { readReplica: true }, endpoint.url)
      endpoint.pointTo(other.server.port)
      endpoint.inflict({ kind: 'cut' }, 'feed')
      await until(() => follower.states.filter((state) => state === 'live').length > 1, 5_000, 'live again')
      replica.stall()
      const publishedAt = performance.now()
      await Promise.all(ids(1, 50).map((id) => publisher.invalidate('user', id)))
      await follower.handled.count(50)
      expect(performance.now() - publishedAt).toBeLessThan(2_000)
      replica.resume()
      await follower.subscription.caughtUp()
      await expectResyncs(follower, [])
    } finally {
      await other.stop()
    }
  })
})
