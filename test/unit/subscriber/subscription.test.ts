import { describe, expect, it } from 'vitest'
import { formatPosition } from '../../../src/log/model/position.js'
import { InvalidationSubscriber } from '../../../src/subscriber/subscriber.js'
import { ClosedError, WaitTimeoutError } from '../../../src/support/errors.js'
import { ids } from '../../support/handled.js'
import { VirtualFleet } from '../../support/virtual-fleet.js'
import { entriesOnly } from '../../support/retention.js'

describe('a first start', () => {
  it('is anchored to the head: what was appended before is not handled, what comes after is', async () => {
    const fleet = new VirtualFleet()
    await fleet.appendRange(1, 3)
    const follower = await fleet.follow()
    await fleet.caughtUp(follower)
    await fleet.appendRange(4, 6)
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(ids(4, 6))
    expect(follower.subscription.counts).toMatchObject({ live: 3, replayed: 0, gaps: 0, resyncs: 0 })
    expect(follower.states).toEqual(['replaying', 'live'])
  })

  it('appends a marker if there is no log yet, and is anchored to that', async () => {
    const fleet = new VirtualFleet()
    const follower = await fleet.follow()
    await fleet.caughtUp(follower)
    expect(fleet.log.entries()).toMatchObject([{ frame: '{"frame":[]}', prev: '' }])
    await fleet.append('1')
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(['1'])
    expect(follower.subscription.counts.gaps).toBe(0)
  })

  it('appends a marker where the newest entry was deleted, so that the next one continues its anchor', async () => {
    const fleet = new VirtualFleet()
    await fleet.append('1')
    const { position } = await fleet.append('2')
    fleet.log.deleteEntries(position.streamId)
    const follower = await fleet.follow()
    await fleet.caughtUp(follower)
    await fleet.append('3')
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(['3'])
    expect(follower.subscription.counts).toMatchObject({ gaps: 0, resyncs: 0 })
  })

  it('has caught up with an empty log at once, not with the next heartbeat', async () => {
    const fleet = new VirtualFleet()
    const connecting = InvalidationSubscriber.connect(fleet.log, { runtime: fleet.runtime, heartbeatMs: 60_000 })
    const subscriber = await fleet.runtime.runUntil(connecting, 1_000)
    await fleet.runtime.runUntil(subscriber.subscribe(() => undefined).caughtUp(), 10)
  })

  it('takes the first entry ever seen as a resync where it may not write', async () => {
    const fleet = new VirtualFleet()
    const link = fleet.log.link()
    link.refuseWrites('refused')
    const follower = await fleet.follow({ log: link })
    await fleet.caughtUp(follower)
    expect(follower.subscription.position).toBeUndefined()
    await fleet.append('1')
    await fleet.caughtUp(follower)
    await fleet.append('2')
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(['*', '2'])
    expect(follower.resyncs).toMatchObject([{ reason: 'no-position', missed: undefined }])
  })

  it('stays unanchored while it may not write and the log stays empty', async () => {
    const fleet = new VirtualFleet()
    const link = fleet.log.link()
    link.refuseWrites('readonly')
    const follower = await fleet.follow({ log: link })
    await fleet.caughtUp(follower)
    await fleet.runtime.advance(60_000)
    await fleet.caughtUp(follower)
    expect(follower.subscription.state).toBe('live')
    expect(follower.resyncs).toEqual([])
    expect(follower.subscription.freshness().verifiedAt).toBeGreaterThan(50_000)
  })

  it('evicts everything where it was unanchored in an empty log and its link was cut: the log may have been deleted since', async () => {
    const fleet = new VirtualFleet()
    const link = fleet.log.link()
    link.refuseWrites('readonly')
    const follower = await fleet.follow({ log: link })
    await fleet.caughtUp(follower)
    link.cut()
    await fleet.append('missed')
    fleet.log.clear()
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(['*'])
    await fleet.runtime.advance(60_000)
    expect(follower.resyncs).toMatchObject([{ reason: 'no-position' }])
    expect(follower.subscription.health().status).toBe('up')
  })

  it('may not write, and gives its position up where the log is lost', async () => {
    const fleet = new VirtualFleet()
    await fleet.append('1')
    const link = fleet.log.link()
    link.refuseWrites('refused')
    const follower = await fleet.follow({ log: link })
    await fleet.caughtUp(follower)
    fleet.log.clear()
    await fleet.runtime.advance(3_000)
    expect(follower.handled).toEqual(['*'])
    expect(follower.subscription.position).toBeUndefined()
    await fleet.append('2')
    await fleet.caughtUp(follower)
    expect(follower.resyncs.map(({ reason }) => reason)).toEqual(['log-lost', 'no-position'])
  })

  it('is disconnected while the server is away, and begins when it is back', async () => {
    const fleet = new VirtualFleet()
    fleet.log.goDown()
    const follower = await fleet.follow()
    await fleet.runtime.advance(1_000)
    expect(follower.subscription.state).toBe('disconnected')
    fleet.log.comeBack()
    await fleet.caughtUp(follower)
    await fleet.append('1')
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(['1'])
  })

  it.each([
    { startAt: 'head', expected: ['4'] },
    { startAt: 'oldest', expected: ids(1, 4) },
  ])('begins at $startAt when asked to', async ({ startAt, expected }) => {
    const fleet = new VirtualFleet()
    await fleet.appendRange(1, 3)
    const follower = await fleet.follow({ startAt })
    await fleet.caughtUp(follower)
    await fleet.append('4')
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(expected)
  })

  it('begins behind a position when asked to', async () => {
    const fleet = new VirtualFleet()
    const startAt = await fleet.appendRange(1, 2)
    await fleet.appendRange(3, 4)
    const follower = await fleet.follow({ startAt })
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(ids(3, 4))
    expect(follower.replays).toMatchObject([{ from: startAt, entries: 2, messages: 2, forked: false }])
  })

  it('begins at the oldest entry of an empty log by anchoring to its head', async () => {
    const fleet = new VirtualFleet()
    const follower = await fleet.follow({ startAt: 'oldest' })
    await fleet.caughtUp(follower)
    await fleet.append('1')
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(['1'])
    expect(follower.resyncs).toEqual([])
  })
})

