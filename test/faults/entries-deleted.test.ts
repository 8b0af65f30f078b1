import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { InvalidationPublisher, Receipt } from '../../src/index.js'
import { parsePosition } from '../../src/log/model/position.js'
import { ids } from '../support/handled.js'
import { LiveFleet, type LiveFollower } from '../support/live-fleet.js'
import { serverIs } from '../support/server-version.js'
import { expectResyncs } from '../support/settled.js'

type DeleteCommand = readonly [command: 'XDEL' | 'XDELEX', ...how: string[]]

/** Only Redis has XDELEX. What it does to references of consumer groups is nothing to a log, which has none. */
const deleteCommands: readonly DeleteCommand[] = (await serverIs('Redis', 8, 2))
  ? [['XDEL'], ['XDELEX'], ['XDELEX', 'KEEPREF'], ['XDELEX', 'DELREF'], ['XDELEX', 'ACKED']]
  : [['XDEL']]

let fleet: LiveFleet
let publisher: InvalidationPublisher
/** Live all the while. */
let live: LiveFollower
/** Of ten entries, 1 to 10. */
let receipts: Receipt[]

beforeEach(async () => {
  fleet = await LiveFleet.start()
  publisher = await fleet.publisher({ packing: false })
  live = await fleet.follow()
  receipts = await Promise.all(ids(1, 10).map((id) => publisher.invalidate('user', id)))
  await live.handled.count(10)
})

afterEach(() => fleet.stop())

/** A subscription that has handled everything up to entry `id`, and was away since. */
function followFrom(id: number): Promise<LiveFollower> {
  return fleet.follow({ startAt: receipts[id - 1]?.position ?? '' })
}

/** Deletes an entry; resolves to how many were deleted. XDELEX replies with a list: 1 for an entry that it deleted. */
async function deleteEntry(id: number, [command, ...how]: DeleteCommand = ['XDEL']): Promise<number> {
  const { streamId } = parsePosition(receipts[id - 1]?.position ?? '')
  const ids = command === 'XDEL' ? [streamId] : ['IDS', '1', streamId]
  const reply = await fleet.redis.call(command, `{${fleet.channel}}:stream`, ...how, ...ids)
  return Number(Array.isArray(reply) ? reply[0] : reply)
}

function deleteLast(): Promise<number> {
  return fleet.redis.del(`{${fleet.channel}}:last`)
}

describe.each(deleteCommands.map((command) => ({ name: command.join(' '), command })))('$name', ({ command }) => {
  it('in the middle is a resync, deleted, to who had not read that far, and nothing to the others', async () => {
    expect(await deleteEntry(6, command)).toBe(1)
    const behind = await followFrom(3)
    const past = await followFrom(7)
    await publisher.invalidate('user', '11')
    await Promise.all([live, behind, past].map(({ handled }) => handled.has('11')))
    await expectResyncs(behind, ['deleted'])
    expect(behind.handled.names).toEqual(['*', '11'])
    await expectResyncs(past, [])
    expect(past.handled.names).toEqual(ids(8, 11))
    await expectResyncs(live, [])
    expect(live.handled.names).toEqual(ids(1, 11))
  })

  it('at the tail is nothing to a live subscription: the next entry continues what it has', async () => {
    expect(await deleteEntry(10, command)).toBe(1)
    await expectResyncs(live, [])
    await publisher.invalidate('user', '11')
    await live.handled.has('11')
    await expectResyncs(live, [])
    expect(live.handled.names).toEqual(ids(1, 11))
    expect(live.subscription.counts).toMatchObject({ replayed: 0, gaps: 0 })
  })

  it('at the tail is a resync, deleted, to who had not read it, or is anchored to it and must read the log again', async () => {
    expect(await deleteEntry(10, command)).toBe(1)
    // Both are anchored to a marker behind the hole. It is not published: the live one finds it with a heartbeat.
    const early = await followFrom(3)
    await live.handled.has('*')
    await publisher.invalidate('user', '11')
    const late = await followFrom(3)
    await publisher.invalidate('user', '12')
    const expected: [LiveFollower, string[]][] = [
      [live, [...ids(1, 10), '*', '11', '12']],
      [early, [...ids(4, 9), '*', '11', '12']],
      [late, ['*', '12']],
    ]
    for (const [follower, names] of expected) {
      await follower.handled.has('12')
      await expectResyncs(follower, ['deleted'])
      expect(follower.handled.names).toEqual(names)
    }
  })
})

describe('the `last` key deleted', () => {
  it('is nothing to anybody: the tail of the stream stands in for it', async () => {
    expect(await deleteLast()).toBe(1)
    await expectResyncs(live, [])
    const away = await followFrom(3)
    expect(away.handled.names).toEqual(ids(4, 10))
    expect(await deleteLast()).toBe(0)
    await publisher.invalidate('user', '11')
    for (const follower of [live, away]) {
      await follower.handled.has('11')
      await expectResyncs(follower, [])
    }
    expect(live.handled.names).toEqual(ids(1, 11))
    expect(away.handled.names).toEqual(ids(4, 11))
    expect(live.subscription.counts).toMatchObject({ live: 11, replayed: 0, gaps: 0 })
  })

  it('and the newest entry with it is one resync, deleted: nobody can tell any more what stood last', async () => {
    await deleteEntry(10)
    await deleteLast()
    await live.handled.has('*')
    await publisher.invalidate('user', '11')
    // What was appended since must not pass for the successor of entry 9.
    const behind = await followFrom(3)
    await live.handled.has('11')
    await expectResyncs(live, ['deleted'])
    expect(live.handled.names).toEqual([...ids(1, 10), '*', '11'])
    await expectResyncs(behind, ['deleted'])
  })
})
