import { describe, expect, it } from 'vitest'
import { changeCommands } from '../../../src/log/changed-commands.js'
import type { InvalidationLog } from '../../../src/log/log.js'
import { publishedFrame } from '../../../src/log/model/entry.js'
import { formatPosition, type Position } from '../../../src/log/model/position.js'
import { redisCursor } from '../../../src/subscriber/handling/cursor.js'
import { RedisError } from '../../../src/support/errors.js'
import { type Follower, VirtualFleet } from '../../support/virtual-fleet.js'

// Without heartbeats, which would make good in time what these tests are about.
const connection = { heartbeatMs: 3_600_000 }

function eviction(id: string): string {
  return `{"message_id":"${id}","entity_type":"User","entity_id":"${id}","action":"Delete","timestamp":"2026-11-22T10:00:00Z","source_service":"stranger"}`
}

/** Publishes a frame that no publisher appended, with one eviction, of the entity that its append id names. */
function forge(fleet: VirtualFleet, appendId: string, { streamId = '1-1', prev = 'nowhere' } = {}): void {
  const entry = { position: { streamId, appendId }, prev, frame: eviction(appendId) }
  fleet.log.publish(publishedFrame(entry, fleet.log.database))
}

/** Publishes a frame that continues the newest entry. */
function forgeNext(fleet: VirtualFleet, appendId: string): Position {
  const { streamId, appendId: prev } = fleet.log.entries().at(-1)?.position ?? { streamId: '', appendId: '' }
  const [time = '', sequence = ''] = streamId.split('-')
  const position = { streamId: `${time}-${Number(sequence) + 1}`, appendId }
  forge(fleet, appendId, { ...position, prev })
  return position
}

/** The log, and what is asked of it: the number of calls of each kind. */
function counting(log: InvalidationLog) {
  const asked = { lookup: 0, inspect: 0, readPage: 0 }
  const counted = changeCommands(log, (commands) => ({
    lookup: (positions) => {
      asked.lookup += 1
      return commands.lookup(positions)
    },
    inspect: (position) => {
      asked.inspect += 1
      return commands.inspect(position)
    },
    readPage: (from, count, joined) => {
      asked.readPage += 1
      return commands.readPage(from, count, joined)
    },
  }))
  return { asked, log: counted }
}

async function followLive(fleet: VirtualFleet, options: Parameters<VirtualFleet['follow']>[0] = {}): Promise<Follower> {
  const follower = await fleet.follow({ connection, ...options })
  await fleet.caughtUp(follower)
  await fleet.append('1')
  await fleet.caughtUp(follower)
  return follower
}

