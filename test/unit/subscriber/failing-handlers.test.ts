import { describe, expect, it } from 'vitest'
import type { InvalidationMessage } from '../../../src/message/message.js'
import { redisCursor } from '../../../src/subscriber/handling/cursor.js'
import { ids, nameOf } from '../../support/handled.js'
import { VirtualFleet } from '../../support/virtual-fleet.js'

const heartbeatMs = 1_000
const connection = { heartbeatMs }
/** The second try comes when the time is over. */
const twice = { forMs: 1_000, minDelayMs: 3_600_000, maxDelayMs: 3_600_000 }

/** A handler that fails with entities of these ids. */
function failingWith(failing: ReadonlySet<string>) {
  return (message: InvalidationMessage): void => {
    if (failing.has(nameOf(message))) throw new Error('the store is away')
  }
}

describe('while a handler fails with a message', () => {
  it('those that come after it are handled, and waitFor resolves for each of them', async () => {
    const fleet = new VirtualFleet()
    const failing = new Set(['1'])
    const follower = await fleet.follow({ connection, handler: failingWith(failing) })
    await fleet.caughtUp(follower)
    const first = await fleet.appendRange(1, 1)
    const { subscription } = follower
    const waiting = subscription.waitFor(await fleet.appendRange(2, 2), { timeoutMs: 5_000 })
    await fleet.runtime.runUntil(waiting, 5_000)
    const last = await fleet.appendRange(3, 5)
    await fleet.runtime.advance(1_000)
    await fleet.runtime.runUntil(subscription.waitFor(last, { timeoutMs: 5_000 }), 5_000)
    expect(follower.handled).toEqual(ids(2, 5))

    // The link is not needed for what is remembered.
    fleet.log.goDown()
    await fleet.runtime.runUntil(subscription.waitFor(last, { timeoutMs: 5_000 }), 5_000)
    fleet.log.comeBack()
    const missing = subscription.waitFor(first, { timeoutMs: 300_000 })
    failing.clear()
    await fleet.runtime.runUntil(missing, 300_000)
    expect(follower.handled).toEqual([...ids(2, 5), '1'])
  })

  it('waitFor that was called before its entry was handled resolves when it is', async () => {
    const fleet = new VirtualFleet()
    const release = Promise.withResolvers<undefined>()
    const failing = new Set(['1'])
    const follower = await fleet.follow({
      connection,
      handler: (message) => (nameOf(message) === '2' ? release.promise : failingWith(failing)(message)),
    })
    await fleet.caughtUp(follower)
    await fleet.append('1')
    const waiting = follower.subscription.waitFor(await fleet.appendRange(2, 2), { timeoutMs: 5_000 })
    await fleet.runtime.advance(1_000)
    release.resolve(undefined)
    await fleet.runtime.runUntil(waiting, 1_000)
    expect(follower.handled).toEqual(['2'])
  })

  it('waitFor resolves also for an entry that is too old to be remembered, and not for the one that fails', async () => {
    const fleet = new VirtualFleet()
    const failing = new Set(['1'])
    const follower = await fleet.follow({ connection, handler: failingWith(failing) })
    await fleet.caughtUp(follower)
    const first = await fleet.appendRange(1, 1)
    const second = await fleet.appendRange(2, 2)
    await fleet.appendRange(3, 1_500)
    const { subscription } = follower
    await fleet.runtime.runUntil(subscription.waitFor(second, { timeoutMs: 5_000 }), 6_000)
    await expect(
      fleet.runtime.runUntil(subscription.waitFor(first, { timeoutMs: 5_000 }), 6_000),
    ).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' })

    const waiting = subscription.waitFor(first, { timeoutMs: 300_000 })
    failing.clear()
    await fleet.runtime.runUntil(waiting, 300_000)
  })

  it('verifiedAt and the position stay before it, and caughtUp waits for it', async () => {
    const fleet = new VirtualFleet()
    const failing = new Set(['2'])
    const follower = await fleet.follow({ connection, handler: failingWith(failing) })
    await fleet.caughtUp(follower)
    const { subscription } = follower
    const position = await fleet.appendRange(1, 1)
    const failedAt = fleet.runtime.monotonic()
    await fleet.appendRange(2, 9)
    await fleet.runtime.advance(20_000)
    expect(subscription.position).toBe(position)
    expect(subscription.freshness().verifiedAt).toBeLessThanOrEqual(failedAt)
    expect(subscription.freshness()).toMatchObject({ state: 'live', behind: 1, retrying: 1 })
    await expect(fleet.caughtUp(follower, 5_000)).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' })
    failing.clear()
    await fleet.caughtUp(follower, 60_000)
    await fleet.runtime.advance(heartbeatMs)
    expect(subscription.freshness().verifiedAt).toBeGreaterThan(failedAt)
    expect(subscription.freshness()).toMatchObject({ behind: 0, retrying: 0, failingMs: 0 })
  })

  it('health is degraded after a heartbeat, and up again when it is handled', async () => {
    const fleet = new VirtualFleet()
    const failing = new Set(['1'])
    const follower = await fleet.follow({ connection, handler: failingWith(failing) })
    await fleet.caughtUp(follower)
    await fleet.append('1')
    const { subscription } = follower
    await fleet.runtime.advance(heartbeatMs / 2)
    expect(subscription.health()).toMatchObject({ status: 'up', retrying: 1 })
    await fleet.runtime.advance(heartbeatMs)
    expect(subscription.health()).toMatchObject({ status: 'degraded', reasons: ['failing'] })
    expect(subscription.health().failingMs).toBeGreaterThan(heartbeatMs)
    await fleet.runtime.advance(30_000)
    expect(follower.errors).toHaveLength(1)
    failing.clear()
    await fleet.caughtUp(follower, 60_000)
    await fleet.runtime.advance(heartbeatMs)
    expect(subscription.health()).toMatchObject({ status: 'up', reasons: [], retrying: 0 })
  })

  it('a process that is started again goes on before it', async () => {
    const fleet = new VirtualFleet()
    const durable = { connection, name: 'images', cursor: redisCursor(), startAt: 'head', commitIntervalMs: 100 }
    const first = await fleet.follow({ ...durable, handler: failingWith(new Set(['2'])) })
    await fleet.caughtUp(first)
    await fleet.appendRange(1, 4)
    await fleet.runtime.advance(60_000)
    expect(first.handled).toEqual(['1', '3', '4'])
    await fleet.runtime.runUntil(first.subscriber.close(), 10_000)
    const second = await fleet.follow(durable)
    await fleet.caughtUp(second)
    expect(second.handled).toEqual(['2', '3', '4'])
    expect(second.resyncs).toEqual([])
  })

  it('and more fail than may wait, nothing more is taken in, and nothing is missed', async () => {
    const fleet = new VirtualFleet()
    const failing = new Set(ids(1, 5))
    const retry = { maxWaiting: 2, maxDelayMs: 1_000 }
    const maxBuffered = 5
    const follower = await fleet.follow({ connection, handler: failingWith(failing), retry, maxBuffered })
    await fleet.caughtUp(follower)
    await fleet.appendRange(1, 50)
    await fleet.runtime.advance(30_000)
    const { subscription } = follower
    expect(subscription.freshness()).toMatchObject({ state: 'lagging', retrying: 2 })
    expect(subscription.health().reasons).toEqual(['lagging', 'failing', 'unverified'])
    expect(subscription.freshness().behind).toBeLessThanOrEqual(2 + 2 * maxBuffered)
    expect(follower.handled).toEqual([])
    failing.clear()
    await fleet.caughtUp(follower, 60_000)
    expect(follower.handled.toSorted((a, b) => Number(a) - Number(b))).toEqual(ids(1, 50))
    await fleet.runtime.advance(heartbeatMs)
    expect(subscription.health()).toMatchObject({ status: 'up', state: 'live' })
    expect(subscription.counts.resyncs).toBe(0)
  })
})

