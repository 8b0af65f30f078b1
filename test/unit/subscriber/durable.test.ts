import { describe, expect, it } from 'vitest'
import { type CursorFactory, type CursorStore, redisCursor } from '../../../src/subscriber/handling/cursor.js'
import { ConfigurationError } from '../../../src/support/errors.js'
import { ids } from '../../support/handled.js'
import { type Follower, type FollowerOptions, VirtualFleet } from '../../support/virtual-fleet.js'

const durable = { name: 'feed-service-1', cursor: redisCursor(), commitIntervalMs: 100 }

/** The process dies: nothing is handled, saved or sent any more. */
async function kill(
  fleet: VirtualFleet,
  follower: Follower,
  link: ReturnType<VirtualFleet['log']['link']>,
): Promise<void> {
  link.refuseWrites('refused')
  await fleet.runtime.runUntil(follower.subscriber.close(), 60_000)
}

async function followThrough(fleet: VirtualFleet, options: FollowerOptions = {}) {
  const link = fleet.log.link()
  const follower = await fleet.follow({ ...durable, log: link, ...options })
  return { link, follower }
}

describe('a durable subscription', () => {
  it('resyncs at its very first start: there may be a cache, and nothing says how old it is', async () => {
    const fleet = new VirtualFleet()
    await fleet.appendRange(1, 3)
    const { follower } = await followThrough(fleet)
    await fleet.caughtUp(follower)
    await fleet.append('4')
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(['*', '4'])
    expect(follower.resyncs).toMatchObject([{ reason: 'no-cursor' }])
  })

  it('begins where startAt says when it has no cursor, without a resync', async () => {
    const fleet = new VirtualFleet()
    await fleet.appendRange(1, 3)
    const { follower } = await followThrough(fleet, { startAt: 'oldest' })
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(ids(1, 3))
    expect(follower.resyncs).toEqual([])
  })

  it('goes on after a restart with exactly what it missed', async () => {
    const fleet = new VirtualFleet()
    const first = await followThrough(fleet, { startAt: 'head' })
    await fleet.appendRange(1, 3)
    await fleet.caughtUp(first.follower)
    await fleet.runtime.runUntil(first.follower.subscriber.close(), 10_000)
    await fleet.appendRange(4, 9)
    const second = await followThrough(fleet)
    await fleet.caughtUp(second.follower)
    expect(second.follower.handled).toEqual(ids(4, 9))
    expect(second.follower.subscription.counts).toMatchObject({ replayed: 6, resyncs: 0 })
  })

  it('repeats what was handled and not yet saved when its process is killed', async () => {
    const fleet = new VirtualFleet()
    const first = await followThrough(fleet, { startAt: 'head', commitIntervalMs: 10_000 })
    await fleet.appendRange(1, 2)
    await fleet.runtime.advance(20_000)
    await fleet.appendRange(3, 5)
    await fleet.caughtUp(first.follower)
    await kill(fleet, first.follower, first.link)
    await fleet.appendRange(6, 7)
    const second = await followThrough(fleet)
    await fleet.caughtUp(second.follower)
    expect(first.follower.handled).toEqual(ids(1, 5))
    expect(second.follower.handled.slice(-2)).toEqual(['6', '7'])
    expect(second.follower.handled.length).toBeGreaterThan(2)
    expect(second.follower.resyncs).toEqual([])
  })

  it('never saves beyond a frame that is not finished', async () => {
    const fleet = new VirtualFleet()
    let release: () => void = () => undefined
    const blocked = new Promise<void>((resolve) => {
      release = resolve
    })
    const first = await followThrough(fleet, {
      startAt: 'head',
      concurrency: 4,
      handler: (message) => (message.action === 'delete' && message.entityId === '2' ? blocked : undefined),
    })
    await fleet.appendRange(1, 5)
    await fleet.runtime.advance(2_000)
    expect(first.follower.handled).toEqual(['1', '3', '4', '5'])
    await kill(fleet, first.follower, first.link)
    release()
    const second = await followThrough(fleet)
    await fleet.caughtUp(second.follower)
    expect(second.follower.handled).toEqual(ids(2, 5))
  })

  it('resyncs where the log no longer reaches back to its cursor', async () => {
    const fleet = new VirtualFleet()
    const first = await followThrough(fleet, { startAt: 'head' })
    await fleet.append('1')
    await fleet.caughtUp(first.follower)
    await fleet.runtime.runUntil(first.follower.subscriber.close(), 10_000)
    await fleet.appendRange(2, 9)
    fleet.log.trim(3)
    const second = await followThrough(fleet)
    await fleet.caughtUp(second.follower)
    expect(second.follower.handled).toEqual(['*'])
    expect(second.follower.resyncs).toMatchObject([{ reason: 'trimmed' }])
  })

  it('moves its cursor back over a fork, so that a restart finds the history that won', async () => {
    const fleet = new VirtualFleet()
    const first = await followThrough(fleet, { startAt: 'head' })
    await fleet.appendRange(1, 6)
    await fleet.caughtUp(first.follower)
    await fleet.runtime.advance(1_000)
    // The clock of the promoted server is behind: its stream IDs are earlier than those that were lost.
    fleet.log.failOver({ lose: 3 })
    fleet.log.stepClock(-60_000)
    await fleet.appendRange(7, 8)
    await fleet.caughtUp(first.follower)
    await fleet.runtime.runUntil(first.follower.subscriber.close(), 10_000)
    await fleet.append('9')
    const second = await followThrough(fleet)
    await fleet.caughtUp(second.follower)
    expect(second.follower.handled).toEqual(['9'])
    expect(second.follower.resyncs).toEqual([])
  })

  it('needs a name: two subscriptions without one would share a position', async () => {
    const fleet = new VirtualFleet()
    const { follower } = await followThrough(fleet)
    expect(() => follower.subscriber.subscribe(() => undefined, { cursor: redisCursor() })).toThrow(ConfigurationError)
  })

  it('takes a cursor that can not be read for none, and says so', async () => {
    const fleet = new VirtualFleet()
    const broken: CursorStore = {
      durable: true,
      load: () => Promise.resolve('not a position'),
      save: () => Promise.resolve(),
    }
    const { follower } = await followThrough(fleet, { cursor: (() => broken) satisfies CursorFactory })
    await fleet.caughtUp(follower)
    expect(follower.resyncs).toMatchObject([{ reason: 'no-cursor' }])
    expect(follower.errors).toMatchObject([{ code: 'CONFIGURATION' }])
  })
})

