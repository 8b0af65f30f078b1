import { describe, expect, it } from 'vitest'
import { changeCommands } from '../../../src/log/changed-commands.js'
import {
  type Doubts,
  type Freshness,
  judgeHealth,
  type SubscriptionHealth,
  type SubscriptionState,
  unverifiedLimitMs,
} from '../../../src/subscriber/progress/health.js'
import { RedisError } from '../../../src/support/errors.js'
import { VirtualFleet } from '../../support/virtual-fleet.js'

const heartbeatMs = 1_000
const now = 60_000

const noDoubts: Doubts = { deadLetters: false, replica: false, failover: false, logDeleted: false }

const judged = (
  state: SubscriptionState,
  verifiedAt: number | undefined,
  { failingMs = 0, ...doubts }: Partial<Doubts> & { readonly failingMs?: number } = {},
): SubscriptionHealth => {
  const freshness: Freshness = { state, position: '1-1@a', lagMs: 3, behind: 2, retrying: 1, failingMs, verifiedAt }
  return judgeHealth({ freshness, doubts: { ...noDoubts, ...doubts }, now, heartbeatMs, readReplica: false })
}

describe('health is judged by state and by the last moment of verification', () => {
  const lately = now - 3 * heartbeatMs
  const longAgo = lately - 1

  it.each<[SubscriptionState, number | undefined, SubscriptionHealth['status'], string[]]>([
    ['connecting', undefined, 'down', ['connecting']],
    ['disconnected', undefined, 'down', ['disconnected']],
    ['disconnected', lately, 'down', ['disconnected']],
    ['closed', lately, 'down', ['closed']],
    ['replaying', undefined, 'degraded', ['replaying', 'unverified']],
    ['replaying', longAgo, 'degraded', ['replaying', 'unverified']],
    ['replaying', lately, 'up', []],
    ['lagging', undefined, 'degraded', ['lagging', 'unverified']],
    ['lagging', longAgo, 'degraded', ['lagging', 'unverified']],
    ['lagging', lately, 'degraded', ['lagging']],
    ['live', undefined, 'degraded', ['unverified']],
    ['live', longAgo, 'degraded', ['unverified']],
    ['live', lately, 'up', []],
  ])('%s, verified at %s: %s', (state, verifiedAt, status, reasons) => {
    expect(judged(state, verifiedAt)).toMatchObject({ status, reasons })
  })

  it.each<[SubscriptionState, number, string[]]>([
    ['live', lately, ['replica']],
    ['live', longAgo, ['unverified', 'replica', 'failover']],
    ['replaying', lately, ['replaying', 'replica']],
    ['lagging', longAgo, ['lagging', 'unverified', 'replica', 'failover']],
  ])('%s on a replica after a failover, verified at %s: %s', (state, verifiedAt, reasons) => {
    const doubts = { replica: true, failover: true }
    expect(judged(state, verifiedAt, doubts)).toMatchObject({ status: 'degraded', reasons })
  })

  it('lets a failover pass that is settled within the usual time', () => {
    expect(judged('live', lately, { failover: true })).toMatchObject({ status: 'up', reasons: [] })
  })

  it('waits for the next ping of a primary on a replica that is meant', () => {
    expect(unverifiedLimitMs(heartbeatMs, true)).toBe(14_000)
  })

  it.each<[SubscriptionState, Parameters<typeof judged>[2], SubscriptionHealth['status'], string[]]>([
    ['live', { failingMs: heartbeatMs }, 'up', []],
    ['live', { failingMs: heartbeatMs + 1 }, 'degraded', ['failing']],
    ['live', { deadLetters: true }, 'degraded', ['dead-letters']],
    ['lagging', { failingMs: 5_000, deadLetters: true }, 'degraded', ['lagging', 'failing', 'dead-letters']],
    ['disconnected', { failingMs: 5_000, deadLetters: true }, 'down', ['disconnected', 'failing', 'dead-letters']],
  ])('%s, with a handler that fails (%j): %s', (state, handler, status, reasons) => {
    expect(judged(state, lately, handler)).toMatchObject({ status, reasons })
  })

  it('comes with what it was judged by', () => {
    expect(judged('live', now - 40)).toEqual({
      status: 'up',
      reasons: [],
      unverifiedMs: 40,
      state: 'live',
      position: '1-1@a',
      lagMs: 3,
      behind: 2,
      retrying: 1,
      failingMs: 0,
      verifiedAt: now - 40,
    })
    expect(judged('live', undefined).unverifiedMs).toBeUndefined()
  })
})

