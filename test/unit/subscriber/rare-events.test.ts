import { expect, it } from 'vitest'
import { changeCommands } from '../../../src/log/changed-commands.js'
import type { MemoryLink } from '../../../src/log/memory/memory-link.js'
import { unknownReplication } from '../../../src/log/model/replication.js'
import type { CursorFactory } from '../../../src/subscriber/handling/cursor.js'
import { ids } from '../../support/handled.js'
import { VirtualFleet } from '../../support/virtual-fleet.js'

// Without heartbeats, which would make good in time what these tests are about.
const connection = { heartbeatMs: 3_600_000 }

/** A frame as published, from a history that the log does not have. */
function stray(id: number): string {
  return `{"stream_id":"1-${id}","append_id":"stray${id}","prev":"nowhere","message_id":"m${id}","entity_type":"User","entity_id":"s${id}","action":"Delete","timestamp":"2026-11-22T10:00:00Z","source_service":"lost"}`
}

/** The log through a link whose next page can be held back: it has been read, and nobody knows yet what it says. */
function slowReader(link: MemoryLink) {
  let held: Promise<void> | undefined
  const log = changeCommands(link, (commands) => ({
    readPage: async (from, count) => {
      const page = await commands.readPage(from, count)
      await held
      return page
    },
  }))
  const hold = (): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    held = promise.then(() => undefined)
    return () => {
      held = undefined
      resolve(undefined)
    }
  }
  return { log, hold }
}

it('a link that was lost and came back while the log was read makes it read once more', async () => {
  const fleet = new VirtualFleet()
  const link = fleet.log.link()
  const { log, hold } = slowReader(link)
  const follower = await fleet.follow({ log, connection })
  await fleet.append('1')
  await fleet.caughtUp(follower)
  const release = hold()
  link.cut('feeds')
  await fleet.runtime.advance(100)
  expect(follower.subscription.state).toBe('replaying')
  link.cut('feeds')
  await fleet.append('2')
  await fleet.runtime.advance(100)
  release()
  await fleet.runtime.settle()
  expect(follower.subscription.state).toBe('live')
  expect(follower.handled).toEqual(['1', '2'])
})

it('a heartbeat that finds no log vouches for nothing before the subscription has begun', async () => {
  const fleet = new VirtualFleet()
  let answer: (position: string) => void = () => undefined
  const cursor: CursorFactory = () => ({
    durable: true,
    load: () =>
      new Promise((resolve) => {
        answer = resolve
      }),
    save: () => Promise.resolve(),
  })
  const position = await fleet.appendRange(1, 1)
  await fleet.append('2')
  fleet.log.clear()
  const follower = await fleet.follow({ name: 'durable', cursor, connection: { heartbeatMs: 100 } })
  const caughtUp = follower.subscription.caughtUp()
  await fleet.runtime.advance(1_000)
  expect(follower.subscription.freshness().verifiedAt).toBeUndefined()
  answer(position)
  await fleet.runtime.runUntil(caughtUp, 10_000)
  expect(follower.handled).toEqual(['*'])
})

it('a resync that leaves nothing to anchor to vouches for nothing before it has been handled', async () => {
  const fleet = new VirtualFleet()
  await fleet.append('1')
  const link = fleet.log.link()
  link.refuseWrites('refused')
  let finish: () => void = () => undefined
  const handler = (): Promise<void> =>
    new Promise((resolve) => {
      finish = resolve
    })
  const follower = await fleet.follow({ log: link, handler })
  await fleet.caughtUp(follower)
  const before = fleet.runtime.monotonic()
  fleet.log.clear()
  await fleet.runtime.advance(5_000)
  const caughtUp = follower.subscription.caughtUp()
  await fleet.runtime.settle()
  expect(follower.resyncs).toHaveLength(1)
  expect(follower.subscription.freshness().verifiedAt).toBeLessThanOrEqual(before)
  finish()
  await fleet.runtime.runUntil(caughtUp, 100)
})

it('a server that does not tell its replication id makes strictFailover say that it sees no failover, once', async () => {
  const fleet = new VirtualFleet()
  const log = changeCommands(fleet.log.link(), () => ({ replication: () => Promise.resolve(unknownReplication) }))
  const follower = await fleet.follow({ log, strictFailover: true })
  await fleet.caughtUp(follower)
  await fleet.runtime.advance(5_000)
  expect(follower.errors).toMatchObject([{ code: 'CONFIGURATION' }])
  expect(follower.resyncs).toEqual([])
})

it('what was dropped for want of room while the log was read is read from it, though nothing follows', async () => {
  const fleet = new VirtualFleet()
  const link = fleet.log.link()
  const { log, hold } = slowReader(link)
  const follower = await fleet.follow({ log, connection, maxBuffered: 4 })
  await fleet.append('0')
  await fleet.caughtUp(follower)
  const release = hold()
  link.cut('feeds')
  await fleet.runtime.advance(100)
  await fleet.appendRange(1, 5)
  await fleet.runtime.settle()
  expect(follower.subscription.state).toBe('lagging')
  release()
  await fleet.runtime.settle()
  expect(follower.subscription.state).toBe('live')
  expect(follower.handled).toEqual(ids(0, 5))
})

it('a frame of a history that lost is handled all the same, and the position stays', async () => {
  const fleet = new VirtualFleet()
  const follower = await fleet.follow({ connection })
  await fleet.append('1')
  await fleet.caughtUp(follower)
  const { position } = follower.subscription
  fleet.log.publish(stray(1))
  await fleet.runtime.advance(100)
  expect(follower.handled).toEqual(['1', 's1'])
  expect(follower.subscription.position).toBe(position)
  expect(follower.subscription.counts).toMatchObject({ orphaned: 1, gaps: 0, resyncs: 0 })
})