describe('a handler that fails', () => {
  it('is tried again, and the message then handled', async () => {
    const fleet = new VirtualFleet()
    let tries = 0
    const follower = await fleet.follow({
      handler: () => {
        if (++tries < 3) throw new Error('not yet')
      },
    })
    await fleet.caughtUp(follower)
    await fleet.append('1')
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(['1'])
    expect(follower.deliveries[0]?.attempt).toBe(3)
  })

  it('for good leaves a dead letter, and the next message has its turn', async () => {
    const fleet = new VirtualFleet()
    let broken = true
    const follower = await fleet.follow({
      name: 'gateway',
      onDeadLetter: 'keep',
      retry: { forMs: 1_000, minDelayMs: 3_600_000, maxDelayMs: 3_600_000 },
      handler: (message) => {
        if (broken && message.action === 'delete' && message.entityId === '1') throw new Error('disk full')
      },
    })
    const letters: unknown[] = []
    follower.subscription.on('deadLetter', (letter) => letters.push(letter))
    await fleet.caughtUp(follower)
    await fleet.appendRange(1, 2)
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(['2'])
    expect(letters).toMatchObject([
      { subscriber: 'gateway', tries: 2, error: expect.stringContaining('disk full') as string },
    ])
    expect(await follower.subscriber.deadLetters.list()).toEqual(letters)

    broken = false
    expect(await follower.subscriber.deadLetters.redrive()).toMatchObject({ redriven: 1, failed: 0 })
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(['2', '1'])
    expect(await follower.subscriber.deadLetters.list()).toEqual([])
  })

  it('for good while the log is away keeps the dead letter until it is back', async () => {
    const fleet = new VirtualFleet()
    const follower = await fleet.follow({
      retry: { forMs: 1_000, minDelayMs: 3_600_000, maxDelayMs: 3_600_000 },
      onDeadLetter: 'keep',
      handler: () => Promise.reject(new Error('disk full')),
    })
    await fleet.caughtUp(follower)
    await fleet.append('1')
    fleet.log.goDown()
    await fleet.runtime.advance(10_000)
    expect(follower.errors.map((error) => error.name)).toContain('HandlerError')
    fleet.log.comeBack()
    await fleet.caughtUp(follower)
    await fleet.runtime.settle()
    expect(await follower.subscriber.deadLetters.list()).toMatchObject([{ tries: 2 }])
  })
})
