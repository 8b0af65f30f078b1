import { describe, expect, it } from 'vitest'
import { changeCommands } from '../../../src/log/changed-commands.js'
import { delay } from '../../../src/support/runtime.js'
import { type Follower, type FollowerOptions, VirtualFleet } from '../../support/virtual-fleet.js'

const heartbeatMs = 1_000

/** A follower over a link whose server can become a replica. */
async function followed(connection: object = {}, options: FollowerOptions = {}) {
  const fleet = new VirtualFleet()
  const link = fleet.log.link()
  const follower = await fleet.follow({ log: link, connection: { heartbeatMs, ...connection }, ...options })
  await fleet.caughtUp(follower)
  return { fleet, link, follower }
}

function verifiedAt(follower: Follower): number {
  return follower.subscription.freshness().verifiedAt ?? -Infinity
}

describe('a server that has become a replica', () => {
  it('is vouched for no more, although all that it receives is delivered', async () => {
    const { fleet, link, follower } = await followed()
    link.serveReplica('synced')
    const since = fleet.runtime.monotonic()
    await fleet.append('1')
    await fleet.runtime.advance(5_000)
    expect(follower.handled).toEqual(['1'])
    expect(verifiedAt(follower)).toBeLessThanOrEqual(since)
    const { status, reasons } = follower.subscription.health()
    expect([status, reasons]).toEqual(['degraded', ['unverified', 'replica']])
  })

  it('is reported once, and is a reason with the first heartbeat', async () => {
    const { fleet, link, follower } = await followed()
    link.serveReplica('synced')
    await fleet.runtime.advance(heartbeatMs + 10)
    expect(follower.subscription.health().reasons).toEqual(['replica'])
    await fleet.runtime.advance(10_000)
    const reports = follower.errors.filter((error) => error.message.includes('is a replica'))
    expect(reports).toMatchObject([{ code: 'CONFIGURATION' }])
  })

  it('does not make it connect anew without end, if it has dead letters to store', async () => {
    const handler = (): never => {
      throw new Error('the store is away')
    }
    const { fleet, link, follower } = await followed({}, { handler, retry: { forMs: 0 }, onDeadLetter: 'keep' })
    let connected = 0
    follower.subscriber.on('connected', () => (connected += 1))
    link.serveReplica('synced')
    await fleet.append('1')
    await fleet.runtime.advance(10_000)
    expect(connected).toBeLessThan(20)
  })

  it('does not let caughtUp() resolve', async () => {
    const { fleet, link, follower } = await followed()
    link.serveReplica('stalled')
    const waiting = follower.subscription.caughtUp({ timeoutMs: 3_000 })
    await expect(fleet.runtime.runUntil(waiting, 4_000)).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' })
  })

  it('is vouched for again as soon as the link leads to the primary', async () => {
    const { fleet, link, follower } = await followed()
    link.serveReplica('stalled')
    await fleet.append('1')
    await fleet.runtime.advance(5_000)
    link.serveReplica(undefined)
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(['1'])
    expect(follower.subscription.health().status).toBe('up')
  })

  it('is noticed if it was demoted between the two reads of a look', async () => {
    const fleet = new VirtualFleet()
    const link = fleet.log.link()
    let demotes = false
    const log = changeCommands(link, (commands) => ({
      head: async () => {
        const head = await commands.head()
        if (demotes) link.serveReplica('stalled')
        return head
      },
    }))
    const follower = await fleet.follow({ log, connection: { heartbeatMs } })
    await fleet.caughtUp(follower)
    const before = verifiedAt(follower)
    demotes = true
    await fleet.runtime.advance(heartbeatMs)
    expect(verifiedAt(follower)).toBe(before)
  })
})

describe('a look', () => {
  it('that began at one server and ended at another proves nothing', async () => {
    const fleet = new VirtualFleet()
    const link = fleet.log.link()
    let moves = false
    const log = changeCommands(link, (commands) => ({
      head: async () => {
        const head = await commands.head()
        if (!moves) return head
        moves = false
        link.serveReplica(undefined)
        while (!commands.up) await delay(fleet.runtime, 10)
        return head
      },
    }))
    const handler = (): Promise<void> => new Promise(() => undefined)
    const follower = await fleet.follow({ log, connection: { heartbeatMs }, handler })
    await fleet.caughtUp(follower)
    link.serveReplica('stalled')
    const since = fleet.runtime.monotonic()
    await fleet.append('1')
    await fleet.runtime.advance(10)
    moves = true
    await fleet.runtime.advance(2 * heartbeatMs)
    expect(moves).toBe(false)
    expect(verifiedAt(follower)).toBeLessThanOrEqual(since)
  })
})

describe('a replica that is meant', () => {
  it('is vouched for as far as the age of its link allows', async () => {
    const { fleet, link, follower } = await followed({ readReplica: true })
    link.serveReplica('synced')
    await fleet.runtime.advance(5_000)
    expect(follower.subscription.health().status).toBe('up')
    expect(follower.errors.filter((error) => error.message.includes('is a replica'))).toEqual([])
    link.serveReplica('stalled')
    const since = fleet.runtime.monotonic()
    await fleet.append('1')
    await fleet.runtime.advance(20_000)
    expect(verifiedAt(follower)).toBeLessThanOrEqual(since)
    expect(follower.subscription.health()).toMatchObject({ status: 'degraded', reasons: ['unverified'] })
    link.serveReplica('synced')
    await fleet.runtime.advance(2 * heartbeatMs)
    expect(follower.handled).toEqual(['1'])
    expect(follower.subscription.health().status).toBe('up')
  })

  it('is not vouched for by a head that was read before its link went on', async () => {
    const fleet = new VirtualFleet()
    const link = fleet.log.link()
    // A look at a replica reads the head twice; its link goes on right after the second.
    let headsToGo = Infinity
    const log = changeCommands(link, (commands) => ({
      head: async () => {
        const head = await commands.head()
        headsToGo -= 1
        if (headsToGo === 0) link.serveReplica('synced')
        return head
      },
    }))
    const follower = await fleet.follow({ log, connection: { heartbeatMs, readReplica: true } })
    await fleet.caughtUp(follower)
    link.deafen()
    link.serveReplica('stalled')
    const since = fleet.runtime.monotonic()
    await fleet.append('1')
    await fleet.runtime.advance(heartbeatMs / 2)
    headsToGo = 2
    await fleet.runtime.advance(heartbeatMs)
    expect(headsToGo).toBe(0)
    expect(follower.handled).toEqual([])
    expect(verifiedAt(follower)).toBeLessThanOrEqual(since)
  })
})
