import { describe, expect, it } from 'vitest'
import { changeCommands } from '../../../src/log/changed-commands.js'
import type { MemoryLink } from '../../../src/log/memory/memory-link.js'
import type { PublisherOptions } from '../../../src/publisher/options.js'
import { InvalidationPublisher } from '../../../src/publisher/publisher.js'
import { redisCursor } from '../../../src/subscriber/handling/cursor.js'
import { RedisError } from '../../../src/support/errors.js'
import { delay } from '../../../src/support/runtime.js'
import { nameOf } from '../../support/handled.js'
import { type Follower, type FollowerOptions, VirtualFleet } from '../../support/virtual-fleet.js'
import { outcomeOf, type Tap } from '../../support/virtual-publisher.js'

const durable = { name: 'feed-service-1', cursor: redisCursor(), commitIntervalMs: 0, startAt: 'head' }

interface Publishing {
  readonly link: MemoryLink
  readonly publisher: InvalidationPublisher
}

async function publishing(fleet: VirtualFleet, options: PublisherOptions = {}): Promise<Publishing> {
  const { runtime } = fleet
  const link = fleet.log.link()
  const publisher = await runtime.runUntil(
    InvalidationPublisher.connect(link, 'writer', { runtime, ...options }),
    1_000,
  )
  publisher.on('error', () => undefined)
  await runtime.settle()
  return { link, publisher }
}

async function publish(fleet: VirtualFleet, { publisher }: Publishing, id: string): Promise<string> {
  return (await fleet.runtime.runUntil(publisher.invalidate('user', id), 1_000)).position
}

async function close(fleet: VirtualFleet, follower: Follower): Promise<void> {
  await fleet.runtime.runUntil(follower.subscriber.close(), 10_000)
}

/** Takes a link down and lets time pass. */
async function holdDown(fleet: VirtualFleet, link: MemoryLink, ms: number): Promise<void> {
  link.goDown()
  await fleet.runtime.advance(ms)
}

/** A durable follower was away when a failover lost an entry; its publisher has not come back yet. */
async function loseUnseen(
  { tap, ...options }: FollowerOptions & { readonly tap?: Tap } = {},
  publisherOptions: PublisherOptions = {},
) {
  const fleet = new VirtualFleet()
  const writer = await publishing(fleet, publisherOptions)
  const first = await fleet.follow({ ...durable, ...options })
  await publish(fleet, writer, 'seen')
  await fleet.caughtUp(first)
  await close(fleet, first)
  await publish(fleet, writer, 'lost')
  const lostAt = fleet.runtime.monotonic()
  writer.link.goDown()
  fleet.log.failOver({ lose: 1 })
  const log = tap && changeCommands(fleet.log, tap)
  const follower = await fleet.follow({ ...durable, ...options, ...(log && { log }) })
  return { fleet, writer, follower, lostAt }
}

function vouchesFor(follower: Follower): number {
  return follower.subscription.freshness().verifiedAt ?? -Infinity
}