describe('frames out of place', () => {
  it('cost one look at the log for all subscriptions, and no reading', async () => {
    const fleet = new VirtualFleet()
    const { asked, log } = counting(fleet.log.link())
    const follower = await followLive(fleet, { log })
    const others = ['a', 'b', 'c'].map((name) => follower.subscriber.subscribe(() => undefined, { name }))
    await fleet.runtime.advance(100)
    Object.assign(asked, { lookup: 0, inspect: 0, readPage: 0 })
    for (let number = 0; number < 90; number++) forge(fleet, `f${number}`)
    await fleet.runtime.advance(100)
    expect(asked).toEqual({ lookup: 1, inspect: 0, readPage: 0 })
    expect([follower.subscription, ...others].map(({ counts }) => counts.orphaned)).toEqual([90, 90, 90, 90])
  })

  it('that continue each other are looked up together, a hundred at a time', async () => {
    const fleet = new VirtualFleet()
    const { asked, log } = counting(fleet.log.link())
    const follower = await followLive(fleet, { log })
    Object.assign(asked, { lookup: 0, inspect: 0, readPage: 0 })
    for (let number = 1; number <= 900; number++) forge(fleet, `f${number}`, { prev: `f${number - 1}` })
    await fleet.runtime.advance(1_000)
    expect(asked).toEqual({ lookup: 9, inspect: 0, readPage: 0 })
    expect(follower.subscription.counts).toMatchObject({ orphaned: 900, gaps: 0, resyncs: 0 })
  })

  it('that keep coming are handed over at once and looked up once a second, and what continues is live', async () => {
    const fleet = new VirtualFleet()
    const { asked, log } = counting(fleet.log.link())
    const follower = await followLive(fleet, { log })
    Object.assign(asked, { lookup: 0, inspect: 0, readPage: 0 })
    for (let id = 1; id <= 400; id++) {
      forge(fleet, `f${id}`)
      await fleet.append(`real${id}`)
      await fleet.runtime.advance(50)
      expect(follower.handled.slice(-2).toSorted()).toEqual([`f${id}`, `real${id}`])
    }
    // Twenty seconds: the first five rounds at once, then one a second.
    expect(asked.lookup).toBeGreaterThan(20)
    expect(asked.lookup).toBeLessThan(27)
    expect(asked).toMatchObject({ inspect: 0, readPage: 0 })
    expect(follower.subscription.counts).toMatchObject({ live: 401, orphaned: 400, replayed: 0, resyncs: 0 })
  })

  it('that keep coming are reported once, and again after they had ceased', async () => {
    const fleet = new VirtualFleet()
    const follower = await followLive(fleet)
    const flood = async (name: string): Promise<void> => {
      for (let number = 0; number < 100; number++) {
        forge(fleet, `${name}${number}`)
        await fleet.runtime.advance(20)
      }
    }
    await flood('a')
    expect(follower.errors).toMatchObject([{ code: 'CONFIGURATION' }])
    expect(follower.errors[0]?.message).toMatch(
      /^Frames out of place keep arriving on the channel "cache:invalidate": /,
    )
    await flood('b')
    expect(follower.errors).toHaveLength(1)
    await fleet.runtime.advance(60_000)
    await flood('c')
    expect(follower.errors).toHaveLength(2)
  })

  it('never wait in memory beyond what a subscription may hold: what is left out is covered by evicting all', async () => {
    const fleet = new VirtualFleet()
    const busy = Promise.withResolvers<undefined>()
    const follower = await fleet.follow({ connection, maxBuffered: 50, handler: () => busy.promise })
    await fleet.append('1')
    await fleet.runtime.advance(10)
    for (let number = 0; number < 2_000; number++) {
      forge(fleet, `f${number}`)
      if (number % 100 === 0) await fleet.runtime.advance(1)
      expect(follower.subscription.freshness().behind).toBeLessThanOrEqual(150)
    }
    busy.resolve(undefined)
    await fleet.caughtUp(follower)
    expect(follower.resyncs[0]?.reason).toBe('overflow')
    expect(follower.subscription.freshness().behind).toBe(0)
  })

  it('do not hide a gap: a frame that the log has makes it read, as fast as the log answers', async () => {
    const fleet = new VirtualFleet({ latencyMs: 10 })
    const link = fleet.log.link()
    const follower = await followLive(fleet, { log: link })
    link.drop(1)
    await fleet.append('2')
    await fleet.append('3')
    await fleet.runtime.advance(60)
    expect(follower.handled).toEqual(['1', '2', '3'])
    expect(follower.subscription.counts).toMatchObject({ gaps: 1, replayed: 2, orphaned: 0 })
  })

  it('do not slow down those that a link loses again and again: each real gap is found at once', async () => {
    const fleet = new VirtualFleet({ latencyMs: 10 })
    const link = fleet.log.link()
    const follower = await followLive(fleet, { log: link })
    for (let id = 2; id <= 60; id += 2) {
      link.drop(1)
      await fleet.append(String(id))
      await fleet.append(String(id + 1))
      await fleet.runtime.advance(60)
      expect(follower.handled.at(-1)).toBe(String(id + 1))
    }
    expect(follower.subscription.counts).toMatchObject({ gaps: 30, replayed: 60, orphaned: 0 })
    expect(follower.errors).toEqual([])
  })

  it('are read from the log if the right to look them up is missing', async () => {
    const fleet = new VirtualFleet()
    const link = fleet.log.link()
    const log = changeCommands(link, () => ({
      lookup: () => Promise.reject(new RedisError('refused', 'NOPERM')),
    }))
    const follower = await followLive(fleet, { log })
    link.drop(1)
    await fleet.append('2')
    await fleet.append('3')
    await fleet.runtime.advance(100)
    expect(follower.handled).toEqual(['1', '2', '3'])
  })
})

