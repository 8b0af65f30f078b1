import { expect, it } from 'vitest'
import { patternMessage } from '../../../src/message/create-message.js'
import { redisCursor } from '../../../src/subscriber/handling/cursor.js'
import { encodeMessage } from '../../support/encode-message.js'
import { type Follower, VirtualFleet } from '../../support/virtual-fleet.js'
import { entriesOnly } from '../../support/retention.js'

const connection = { heartbeatMs: 500 }

/** A subscription whose handler deletes the log's keys with all others, as SCAN and DEL of the pattern `*` do. */
async function followDeleting(fleet: VirtualFleet, deletes: { now: boolean } = { now: true }): Promise<Follower> {
  return fleet.follow({
    name: 'gateway',
    cursor: redisCursor(),
    connection,
    handler: (message) => {
      if (message.action === 'pattern' && deletes.now) fleet.log.clear()
    },
  })
}

function reports({ errors }: Follower): string[] {
  return errors.map(({ message }) => message).filter((message) => message.includes('deletes the keys'))
}

it('a handler that deletes the log is a few resyncs, an error that says so once, and `degraded`', async () => {
  const fleet = new VirtualFleet()
  const follower = await followDeleting(fleet)
  await fleet.runtime.advance(8_000)
  expect(follower.resyncs.map(({ reason }) => reason)).toEqual(['no-cursor', 'log-lost'])
  expect(reports(follower)).toEqual([
    expect.stringMatching(
      /pattern "\*".*deletes the keys \{cache:invalidate}:stream, \{cache:invalidate}:last.*deleteMatching/,
    ),
  ])
  expect(follower.subscription.health()).toMatchObject({ status: 'degraded' })
  expect(follower.subscription.health().reasons).toContain('log-deleted')
  await fleet.runtime.advance(10 * 60_000)
  expect(follower.resyncs.length).toBeLessThanOrEqual(2 + 20)
  expect(reports(follower)).toHaveLength(1)
})

it('what is published to a log that a handler deleted is handled at once', async () => {
  const fleet = new VirtualFleet()
  const follower = await followDeleting(fleet)
  await fleet.runtime.advance(8_000)
  await fleet.append('1')
  await fleet.append('2')
  await fleet.runtime.advance(10)
  expect(follower.handled.slice(-2)).toEqual(['1', '2'])
})

it('a handler that no longer deletes the log is `up` again', async () => {
  const fleet = new VirtualFleet()
  const deletes = { now: true }
  const follower = await followDeleting(fleet, deletes)
  await fleet.runtime.advance(8_000)
  deletes.now = false
  await fleet.runtime.advance(40_000)
  expect(follower.subscription.health()).toMatchObject({ status: 'up', reasons: [] })
  expect(reports(follower)).toHaveLength(1)
})

it('a pattern that was published and matches the keys of the log counts like `*`', async () => {
  const fleet = new VirtualFleet()
  const commands = fleet.log.link().openCommands({ onUp: ignore, onDown: ignore, onError: ignore })
  const follower = await fleet.follow({
    connection,
    handler: (message) => {
      if (message.action === 'pattern') fleet.log.clear()
    },
  })
  await fleet.caughtUp(follower)
  const evictAll = encodeMessage(patternMessage('{cache*', 'test', { runtime: fleet.runtime }))
  await fleet.runtime.runUntil(commands.append('evicts', evictAll, entriesOnly(1_000)), 1_000)
  await fleet.runtime.advance(8_000)
  expect(reports(follower)).toHaveLength(1)
})

it('a log that somebody else empties now and then is not blamed on the handler', async () => {
  const fleet = new VirtualFleet()
  const follower = await fleet.follow({ name: 'gateway', cursor: redisCursor(), connection })
  for (let time = 0; time < 6; time++) {
    await fleet.runtime.advance(12_000)
    fleet.log.clear()
  }
  await fleet.runtime.advance(12_000)
  expect(follower.resyncs.map(({ reason }) => reason)).toEqual([
    'no-cursor',
    ...Array.from({ length: 6 }, () => 'log-lost'),
  ])
  expect(reports(follower)).toEqual([])
  expect(follower.subscription.health().status).toBe('up')
})

it('a log that is lost with the link right after a resync is not blamed on the handler', async () => {
  const fleet = new VirtualFleet()
  const follower = await fleet.follow({ name: 'gateway', cursor: redisCursor(), connection })
  for (let time = 0; time < 4; time++) {
    fleet.log.clear()
    fleet.log.cut()
    await fleet.runtime.advance(400)
  }
  await fleet.runtime.advance(30_000)
  expect(follower.resyncs.length).toBeGreaterThan(2)
  expect(reports(follower)).toEqual([])
})

function ignore(): void {
  // Only what the subscription makes of it counts.
}
