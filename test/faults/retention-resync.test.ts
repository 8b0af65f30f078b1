import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { logKeys } from '../../src/log/model/keys.js'
import type { InvalidationPublisher } from '../../src/publisher/publisher.js'
import { ids } from '../support/handled.js'
import { until } from '../support/latch.js'
import { LiveFleet, type LiveFollower } from '../support/live-fleet.js'
import { expectResyncs } from '../support/settled.js'
import { TcpProxy } from '../support/tcp-proxy.js'

const mebibyte = 1024 ** 2

let fleet: LiveFleet
let front: TcpProxy
let stream: string

beforeEach(async () => {
  fleet = await LiveFleet.start()
  front = await TcpProxy.start(fleet.server.port)
  ;({ stream } = logKeys(fleet.channel))
})

afterEach(async () => {
  await fleet.stop()
  await front.stop()
})

/** Lets the follower back: it resyncs, and each message was handled, or published before the resync that covers it. */
async function expectTrimmed(
  publisher: InvalidationPublisher,
  follower: LiveFollower,
  published: readonly string[],
): Promise<void> {
  front.pointTo(fleet.server.port)
  await follower.handled.has('*')
  await publisher.invalidate('user', 'after')
  await follower.handled.has('after')
  await expectResyncs(follower, ['trimmed'])
  const { names } = follower.handled
  const after = names.slice(names.indexOf('*') + 1)
  expect(after).toEqual([...published, 'after'].slice(-after.length))
}

async function oldest(): Promise<string | undefined> {
  return (await fleet.redis.xrange(stream, '-', '+', 'COUNT', 1))[0]?.[0]
}

describe('a subscriber that falls behind', () => {
  it('a trim by bytes resyncs with trimmed, and misses nothing', async () => {
    const publisher = await fleet.publisher({ packing: false, retention: { maxBytes: mebibyte } })
    const follower = await fleet.follow({}, {}, front.url)
    await publisher.invalidate('user', '1')
    await follower.handled.has('1')
    const seen = (await oldest()) ?? ''
    front.cut()
    const padding = 'x'.repeat(10_000)
    for (const id of ids(2, 300)) {
      await publisher.publish({ action: 'delete', entityType: 'user', entityId: id, metadata: { padding } })
    }
    expect(await fleet.redis.xrange(stream, seen, seen)).toEqual([])
    await expectTrimmed(publisher, follower, ids(1, 300))
  })

  it('a trim by age resyncs with trimmed, and misses nothing', async () => {
    const publisher = await fleet.publisher({ packing: false, retention: { maxAgeMs: 300 } })
    const follower = await fleet.follow({}, {}, front.url)
    await publisher.invalidate('user', '1')
    await follower.handled.has('1')
    front.cut()
    for (const id of ids(2, 30)) await publisher.invalidate('user', id)
    await until(async () => (await fleet.redis.xlen(stream)) === 1, 10_000, 'a log of its newest entry alone')
    await expectTrimmed(publisher, follower, ids(1, 30))
  })
})

describe('a quiet channel', () => {
  it('drops what is too old with the beat of a publisher, and keeps the newest entry', async () => {
    const writer = await fleet.publisher({ packing: false })
    for (const id of ids(1, 20)) await writer.invalidate('user', id)
    const newest = (await fleet.redis.xrevrange(stream, '+', '-', 'COUNT', 1))[0]?.[0]
    await writer.close()
    // It connects, and so looks, while nothing is too old: only a later beat can drop it.
    await fleet.publisher({ retention: { maxAgeMs: 1_500 } })
    expect(await fleet.redis.xlen(stream)).toBe(20)
    await until(async () => (await fleet.redis.xlen(stream)) < 20, 10_000, 'a beat that drops what is too old')
    await until(async () => (await fleet.redis.xlen(stream)) === 1, 10_000, 'a log of its newest entry alone')
    // Later beats keep it.
    const calls = await trims()
    await until(async () => (await trims()) >= calls + 3, 10_000, 'three beats more')
    expect(await oldest()).toBe(newest)
    expect(await fleet.redis.xlen(stream)).toBe(1)
  })
})

/** How often the server has trimmed a stream. */
async function trims(): Promise<number> {
  return Number(/cmdstat_xtrim:calls=(\d+)/.exec(await fleet.redis.info('commandstats'))?.[1] ?? 0)
}