describe('a forged frame that continues the newest entry', () => {
  it('loses nothing: the next entry leads back, without evicting all', async () => {
    const fleet = new VirtualFleet()
    const follower = await followLive(fleet)
    forgeNext(fleet, 'forged')
    await fleet.append('2')
    await fleet.append('3')
    await fleet.runtime.advance(100)
    expect(follower.handled).toEqual(['1', 'forged', '2', '3'])
    expect(follower.replays).toMatchObject([{ forked: true }])
    expect(follower.resyncs).toEqual([])
  })

  it('costs a bounded number of readings, and what is real is handled at once', async () => {
    const fleet = new VirtualFleet()
    const { asked, log } = counting(fleet.log.link())
    const follower = await followLive(fleet, { log })
    Object.assign(asked, { lookup: 0, inspect: 0, readPage: 0 })
    for (let id = 1; id <= 200; id++) {
      forgeNext(fleet, `f${id}`)
      await fleet.append(`real${id}`)
      await fleet.runtime.advance(50)
      expect(follower.handled).toContain(`real${id}`)
    }
    // Ten seconds.
    expect(asked.inspect).toBeLessThan(20)
    expect(asked.lookup + asked.readPage).toBeLessThan(60)
    expect(follower.resyncs).toEqual([])
  })

  it('is never saved as a cursor: a process that starts again goes on from the newest entry that it handled', async () => {
    const fleet = new VirtualFleet()
    const options = { name: 'durable', cursor: redisCursor(), commitIntervalMs: 0 }
    const first = await followLive(fleet, options)
    const { position } = first.subscription
    forge(fleet, 'forged', { streamId: '9999999999999-9', prev: position?.split('@')[1] ?? '' })
    await fleet.runtime.advance(1_000)
    expect(first.handled).toEqual(['*', '1', 'forged'])
    await fleet.runtime.runUntil(first.subscriber.close(), 10_000)
    await fleet.append('2')
    const second = await fleet.follow({ ...options, connection })
    await fleet.caughtUp(second)
    expect(second.handled).toEqual(['2'])
    expect(second.resyncs).toEqual([])
  })

  it('is no proof: neither for a position that is waited for, nor for the freshness of the cache', async () => {
    const fleet = new VirtualFleet({ latencyMs: 10 })
    const link = fleet.log.link()
    const follower = await followLive(fleet, { log: link, connection: { heartbeatMs: 100 } })
    link.drop(1)
    const { position } = await fleet.append('2')
    forge(fleet, position.appendId, {
      streamId: '9999999999999-9',
      prev: fleet.log.entries().at(-2)?.position.appendId,
    })
    const begun = fleet.runtime.monotonic()
    const handledWhenDone = follower.subscription
      .waitFor(formatPosition(position), { timeoutMs: 1_000 })
      .then(() => [...follower.handled])
    await fleet.runtime.advance(20)
    expect(follower.handled).toEqual(['1', position.appendId])
    expect(follower.subscription.freshness().verifiedAt).toBeLessThan(begun)
    await fleet.append('3')
    expect(await fleet.runtime.runUntil(handledWhenDone, 1_000)).toContain('2')
  })
})

it('a frame under an append id that was accepted is no duplicate if its stream ID is another', async () => {
  const fleet = new VirtualFleet()
  const follower = await followLive(fleet)
  // The append id that comes next, published before it is used.
  forgeNext(fleet, 'append1')
  await fleet.runtime.advance(10)
  await fleet.append('2')
  await fleet.append('3')
  await fleet.runtime.advance(100)
  expect(follower.handled).toEqual(['1', 'append1', '2', '3'])
})
