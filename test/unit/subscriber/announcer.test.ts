import { hostname } from 'node:os'
import { beforeEach, describe, expect, it } from 'vitest'
import type { LogCommands } from '../../../src/log/log.js'
import { type Announcement, decodeAnnouncement } from '../../../src/subscriber/announcement.js'
import { version } from '../../../src/support/version.js'
import { VirtualFleet } from '../../support/virtual-fleet.js'

let fleet: VirtualFleet
let reader: LogCommands

beforeEach(async () => {
  fleet = new VirtualFleet()
  await openReader()
})

async function openReader(): Promise<void> {
  const ignore = (): void => undefined
  reader = fleet.log.link().openCommands({ onUp: ignore, onDown: ignore, onError: ignore })
  await fleet.runtime.runUntil(reader.opened(), 1_000)
}

async function announced(): Promise<(Announcement & { ageMs: number })[]> {
  const records = await fleet.runtime.runUntil(reader.listAnnounced('subscriber'), 1_000)
  return records.flatMap(({ record, ageMs }) => {
    const announcement = decodeAnnouncement(record)
    return announcement ? [{ ...announcement, ageMs }] : []
  })
}

/** What stands in the log right after each of `count` steps of time. */
async function watch(count: number, stepMs: number): Promise<(number | undefined)[]> {
  const ages: (number | undefined)[] = []
  for (let step = 0; step < count; step++) {
    await fleet.runtime.advance(stepMs)
    ages.push((await announced())[0]?.ageMs)
  }
  return ages
}

describe('a subscription makes itself known', () => {
  it('when it begins, and with the next heartbeat as what it has become', async () => {
    const startedAt = fleet.runtime.now()
    await fleet.append('1')
    const follower = await fleet.follow({
      name: 'feed',
      connection: { service: 'feed-service', retention: { maxEntries: 5_000 } },
    })
    const [first] = await announced()
    expect(first).toMatchObject({
      name: 'feed',
      service: 'feed-service',
      heartbeatMs: 1_000,
      retention: { maxEntries: 5_000 },
    })
    expect(first).toMatchObject({ host: hostname(), pid: process.pid, version, startedAt })
    await fleet.runtime.advance(1_100)
    const { position } = follower.subscription
    expect(await announced()).toMatchObject([{ state: 'live', position, behind: 0, lagMs: 0, resyncs: 0 }])
    expect(position).toBeDefined()
  })

  it('every 5 seconds while nothing changes', async () => {
    await fleet.follow()
    await fleet.runtime.advance(1_100)
    expect(await watch(12, 1_000)).toEqual([
      1_100, 2_100, 3_100, 4_100, 100, 1_100, 2_100, 3_100, 4_100, 100, 1_100, 2_100,
    ])
  })

  it('with every heartbeat where that is slower', async () => {
    await fleet.follow({ connection: { heartbeatMs: 20_000 } })
    await fleet.runtime.advance(20_100)
    expect(await watch(4, 10_000)).toEqual([10_100, 100, 10_100, 100])
  })

  it('with the heartbeat after its state has changed, and what it counts', async () => {
    let release: (() => void) | undefined
    const handler = (): Promise<void> => new Promise((resolve) => (release = resolve))
    await fleet.follow({ handler, maxBuffered: 2 })
    await fleet.runtime.advance(1_100)
    await fleet.appendRange(1, 9)
    await fleet.runtime.advance(1_000)
    const [lagging] = await announced()
    expect(lagging).toMatchObject({ state: 'lagging' })
    expect(lagging?.behind).toBeGreaterThan(0)
    expect(lagging?.lagMs).toBeGreaterThan(500)
    expect(release).toBeDefined()
  })

  it('under an id of its own, each subscription of a subscriber', async () => {
    const { subscriber } = await fleet.follow({ name: 'one' })
    subscriber.subscribe(() => undefined, { name: 'two' })
    subscriber.subscribe(() => undefined, { name: 'two' })
    await fleet.runtime.settle()
    expect((await announced()).map(({ name }) => name)).toEqual(['one', 'two', 'two'])
  })

  it('no longer than it lives: it is withdrawn on close', async () => {
    const { subscriber, subscription } = await fleet.follow({ name: 'one' })
    subscriber.subscribe(() => undefined, { name: 'two' })
    await fleet.runtime.settle()
    await fleet.runtime.runUntil(subscription.close(), 1_000)
    await fleet.runtime.settle()
    expect((await announced()).map(({ name }) => name)).toEqual(['two'])
    await fleet.runtime.runUntil(subscriber.close(), 1_000)
    expect(await announced()).toEqual([])
  })

  it('for 5 minutes after it was last heard of', async () => {
    const link = fleet.log.link()
    await fleet.follow({ log: link })
    await fleet.runtime.advance(1_100)
    link.refuseWrites('refused')
    await fleet.runtime.advance(299_900)
    expect(await announced()).toHaveLength(1)
    await fleet.runtime.advance(1_000)
    expect(await announced()).toEqual([])
  })

  it('again after the log was lost', async () => {
    await fleet.follow()
    fleet.log.clear()
    await fleet.runtime.advance(6_000)
    expect(await announced()).toHaveLength(1)
  })

  it('only where it is to', async () => {
    await fleet.follow({ connection: { announce: false } })
    await fleet.runtime.advance(6_000)
    expect(await announced()).toEqual([])
  })
})

describe('a subscription that can not make itself known', () => {
  it.each(['refused', 'readonly'] as const)('tells so once, goes on, and tries again (%s)', async (refusal) => {
    const link = fleet.log.link()
    await fleet.append('0')
    link.refuseWrites(refusal)
    const follower = await fleet.follow({ log: link })
    await fleet.runtime.advance(20_000)
    await fleet.append('1')
    await fleet.runtime.advance(10)
    expect(follower.handled).toEqual(['1'])
    expect(follower.states).toEqual(['replaying', 'live'])
    expect(follower.errors).toMatchObject([{ kind: refusal, message: expect.stringContaining('announce') as string }])

    link.refuseWrites(undefined)
    await fleet.runtime.advance(5_000)
    expect(await announced()).toMatchObject([{ state: 'live' }])
    link.refuseWrites(refusal)
    await fleet.runtime.advance(20_000)
    expect(follower.errors).toHaveLength(2)
    await fleet.runtime.runUntil(follower.subscriber.close(), 1_000)
  })

  it('tells nothing where the link is down, which has been told, and is back with its first heartbeat', async () => {
    const follower = await fleet.follow()
    fleet.log.goDown()
    await fleet.runtime.advance(10_000)
    fleet.log.clear()
    fleet.log.comeBack()
    await fleet.runtime.advance(1_200)
    expect(await announced()).toMatchObject([{ ageMs: expect.any(Number) as number }])
    expect(follower.errors.filter(({ message }) => message.includes('announce'))).toEqual([])
  })
})