describe('a lost link', () => {
  it('replays exactly what was missed, in pages, and then goes live', async () => {
    const fleet = new VirtualFleet()
    const link = fleet.log.link()
    const follower = await fleet.follow({ log: link, pageSize: 3 })
    await fleet.appendRange(1, 2)
    await fleet.caughtUp(follower)
    link.cut()
    await fleet.appendRange(3, 12)
    await fleet.caughtUp(follower)
    await fleet.append('13')
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(ids(1, 13))
    expect(follower.subscription.counts).toMatchObject({ live: 3, replayed: 10, resyncs: 0, orphaned: 0 })
    expect(follower.states).toEqual(['replaying', 'live', 'disconnected', 'replaying', 'live'])
  })

  it('of the command connection alone leaves the live channel working', async () => {
    const fleet = new VirtualFleet({ reconnectMs: 5_000 })
    const link = fleet.log.link()
    const follower = await fleet.follow({ log: link })
    await fleet.caughtUp(follower)
    link.cut('commands')
    await fleet.append('1')
    await fleet.runtime.settle()
    expect(follower.subscription.state).toBe('disconnected')
    expect(follower.handled).toEqual(['1'])
  })

  it('takes what arrives live during the replay once', async () => {
    const fleet = new VirtualFleet({ latencyMs: 4 })
    const link = fleet.log.link()
    const follower = await fleet.follow({ log: link, pageSize: 2 })
    await fleet.caughtUp(follower)
    link.cut('feeds')
    await fleet.appendRange(1, 20)
    await fleet.appendRange(21, 30)
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(ids(1, 30))
    expect(follower.subscription.counts.duplicates).toBeGreaterThan(0)
    expect(follower.subscription.counts).toMatchObject({ orphaned: 0, resyncs: 0 })
  })
})

