import { describe, expect, it } from 'vitest'
import { changeCommands } from '../../../src/log/changed-commands.js'
import type { SubscriptionOptions } from '../../../src/subscriber/options.js'
import { ids } from '../../support/handled.js'
import { type Follower, VirtualFleet } from '../../support/virtual-fleet.js'

const handlerMs = 100
const maxBuffered = 10

/** A fleet with a subscription whose handler takes its time with each message. */
async function followSlowly(options: SubscriptionOptions = {}, takesMs = handlerMs) {
  const fleet = new VirtualFleet()
  const { runtime } = fleet
  const link = fleet.log.link()
  const handler = (): Promise<void> =>
    new Promise((resolve) => {
      runtime.after(takesMs, resolve)
    })
  const follower = await fleet.follow({ log: link, maxBuffered, ...options, handler })
  await fleet.caughtUp(follower)
  return { fleet, runtime, link, follower }
}

function behind({ subscription }: Follower): number {
  return subscription.freshness().behind
}

describe('a subscription that lags', () => {
  it('is live again with the heartbeat after half of its queue is worked off', async () => {
    const { fleet, runtime, follower } = await followSlowly()
    await fleet.appendRange(1, 15)
    const waiting: number[] = []
    while (follower.states.at(-1) !== 'live') {
      if (follower.subscription.state === 'lagging') waiting.push(behind(follower))
      await runtime.advance(50)
    }
    expect(follower.states).toEqual(['replaying', 'live', 'lagging', 'live'])
    expect(Math.min(...waiting)).toBeLessThanOrEqual(maxBuffered / 2)
    expect(behind(follower)).toBeLessThanOrEqual(maxBuffered / 2)
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(ids(1, 15))
  })

  it('says so all the while that more is published than it handles, resyncs or not', async () => {
    const { fleet, runtime, follower } = await followSlowly()
    for (let id = 1; id <= 2_000; id++) {
      await fleet.append(String(id))
      fleet.log.trim(30)
      await runtime.advance(handlerMs / 10)
    }
    expect(follower.states).toEqual(['replaying', 'live', 'lagging'])
    expect(follower.resyncs.length).toBeGreaterThan(2)
    expect(new Set(follower.resyncs.map(({ reason }) => reason))).toEqual(new Set(['trimmed']))
    await fleet.caughtUp(follower)
    await runtime.advance(2_000)
    expect(follower.states).toEqual(['replaying', 'live', 'lagging', 'live'])
    expect(follower.handled.at(-1)).toMatch(/^(2000|\*)$/)
  })

  it('is not called disconnected once its link is back, though its reading still waits for the handler', async () => {
    const { fleet, runtime, link, follower } = await followSlowly({}, 10_000)
    await fleet.appendRange(1, 20)
    expect(follower.subscription.state).toBe('lagging')
    link.cut()
    expect(follower.subscription.state).toBe('disconnected')
    await runtime.advance(1_000)
    expect(follower.subscription.state).toBe('replaying')
    expect(behind(follower)).toBeGreaterThanOrEqual(maxBuffered)
    await fleet.caughtUp(follower, 600_000)
    expect(follower.handled).toEqual(ids(1, 20))
  })
})

describe('what waits in memory', () => {
  it('is bounded by bytes as well, and nothing is missed', async () => {
    const { fleet, follower } = await followSlowly({ maxBuffered: 10_000, maxBufferedBytes: 1_024 })
    await fleet.append('0')
    const frameBytes = fleet.log.entries().at(-1)?.frame.length ?? Infinity
    let most = 0
    for (let id = 1; id <= 100; id++) {
      await fleet.append(String(id))
      most = Math.max(most, behind(follower))
    }
    expect(follower.subscription.state).toBe('lagging')
    // In the queue and in the buffer of what arrives; the envelope on the live channel makes frames longer.
    expect(most * frameBytes).toBeLessThanOrEqual(2 * 1_024)
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(ids(0, 100))
    expect(follower.resyncs).toEqual([])
  })

  it('lets through a message that is larger than all that may wait', async () => {
    const { fleet, follower } = await followSlowly({ maxBufferedBytes: 1_024 })
    await fleet.append(...ids(1, 50))
    await fleet.append(...ids(51, 100))
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(ids(1, 100))
  })
})

it('a resync covers what arrived until then: none of it is taken for a history that lost', async () => {
  const fleet = new VirtualFleet()
  const link = fleet.log.link()
  let held = Promise.resolve<unknown>(undefined)
  const log = changeCommands(link, (commands) => ({
    anchor: async (appendId, retention) => {
      await held
      return commands.anchor(appendId, retention)
    },
  }))
  const follower = await fleet.follow({ log })
  await fleet.append('0')
  await fleet.caughtUp(follower)
  link.cut()
  await fleet.appendRange(1, 20)
  fleet.log.trim(5)
  const { promise, resolve } = Promise.withResolvers<undefined>()
  held = promise
  await fleet.runtime.advance(200)
  await fleet.appendRange(21, 25)
  resolve(undefined)
  await fleet.append('26')
  await fleet.caughtUp(follower)
  expect(follower.handled).toEqual(['0', '*', '26'])
  expect(follower.resyncs).toMatchObject([{ reason: 'trimmed' }])
  expect(follower.subscription.counts).toMatchObject({ orphaned: 0, resyncs: 1 })
})