describe('after a failover, a subscription that was away', () => {
  it.each([{ strictFailover: false }, { strictFailover: true }])(
    'vouches for nothing that was read before its cursor was loaded (%j)',
    async (options) => {
      const loading = Promise.withResolvers<undefined>()
      const slow: Tap = (commands) => ({
        loadCursor: async (name) => {
          await loading.promise
          return commands.loadCursor(name)
        },
      })
      const { fleet, writer, follower } = await loseUnseen({ ...options, tap: slow })
      const caughtUp = outcomeOf(follower.subscription.caughtUp({ timeoutMs: 60_000 }))
      await holdDown(fleet, writer.link, 5_000)
      loading.resolve(undefined)
      await fleet.runtime.advance(20_000)
      expect(follower.resyncs.map(({ reason }) => reason)).toEqual(options.strictFailover ? ['failover'] : [])
      expect(caughtUp.settled).toBe(options.strictFailover)
    },
  )

  it('vouches for nothing until the publisher has appended again what was lost', async () => {
    const { fleet, writer, follower, lostAt } = await loseUnseen()
    const caughtUp = follower.subscription.caughtUp({ timeoutMs: 60_000 })
    await holdDown(fleet, writer.link, 20_000)
    expect(follower.handled).toEqual([])
    expect(vouchesFor(follower)).toBeLessThanOrEqual(lostAt)
    expect(follower.subscription.health()).toMatchObject({ status: 'degraded', reasons: ['unverified', 'failover'] })
    writer.link.comeBack()
    await fleet.runtime.runUntil(caughtUp, 5_000)
    expect(follower.handled).toEqual(['lost'])
    await fleet.runtime.advance(2_000)
    expect(follower.subscription.health().status).toBe('up')
  })

  it('goes on when the record of a publisher that is gone has expired', async () => {
    const { fleet, writer, follower, lostAt } = await loseUnseen()
    await holdDown(fleet, writer.link, 50_000)
    expect(vouchesFor(follower)).toBeLessThanOrEqual(lostAt)
    await holdDown(fleet, writer.link, 15_000)
    expect(vouchesFor(follower)).toBeGreaterThan(lostAt)
  })

  it('forgets such a publisher in time also where the clock of the new server is behind', async () => {
    const { fleet, writer, follower, lostAt } = await loseUnseen()
    fleet.log.stepClock(-3_600_000)
    await holdDown(fleet, writer.link, 70_000)
    expect(vouchesFor(follower)).toBeGreaterThan(lostAt)
  })

  it('does not wait for a publisher without repair', async () => {
    const { fleet, follower, lostAt } = await loseUnseen({}, { repair: false })
    await fleet.runtime.advance(1_000)
    expect(vouchesFor(follower)).toBeGreaterThan(lostAt)
  })

  it('evicts all with strictFailover, and waits for nobody', async () => {
    const { fleet, writer, follower, lostAt } = await loseUnseen({ strictFailover: true })
    await holdDown(fleet, writer.link, 2_500)
    expect(follower.resyncs).toMatchObject([{ reason: 'failover' }])
    expect(follower.handled).toEqual(['*'])
    expect(vouchesFor(follower)).toBeGreaterThan(lostAt)
  })

  it('still lets waitFor resolve for an entry that it handles itself', async () => {
    const { fleet, follower } = await loseUnseen()
    const other = await publishing(fleet)
    const position = await publish(fleet, other, 'other')
    await fleet.runtime.runUntil(follower.subscription.waitFor(position), 100)
  })

  it('begins anew if the next failover comes before that', async () => {
    const { fleet, writer, follower, lostAt } = await loseUnseen()
    await holdDown(fleet, writer.link, 1_000)
    fleet.log.failOver({ lose: 0 })
    await holdDown(fleet, writer.link, 5_000)
    expect(vouchesFor(follower)).toBeLessThanOrEqual(lostAt)
    writer.link.comeBack()
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(['lost'])
  })

  it('takes no head for complete that was read before the publisher had checked', async () => {
    let back = (): Promise<void> => Promise.resolve()
    const { fleet, writer, follower, lostAt } = await loseUnseen({
      handler: (message) => (nameOf(message) === 'lost' ? new Promise(() => undefined) : undefined),
      tap: (commands) => ({
        head: async () => {
          const head = await commands.head()
          await back()
          return head
        },
      }),
    })
    await fleet.runtime.advance(1_500)
    back = async () => {
      writer.link.comeBack()
      await delay(fleet.runtime, 500)
    }
    await fleet.runtime.advance(3_000)
    expect(vouchesFor(follower)).toBeLessThanOrEqual(lostAt)
  })

  it('says once that it can not read the register, and vouches for nothing', async () => {
    const fleet = new VirtualFleet()
    const refused = changeCommands(fleet.log.link(), () => ({
      listAnnounced: () => Promise.reject(new RedisError('refused', 'NOPERM')),
    }))
    const follower = await fleet.follow({ log: refused })
    await fleet.caughtUp(follower)
    const before = fleet.runtime.monotonic()
    fleet.log.failOver({ lose: 0 })
    await fleet.runtime.advance(10_000)
    expect(vouchesFor(follower)).toBeLessThanOrEqual(before)
    const reports = follower.errors.filter(({ message }) => message.includes('register of publishers'))
    expect(reports).toMatchObject([{ code: 'CONFIGURATION', cause: { kind: 'refused' } }])
  })
})

describe('a failover that nobody doubts', () => {
  it('costs a subscription with an empty cache no wait', async () => {
    const fleet = new VirtualFleet()
    const writer = await publishing(fleet)
    await publish(fleet, writer, '1')
    writer.link.goDown()
    fleet.log.failOver({ lose: 1 })
    await fleet.caughtUp(await fleet.follow(), 100)
  })

  it('is settled with the first look after the publishers have checked', async () => {
    const fleet = new VirtualFleet()
    await publishing(fleet)
    const follower = await fleet.follow()
    await fleet.caughtUp(follower)
    fleet.log.failOver({ lose: 0 })
    await fleet.runtime.advance(3_000)
    expect(follower.subscription.health().status).toBe('up')
    expect(fleet.runtime.monotonic() - vouchesFor(follower)).toBeLessThanOrEqual(1_000)
  })
})