describe('the live channel', () => {
  it('that loses a message is made good from the log with the next one', async () => {
    const fleet = new VirtualFleet()
    const follower = await fleet.follow()
    await fleet.caughtUp(follower)
    fleet.log.drop(1)
    await fleet.append('1')
    await fleet.append('2')
    await fleet.runtime.settle()
    expect(follower.handled).toEqual(['1', '2'])
    expect(follower.subscription.counts).toMatchObject({ gaps: 1, replayed: 2, duplicates: 1, orphaned: 0 })
  })

  it('that loses the last message is made good by a heartbeat', async () => {
    const fleet = new VirtualFleet()
    const follower = await fleet.follow()
    await fleet.caughtUp(follower)
    fleet.log.drop(1)
    await fleet.append('1')
    await fleet.runtime.advance(2_100)
    expect(follower.handled).toEqual(['1'])
    expect(follower.subscription.counts.gaps).toBe(1)
  })

  it('that repeats itself changes nothing', async () => {
    const fleet = new VirtualFleet()
    const follower = await fleet.follow()
    await fleet.caughtUp(follower)
    fleet.log.duplicate(2)
    await fleet.appendRange(1, 3)
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(ids(1, 3))
    expect(follower.subscription.counts).toMatchObject({ duplicates: 2, gaps: 0 })
  })

  it('that has gone deaf is found by two heartbeats and replaced', async () => {
    const fleet = new VirtualFleet()
    const follower = await fleet.follow()
    await fleet.caughtUp(follower)
    fleet.log.deafen()
    for (let id = 1; id <= 8; id++) {
      await fleet.append(String(id))
      await fleet.runtime.advance(1_000)
    }
    expect(follower.handled).toEqual(ids(1, 8))
    const { live } = follower.subscription.counts
    expect(live).toBeGreaterThan(0)
    expect(follower.states).toContain('disconnected')
  })

  it('that carries a message without a place in the log hands it over, and keeps the position', async () => {
    const fleet = new VirtualFleet()
    const follower = await fleet.follow()
    await fleet.append('1')
    await fleet.caughtUp(follower)
    const before = follower.subscription.position
    fleet.log.publish(
      '{"message_id":"m","entity_type":"User","entity_id":"crate","action":"Delete","timestamp":"2026-11-22T10:00:00Z","source_service":"rust"}',
    )
    await fleet.runtime.settle()
    expect(follower.handled).toEqual(['1', 'crate'])
    expect(follower.subscription.position).toBe(before)
    expect(follower.subscription.counts.foreign).toBe(1)
  })

  it('and the log that carry garbage in an entry say so, and evict all in its place', async () => {
    const fleet = new VirtualFleet()
    const link = fleet.log.link()
    const commands = link.openCommands({ onUp: () => undefined, onDown: () => undefined, onError: () => undefined })
    const follower = await fleet.follow({ log: fleet.log.link() })
    await fleet.caughtUp(follower)
    const garbage = ['{"frame":[{"message_id":7}]}', '{"entity_type":', '{"message_id":"m"}']
    for (const [index, frame] of garbage.entries()) {
      await fleet.runtime.runUntil(commands.append(`garbage${index}`, frame, entriesOnly(1_000)), 1_000)
      await fleet.append(String(index))
    }
    await fleet.caughtUp(follower)
    const late = await fleet.follow({ startAt: 'oldest' })
    await fleet.caughtUp(late)
    expect(follower.handled.at(-1)).toBe('*')
    expect(late.handled).toEqual(['*'])
    expect(late.errors).toMatchObject([{ code: 'INVALID_MESSAGE', reason: 'field' }])
    expect(late.subscription.counts.invalid).toBe(1)
    expect(late.resyncs).toMatchObject([{ reason: 'unreadable' }])
    await fleet.append('after')
    for (const each of [follower, late]) {
      await fleet.caughtUp(each)
      expect(each.handled.at(-1)).toBe('after')
    }
  })

  it('that carries garbage says so, and goes on', async () => {
    const fleet = new VirtualFleet()
    const follower = await fleet.follow()
    await fleet.caughtUp(follower)
    fleet.log.publish('garbage')
    await fleet.append('1')
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(['1'])
    expect(follower.errors).toMatchObject([{ code: 'INVALID_MESSAGE' }])
  })
})

