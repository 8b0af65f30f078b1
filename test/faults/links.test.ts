import { afterEach, describe, expect, it } from 'vitest'
import type { SubscriptionEvents } from '../../src/index.js'
import { ids } from '../support/handled.js'
import { nextEvent, within } from '../support/latch.js'
import { LiveFleet } from '../support/live-fleet.js'
import { countsEntries } from '../support/redis-log-servers.js'

let fleet: LiveFleet

afterEach(() => fleet.stop())

describe('CLIENT KILL', () => {
  it('TYPE pubsub, again and again under load, misses nothing and needs no resync', async () => {
    fleet = await LiveFleet.start()
    const publisher = await fleet.publisher()
    const follower = await fleet.follow()
    for (let round = 0; round < 5; round++) {
      const first = round * 200 + 1
      await Promise.all(ids(first, first + 99).map((id) => publisher.invalidate('user', id)))
      const live = nextEvent<SubscriptionEvents, 'state'>(follower.subscription, 'state', (state) => state === 'live')
      await fleet.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
      await Promise.all(ids(first + 100, first + 199).map((id) => publisher.invalidate('user', id)))
      await within(live, 10_000, 'live again')
    }
    await follower.subscription.caughtUp()
    expect(follower.handled.names).toEqual(ids(1, 1_000))
    expect(follower.subscription.counts).toMatchObject({ resyncs: 0, orphaned: 0 })
    expect(follower.subscription.counts.replayed).toBeGreaterThan(0)
    expect(follower.states.filter((state) => state === 'disconnected')).toHaveLength(5)
  })

  it('TYPE normal takes the command connections of both sides, and misses nothing', async () => {
    fleet = await LiveFleet.start()
    const publisher = await fleet.publisher({ publishTimeoutMs: 30_000 })
    const follower = await fleet.follow()
    for (let round = 0; round < 5; round++) {
      const first = round * 100 + 1
      const publishing = Promise.all(ids(first, first + 99).map((id) => publisher.invalidate('user', id)))
      await fleet.redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
      await publishing
    }
    await follower.subscription.caughtUp()
    // An append whose acknowledgement was lost with the connection is made again, so some may come twice.
    expect(new Set(follower.handled.names)).toEqual(new Set(ids(1, 500)))
    expect(follower.resyncs).toEqual([])
  })
})

describe('a position that the log no longer reaches', () => {
  it('is a resync that says trimmed, and how much is gone where the server counts', async () => {
    fleet = await LiveFleet.start()
    const publisher = await fleet.publisher({ packing: false })
    const follower = await fleet.follow()
    await publisher.invalidate('user', '1')
    await follower.handled.count(1)
    const stream = `{${fleet.channel}}:stream`
    await fleet.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    for (const id of ids(2, 30)) await publisher.invalidate('user', id)
    await follower.subscription.caughtUp()
    await follower.subscriber.close()

    const restarted = await fleet.follow({ startAt: follower.subscription.position ?? 'head' })
    expect(restarted.resyncs).toEqual([])
    await restarted.subscriber.close()

    for (const id of ids(31, 60)) await publisher.invalidate('user', id)
    await fleet.redis.xtrim(stream, 'MAXLEN', 10)
    const late = await fleet.follow({ startAt: follower.subscription.position ?? 'head' })
    expect(late.resyncs).toMatchObject([{ reason: 'trimmed' }])
    await publisher.invalidate('user', 'after')
    await late.handled.has('after')
    expect(late.handled.names).toEqual(['*', 'after'])
  })

  it('counts what is gone while the process lives', async () => {
    fleet = await LiveFleet.start()
    const publisher = await fleet.publisher({ packing: false })
    const follower = await fleet.follow()
    await publisher.invalidate('user', '1')
    await follower.handled.count(1)
    const live = nextEvent<SubscriptionEvents, 'resync'>(follower.subscription, 'resync')
    // In one transaction, so that the subscription can't be back in between.
    const stream = `{${fleet.channel}}:stream`
    await fleet.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await fleet.redis.eval(appendAndTrim, 2, stream, `{${fleet.channel}}:last`, 30, 10)
    const [event] = await within(live, 10_000, 'the resync')
    expect(event).toMatchObject({ reason: 'trimmed', missed: countsEntries ? 20 : undefined })
  })
})

/** Appends entries as publishers do, without publishing them, and keeps only the newest. ARGV: how many, how many kept. */
const appendAndTrim = `
for i = 1, tonumber(ARGV[1]) do
  local id = 'script' .. i
  local prev = redis.call('SET', KEYS[2], id, 'GET')
  redis.call('XADD', KEYS[1], '*', 'a', id, 'p', prev, 'm', '{"frame":[]}')
end
redis.call('XTRIM', KEYS[1], 'MAXLEN', ARGV[2])
`