describe('after a dead letter', () => {
  it('everything is evicted, and only then the position passes it', async () => {
    const fleet = new VirtualFleet()
    let broken = true
    const follower = await fleet.follow({
      connection,
      name: 'images',
      retry: { forMs: 1_000, minDelayMs: 500, maxDelayMs: 1_000 },
      handler: (message) => {
        if (nameOf(message) === '1' || (broken && nameOf(message) === '*')) throw new Error('the store is away')
      },
    })
    const letters: unknown[] = []
    follower.subscription.on('deadLetter', (letter) => letters.push(letter))
    await fleet.caughtUp(follower)
    const before = follower.subscription.position
    await fleet.append('1')
    await fleet.append('2')
    await fleet.runtime.advance(30_000)
    expect(letters).toMatchObject([{ subscriber: 'images', pid: process.pid }])
    expect(follower.resyncs).toMatchObject([{ reason: 'dead-letter', from: before, to: before }])
    expect(follower.handled).toEqual(['2'])
    expect(follower.subscription.position).toBe(before)
    expect(follower.subscription.health().reasons).toEqual(['failing', 'dead-letters', 'unverified'])
    broken = false
    await fleet.caughtUp(follower, 60_000)
    expect(follower.handled).toEqual(['2', '*'])
    expect(follower.deliveries.at(-1)).toMatchObject({ mode: 'resync', reason: 'dead-letter' })
    await fleet.runtime.advance(heartbeatMs)
    expect(follower.subscription.health()).toMatchObject({ status: 'up', reasons: [] })
    expect(follower.subscription.counts).toMatchObject({ deadLetters: 1, resyncs: 1 })
    expect(await follower.subscriber.deadLetters.list()).toHaveLength(1)
  })

  it('a process that dies before everything is evicted gets the message again', async () => {
    const fleet = new VirtualFleet()
    const durable = { connection, name: 'images', cursor: redisCursor(), startAt: 'head', commitIntervalMs: 100 }
    const first = await fleet.follow({ ...durable, retry: twice, handler: failingWith(new Set(['1', '2', '*'])) })
    await fleet.caughtUp(first)
    await fleet.appendRange(1, 3)
    await fleet.runtime.advance(30_000)
    expect(first.subscription.counts.deadLetters).toBe(2)
    await fleet.runtime.runUntil(first.subscriber.close(), 10_000)
    const second = await fleet.follow(durable)
    await fleet.caughtUp(second)
    expect(second.handled).toEqual(['1', '2', '3'])
  })

  it('with onResync: notify, the event says so, and the handler is left alone', async () => {
    const fleet = new VirtualFleet()
    const handler = failingWith(new Set(['1']))
    const follower = await fleet.follow({ connection, retry: twice, onResync: 'notify', handler })
    await fleet.caughtUp(follower)
    await fleet.appendRange(1, 2)
    await fleet.caughtUp(follower)
    expect(follower.handled).toEqual(['2'])
    expect(follower.resyncs).toMatchObject([{ reason: 'dead-letter' }])
  })

  it.each(['redrive', 'purge'] as const)(
    'that is kept, health is degraded until somebody decides: %s',
    async (what) => {
      const fleet = new VirtualFleet()
      const failing = new Set(['1', '2'])
      const follower = await fleet.follow({
        connection,
        retry: twice,
        onDeadLetter: 'keep',
        handler: failingWith(failing),
      })
      const other = await fleet.follow({ connection })
      await fleet.caughtUp(follower)
      await fleet.appendRange(1, 2)
      await fleet.caughtUp(follower)
      await fleet.runtime.advance(60_000)
      const { subscription } = follower
      expect(subscription.health()).toMatchObject({ status: 'degraded', reasons: ['dead-letters'] })
      expect(follower.resyncs).toEqual([])
      failing.clear()
      await fleet.runtime.runUntil<unknown>(other.subscriber.deadLetters[what](), 10_000)
      await fleet.runtime.advance(2 * heartbeatMs)
      expect(subscription.health()).toMatchObject({ status: 'up', reasons: [] })
      expect(follower.handled).toEqual(what === 'redrive' ? ['1', '2'] : [])
    },
  )
})