describe('a resync', () => {
  it('evicts everything where the log was trimmed beyond the position, and says how much is gone', async () => {
    const fleet = new VirtualFleet()
    const link = fleet.log.link()
    const follower = await fleet.follow({ log: link })
    await fleet.append('1')
    await fleet.caughtUp(follower)
    link.cut()
    await fleet.appendRange(2, 10)
    fleet.log.trim(3)
    await fleet.caughtUp(follower)
    await fleet.append('11')
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(['1', '*', '11'])
    // Of 2 to 10, the newest three are still there.
    expect(follower.resyncs).toMatchObject([{ reason: 'trimmed', missed: 6 }])
    expect(follower.deliveries[1]).toMatchObject({ mode: 'resync', reason: 'trimmed', missed: 6 })
  })

  it('is not needed where the log was trimmed just up to the position', async () => {
    const fleet = new VirtualFleet()
    const link = fleet.log.link()
    const follower = await fleet.follow({ log: link })
    await fleet.append('1')
    await fleet.caughtUp(follower)
    link.cut()
    await fleet.appendRange(2, 4)
    fleet.log.trim(3)
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(ids(1, 4))
    expect(follower.resyncs).toEqual([])
  })

  it('follows a FLUSHALL, though nothing is ever appended again', async () => {
    const fleet = new VirtualFleet()
    const follower = await fleet.follow()
    await fleet.append('1')
    await fleet.caughtUp(follower)
    fleet.log.clear()
    await fleet.runtime.advance(3_000)
    expect(follower.handled).toEqual(['1', '*'])
    expect(follower.resyncs).toMatchObject([{ reason: 'log-lost' }])
    await fleet.append('2')
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(['1', '*', '2'])
  })

  it('follows entries deleted in the middle', async () => {
    const fleet = new VirtualFleet()
    const link = fleet.log.link()
    const follower = await fleet.follow({ log: link })
    await fleet.append('1')
    await fleet.caughtUp(follower)
    link.cut()
    await fleet.append('2')
    const { position } = await fleet.append('3')
    await fleet.append('4')
    fleet.log.deleteEntries(position.streamId)
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(['1', '*'])
    expect(follower.resyncs).toMatchObject([{ reason: 'deleted' }])
  })

  it('is not needed where only `last` was evicted', async () => {
    const fleet = new VirtualFleet()
    const follower = await fleet.follow()
    await fleet.append('1')
    await fleet.caughtUp(follower)
    fleet.log.evictLast()
    await fleet.runtime.advance(3_000)
    await fleet.append('2')
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(['1', '2'])
    expect(follower.resyncs).toEqual([])
    expect(follower.subscription.counts.gaps).toBe(0)
  })

  it('only tells of itself when asked to notify', async () => {
    const fleet = new VirtualFleet()
    const follower = await fleet.follow({ onResync: 'notify' })
    await fleet.append('1')
    await fleet.caughtUp(follower)
    fleet.log.clear()
    await fleet.runtime.advance(3_000)
    expect(follower.handled).toEqual(['1'])
    expect(follower.resyncs).toHaveLength(1)
    expect(follower.subscription.state).toBe('live')
  })

  it('follows every failover where strictFailover is set, though nothing was lost', async () => {
    const fleet = new VirtualFleet()
    const strict = await fleet.follow({ strictFailover: true })
    const lenient = await fleet.follow()
    await fleet.caughtUp(strict)
    await fleet.caughtUp(lenient)
    fleet.log.failOver({ lose: 0 })
    await fleet.caughtUp(strict)
    await fleet.caughtUp(lenient)
    await fleet.runtime.advance(5_000)
    expect(strict.resyncs).toMatchObject([{ reason: 'failover' }])
    expect(lenient.resyncs).toEqual([])
  })
})