describe('a subscription is', () => {
  const connection = { heartbeatMs }

  it('up for as long as heartbeats verify it, whether messages come or not', async () => {
    const fleet = new VirtualFleet()
    const follower = await fleet.follow({ connection })
    await fleet.caughtUp(follower)
    for (let round = 0; round < 20; round++) {
      if (round % 2 === 0) await fleet.append(String(round))
      await fleet.runtime.advance(377)
      expect(follower.subscription.health()).toMatchObject({ status: 'up', reasons: [], state: 'live' })
    }
  })

  it('down while Redis is away, and up again when it has caught up', async () => {
    const fleet = new VirtualFleet()
    const follower = await fleet.follow({ connection })
    await fleet.caughtUp(follower)
    fleet.log.goDown()
    await fleet.runtime.advance(10_000)
    expect(follower.subscription.health()).toMatchObject({ status: 'down', reasons: ['disconnected'] })
    expect(follower.subscription.health().unverifiedMs).toBeGreaterThan(9_000)
    fleet.log.comeBack()
    await fleet.caughtUp(follower)
    expect(follower.subscription.health()).toMatchObject({ status: 'up', reasons: [] })
    await fleet.runtime.runUntil(follower.subscriber.close(), 10_000)
    expect(follower.subscription.health()).toMatchObject({ status: 'down', reasons: ['closed'] })
  })

  it('degraded while its handler is stuck, and up when that has ended', async () => {
    const fleet = new VirtualFleet()
    const release = Promise.withResolvers<undefined>()
    const follower = await fleet.follow({ connection, handler: () => release.promise })
    await fleet.caughtUp(follower)
    await fleet.append('1')
    await fleet.runtime.advance(5_000)
    expect(follower.subscription.health()).toMatchObject({
      status: 'degraded',
      reasons: ['unverified'],
      state: 'live',
      behind: 1,
    })
    release.resolve(undefined)
    await fleet.runtime.advance(heartbeatMs)
    expect(follower.subscription.health()).toMatchObject({ status: 'up', behind: 0 })
  })

  it('degraded while the log does not answer its heartbeats', async () => {
    const fleet = new VirtualFleet()
    let refused = false
    const log = changeCommands(fleet.log, (commands) => ({
      head: () => (refused ? Promise.reject(new RedisError('refused', 'NOPERM')) : commands.head()),
    }))
    const follower = await fleet.follow({ connection, log })
    await fleet.caughtUp(follower)
    refused = true
    await fleet.runtime.advance(5_000)
    expect(follower.subscription.health()).toMatchObject({ status: 'degraded', reasons: ['unverified'], state: 'live' })
    expect(follower.errors).toMatchObject([{ kind: 'refused' }])
    refused = false
    await fleet.runtime.advance(heartbeatMs)
    expect(follower.subscription.health()).toMatchObject({ status: 'up' })
  })

  it('degraded at its start until what its cursor missed is handled', async () => {
    const fleet = new VirtualFleet()
    await fleet.appendRange(1, 5)
    const release = Promise.withResolvers<undefined>()
    const follower = await fleet.follow({ connection, startAt: 'oldest', handler: () => release.promise })
    await fleet.runtime.advance(100)
    expect(follower.subscription.health()).toMatchObject({ status: 'degraded' })
    release.resolve(undefined)
    await fleet.caughtUp(follower)
    expect(follower.subscription.health()).toMatchObject({ status: 'up' })
  })
})
