import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { InvalidationHandler, SubscriptionEvents } from '../../src/index.js'
import { Handled, ids, nameOf } from '../support/handled.js'
import { nextEvent, within } from '../support/latch.js'
import { LiveFleet } from '../support/live-fleet.js'
import { expectResyncs } from '../support/settled.js'

/** As the delay before the next try, in ms: that try then comes when the time is over. */
const hour = 3_600_000

let fleet: LiveFleet

beforeEach(async () => {
  fleet = await LiveFleet.start()
})

afterEach(() => fleet.stop())

describe('messages that a handler gave up on', () => {
  it('are listed, and redriven to every subscription; the log goes on meanwhile, without a resync', async () => {
    const publisher = await fleet.publisher()
    const healthy = await fleet.follow()
    const subscriber = await fleet.subscriber()
    const handled = new Handled()
    let broken = true
    const handler: InvalidationHandler = (message, delivery) => {
      if (broken && ['2', '4'].includes(nameOf(message))) throw new Error(`no evicting ${nameOf(message)}`)
      return handled.handler(message, delivery)
    }
    const retry = { forMs: 10, minDelayMs: hour, maxDelayMs: hour }
    const subscription = subscriber.subscribe(handler, { name: 'cache', retry, onDeadLetter: 'keep' })
    const errors: Error[] = []
    subscription.on('error', (error) => errors.push(error))
    await subscription.caughtUp()
    const given = nextEvent<SubscriptionEvents, 'deadLetter'>(subscription, 'deadLetter', ({ message }) =>
      message.includes('"entity_id":"4"'),
    )

    await Promise.all(ids(1, 5).map((id) => publisher.invalidate('user', id)))
    await within(given, 10_000, 'the second dead letter')
    await handled.has('5')
    expect(handled.names).toEqual(['1', '3', '5'])
    const letters = await subscriber.deadLetters.list()
    expect(letters).toMatchObject([
      { subscriber: 'cache', tries: 2, pid: process.pid, error: expect.stringContaining('no evicting 2') as string },
      { subscriber: 'cache', tries: 2, error: expect.stringContaining('no evicting 4') as string },
    ])

    // The first alone, while the handler fails as before: it fails again, as a letter of its own.
    const [first, second] = letters
    const again = nextEvent<SubscriptionEvents, 'deadLetter'>(subscription, 'deadLetter')
    expect(await subscriber.deadLetters.redrive([first?.id ?? ''])).toMatchObject({ redriven: 1, failed: 0 })
    const [third] = await within(again, 10_000, 'the dead letter again')
    expect((await subscriber.deadLetters.list()).map(({ id }) => id)).toEqual([second?.id, third.id])

    broken = false
    expect(await subscriber.deadLetters.redrive()).toMatchObject({ redriven: 2, failed: 0 })
    await Promise.all([handled.has('2'), handled.has('4')])
    expect(handled.names).toEqual(['1', '3', '5', '4', '2'])
    expect(await subscriber.deadLetters.list()).toEqual([])
    await healthy.handled.count(8)
    await expectResyncs(healthy, [])
    expect(healthy.handled.names).toEqual([...ids(1, 5), '2', '4', '2'])
    expect(subscription.counts).toMatchObject({ deadLetters: 3, resyncs: 0, gaps: 0 })
    expect(errors.map(({ name }) => name)).toEqual(['HandlerError', 'HandlerError', 'HandlerError'])
  })

  it('wait in memory while the server is full, and are stored with the link that comes back', async () => {
    const publisher = await fleet.publisher()
    const subscriber = await fleet.subscriber()
    const stored: unknown[] = []
    const started = Promise.withResolvers<undefined>()
    const goOn = Promise.withResolvers<undefined>()
    const subscription = subscriber.subscribe(
      async () => {
        started.resolve(undefined)
        await goOn.promise
        throw new Error('no evicting')
      },
      { retry: { forMs: 0 }, onDeadLetter: 'keep' },
    )
    subscription.on('deadLetter', (letter) => stored.push(letter))
    await subscription.caughtUp()
    await publisher.invalidate('user', '1')
    await within(started.promise, 10_000, 'the handler started')
    await fleet.redis.config('SET', 'maxmemory', '100kb')
    const told = nextEvent<SubscriptionEvents, 'error'>(subscription, 'error', ({ name }) => name === 'RedisError')
    goOn.resolve(undefined)
    await within(told, 10_000, 'the refused dead letter told')
    expect(stored).toEqual([])

    await fleet.redis.config('SET', 'maxmemory', '0')
    const kept = nextEvent<SubscriptionEvents, 'deadLetter'>(subscription, 'deadLetter')
    await fleet.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await within(kept, 10_000, 'the dead letter stored')
    expect(await subscriber.deadLetters.list()).toHaveLength(1)
    expect(subscription.counts).toMatchObject({ deadLetters: 1, resyncs: 0 })
  })
})