describe('a failover that loses a tail', () => {
  it('is repaired without a resync: the log is replayed from where the histories parted', async () => {
    const fleet = new VirtualFleet()
    const follower = await fleet.follow()
    await fleet.appendRange(1, 5)
    await fleet.caughtUp(follower)
    fleet.log.failOver({ lose: 2 })
    await fleet.appendRange(6, 8)
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(ids(1, 8))
    expect(follower.replays).toMatchObject([{ forked: true }])
    expect(follower.resyncs).toEqual([])
  })

  it('is seen by a subscription whose feed stayed up', async () => {
    const fleet = new VirtualFleet()
    const follower = await fleet.follow()
    await fleet.appendRange(1, 5)
    await fleet.caughtUp(follower)
    fleet.log.failOver({ lose: 2, keep: 'feeds' })
    await fleet.appendRange(6, 8)
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(ids(1, 8))
    expect(follower.resyncs).toEqual([])
  })

  it('that leaves nothing of ours is a resync', async () => {
    const fleet = new VirtualFleet()
    await fleet.appendRange(1, 3)
    const follower = await fleet.follow()
    await fleet.caughtUp(follower)
    fleet.log.failOver({ lose: 1 })
    await fleet.appendRange(4, 6)
    await fleet.caughtUp(follower)
    expect(follower.resyncs).toMatchObject([{ reason: 'forked' }])
  })
})

describe('overload', () => {
  it('keeps memory bounded, says lagging, and misses nothing', async () => {
    const fleet = new VirtualFleet()
    const { runtime } = fleet
    let most = 0
    const follower = await fleet.follow({
      maxBuffered: 10,
      pageSize: 5,
      handler: () =>
        new Promise((resolve) => {
          most = Math.max(most, follower.subscription.freshness().behind)
          runtime.after(20, resolve)
        }),
    })
    await fleet.appendRange(1, 200)
    await fleet.caughtUp(follower, 60_000)
    expect(follower.handled).toEqual(ids(1, 200))
    expect(most).toBeLessThanOrEqual(20)
    expect(follower.states).toContain('lagging')
    expect(follower.subscription.state).toBe('live')
    expect(follower.resyncs).toEqual([])
  })

  it('by messages that are not in the log is a resync: they can not be read again', async () => {
    const fleet = new VirtualFleet()
    const { runtime } = fleet
    const follower = await fleet.follow({
      maxBuffered: 5,
      handler: () =>
        new Promise((resolve) => {
          runtime.after(20, resolve)
        }),
    })
    await fleet.caughtUp(follower)
    for (let id = 0; id < 20; id++) {
      fleet.log.publish(
        `{"message_id":"m","entity_type":"User","entity_id":"${id}","action":"Delete","timestamp":"2026-11-22T10:00:00Z","source_service":"rust"}`,
      )
    }
    await runtime.advance(2_000)
    expect(follower.handled.slice(0, 5)).toEqual(['0', '1', '2', '3', '4'])
    expect(follower.handled.at(-1)).toBe('*')
    expect(follower.resyncs.map(({ reason }) => reason)).toContain('overflow')
  })
})

describe('freshness', () => {
  it('vouches for the cache up to the newest heartbeat, and no further once the link is gone', async () => {
    const fleet = new VirtualFleet({ reconnectMs: 60_000 })
    const link = fleet.log.link()
    const follower = await fleet.follow({ log: link })
    await fleet.append('1')
    await fleet.runtime.advance(5_500)
    const fresh = follower.subscription.freshness()
    expect(fresh).toMatchObject({ state: 'live', behind: 0, lagMs: 0, position: follower.subscription.position })
    expect(fleet.runtime.monotonic() - (fresh.verifiedAt ?? 0)).toBeLessThanOrEqual(1_000)
    link.cut()
    await fleet.runtime.advance(5_000)
    expect(follower.subscription.freshness()).toMatchObject({ state: 'disconnected', verifiedAt: fresh.verifiedAt })
  })

  it('does not vouch while a handler is still at work on what the head names', async () => {
    const fleet = new VirtualFleet()
    let finish: () => void = () => undefined
    const follower = await fleet.follow({
      handler: () =>
        new Promise((resolve) => {
          finish = resolve
        }),
    })
    await fleet.caughtUp(follower)
    await fleet.append('1')
    const appendedAt = fleet.runtime.monotonic()
    await fleet.runtime.advance(5_000)
    const { verifiedAt = 0, behind, lagMs } = follower.subscription.freshness()
    expect(verifiedAt).toBeLessThanOrEqual(appendedAt)
    expect(behind).toBe(1)
    expect(lagMs).toBeGreaterThanOrEqual(5_000)
    finish()
    await fleet.runtime.advance(1_000)
    expect(follower.subscription.freshness().verifiedAt).toBeGreaterThan(appendedAt)
  })
})