describe('waitFor of an entry that the log no longer has', () => {
  it('resolves if nothing was lost since', async () => {
    const fleet = new VirtualFleet({ nodeSize: 1 })
    const follower = await fleet.follow()
    await fleet.caughtUp(follower)
    const position = await fleet.appendRange(1, 1)
    await fleet.appendRange(2, 1_200)
    await fleet.caughtUp(follower)
    fleet.log.trim(5)
    await fleet.runtime.runUntil(follower.subscription.waitFor(position), 1_000)
  })

  it('waits if a failover may have lost it and its publisher has not checked', async () => {
    const { fleet, writer, follower } = await loseUnseen()
    const lost = await fleet.appendRange(1, 1)
    await holdDown(fleet, writer.link, 200)
    fleet.log.trim(1)
    const [ms = 0] = lost.split('-').map(Number)
    const waiting = follower.subscription.waitFor(`${ms - 1}-0@whatwaslost`, { timeoutMs: 300 })
    const outcome = expect(waiting).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' })
    await holdDown(fleet, writer.link, 400)
    await outcome
  })

  it('waits behind a resync that only notified: the handler has not run', async () => {
    const { fleet, follower } = await cutOffNotified()
    const position = await fleet.appendRange(4, 10)
    const pending = outcomeOf(follower.subscription.waitFor(position, { timeoutMs: 60_000 }))
    await fleet.appendRange(11, 12)
    fleet.log.trim(1)
    await fleet.caughtUp(follower)
    expect(follower.handled).not.toContain('10')
    expect(pending.settled).toBe(false)
    await expectWaitTimeout(fleet, follower, position)
  })

  it('waits for the head from which such a resync goes on, and resolves for what comes after', async () => {
    const { fleet, follower } = await cutOffNotified()
    const head = await fleet.appendRange(4, 10)
    fleet.log.trim(1)
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(['1', '2', '3'])
    await expectWaitTimeout(fleet, follower, head)
    const next = await fleet.appendRange(11, 11)
    await fleet.runtime.runUntil(follower.subscription.waitFor(next), 1_000)
    await expectWaitTimeout(fleet, follower, head)
  })

  it('waits for the head where a durable subscription begins: its cache is older', async () => {
    const fleet = new VirtualFleet()
    const head = await fleet.appendRange(1, 3)
    const durable = await fleet.follow({ name: 'shared', cursor: redisCursor(), startAt: 'head' })
    const fresh = await fleet.follow()
    await fleet.caughtUp(durable)
    await fleet.caughtUp(fresh)
    await expectWaitTimeout(fleet, durable, head)
    await fleet.runtime.runUntil(fresh.subscription.waitFor(head), 1_000)
  })

  it('waits for the handler when the log turned over during an outage', async () => {
    const fleet = new VirtualFleet({ nodeSize: 1 })
    const link = fleet.log.link()
    let release = (): void => undefined
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    const handler = (): Promise<void> => released
    const follower = await fleet.follow({ log: link, handler })
    await fleet.caughtUp(follower)
    link.cut()
    const position = await fleet.appendRange(1, 5)
    await fleet.appendRange(6, 10)
    fleet.log.trim(1)
    await fleet.runtime.advance(1_000)
    let isHandled = false
    const waiting = follower.subscription.waitFor(position).then(() => {
      isHandled = true
    })
    await fleet.runtime.advance(1_000)
    expect(isHandled).toBe(false)
    release()
    await fleet.runtime.runUntil(waiting, 100)
    expect(follower.handled).toContain('*')
  })
})

async function expectWaitTimeout(fleet: VirtualFleet, { subscription }: Follower, position: string): Promise<void> {
  const waiting = subscription.waitFor(position, { timeoutMs: 300 })
  await expect(fleet.runtime.runUntil(waiting, 1_000)).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' })
}

/** A subscription with `onResync: 'notify'` that has handled three entries, and whose link was just cut. */
async function cutOffNotified(): Promise<{ readonly fleet: VirtualFleet; readonly follower: Follower }> {
  const fleet = new VirtualFleet({ nodeSize: 1 })
  const link = fleet.log.link()
  const follower = await fleet.follow({ log: link, onResync: 'notify' })
  await fleet.caughtUp(follower)
  await fleet.appendRange(1, 3)
  link.cut()
  return { fleet, follower }
}