describe('waitFor', () => {
  it('resolves once the entry has been handled, and at once for what was', async () => {
    const fleet = new VirtualFleet({ latencyMs: 10 })
    const follower = await fleet.follow()
    await fleet.caughtUp(follower)
    const position = formatPosition((await fleet.append('1')).position)
    const waiting = follower.subscription.waitFor(position)
    await fleet.runtime.runUntil(waiting, 1_000)
    expect(follower.handled).toEqual(['1'])
    await fleet.runtime.runUntil(follower.subscription.waitFor(position), 0)
  })

  it('resolves for an entry handled so long ago that it is not remembered', async () => {
    const fleet = new VirtualFleet()
    const follower = await fleet.follow()
    await fleet.caughtUp(follower)
    const position = await fleet.appendRange(1, 1)
    await fleet.appendRange(2, 1_200)
    await fleet.caughtUp(follower)
    await fleet.runtime.runUntil(follower.subscription.waitFor(position), 100)
  })

  it('resolves with a resync that covers the entry', async () => {
    const fleet = new VirtualFleet()
    const link = fleet.log.link()
    const follower = await fleet.follow({ log: link })
    await fleet.caughtUp(follower)
    link.cut()
    const position = formatPosition((await fleet.append('1')).position)
    await fleet.appendRange(2, 5)
    fleet.log.trim(1)
    const waiting = follower.subscription.waitFor(position)
    await fleet.runtime.runUntil(waiting, 5_000)
    expect(follower.handled).toEqual(['*'])
  })

  it('rejects at its time limit, when aborted, and when the subscription closes', async () => {
    const fleet = new VirtualFleet()
    const follower = await fleet.follow()
    await fleet.caughtUp(follower)
    const { subscription } = follower
    const unknown = '9999999999999-0@unknown0'
    const late = expect(subscription.waitFor(unknown, { timeoutMs: 100 })).rejects.toThrow(WaitTimeoutError)
    await fleet.runtime.advance(100)
    await late
    const controller = new AbortController()
    const aborted = expect(subscription.waitFor(unknown, { signal: controller.signal })).rejects.toThrow('enough')
    controller.abort(new Error('enough'))
    await aborted
    const before = AbortSignal.abort('reasons need not be errors')
    await expect(subscription.waitFor(unknown, { signal: before })).rejects.toBe('reasons need not be errors')
    const closed = expect(subscription.waitFor(unknown)).rejects.toThrow(ClosedError)
    await fleet.runtime.runUntil(subscription.close(), 10_000)
    await closed
  })
})

describe('close', () => {
  it('is what disposing does, and what the subscriber is asked for by unsubscribe', async () => {
    const fleet = new VirtualFleet()
    const first = await fleet.follow()
    const second = await fleet.follow()
    await fleet.runtime.runUntil(first.subscription[Symbol.asyncDispose](), 10_000)
    await fleet.runtime.runUntil(second.subscriber.unsubscribe(second.subscription), 10_000)
    expect([first.subscription.state, second.subscription.state]).toEqual(['closed', 'closed'])
    await fleet.runtime.runUntil(second.subscriber[Symbol.asyncDispose](), 10_000)
    expect(second.subscriber.connected).toBe(false)
  })

  it('takes nothing more in, and does not count what was not handled', async () => {
    const fleet = new VirtualFleet()
    const follower = await fleet.follow()
    await fleet.append('1')
    await fleet.caughtUp(follower)
    const { position } = follower.subscription
    await fleet.runtime.runUntil(follower.subscriber.close(), 10_000)
    await fleet.append('2')
    expect(follower.handled).toEqual(['1'])
    expect(follower.subscription.position).toBe(position)
    expect(follower.subscription.state).toBe('closed')
    expect(() => follower.subscriber.subscribe(() => undefined)).toThrow(ClosedError)
    await expect(follower.subscription.caughtUp()).rejects.toThrow(ClosedError)
    await expect(follower.subscription.waitFor('1-1@a')).rejects.toThrow(ClosedError)
    await expect(follower.subscriber.deadLetters.list()).rejects.toThrow(ClosedError)
    await expect(follower.subscriber.deadLetters.purge()).rejects.toThrow(ClosedError)
  })
})
