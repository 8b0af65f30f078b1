import { expect } from 'vitest'
import { redisCursor } from '../../../src/subscriber/handling/cursor.js'
import type { SubscriberEvents } from '../../../src/subscriber/subscriber.js'
import type { SubscriptionEvents } from '../../../src/subscriber/subscription-events.js'
import type { Subscription } from '../../../src/subscriber/subscription.js'
import { ids } from '../handled.js'
import { nextEvent, within } from '../latch.js'
import type { MemoryStage } from './memory-stage.js'
import { eachOf, type Misuse, rejectionOf } from './misuse.js'

/** Long enough for a busy machine, much shorter than the limits that would end a deadlock. */
const soonMs = 5_000

export const closingMisuses: readonly Misuse<MemoryStage>[] = [
  {
    what: '`publish()` after `close()`',
    outcome: 'it rejects',
    code: 'CLOSED',
    async commit(stage) {
      const publisher = await stage.publisher()
      await publisher.close()
      return rejectionOf(publisher.invalidate('user', '1'))
    },
  },
  {
    what: '`enqueue()` after `close()`',
    outcome: 'it throws',
    code: 'CLOSED',
    async commit(stage) {
      const publisher = await stage.publisher()
      await publisher.close()
      return eachOf([{ action: 'pattern', pattern: '*' }] as const, (each) => publisher.enqueue(each))
    },
  },
  {
    what: '`subscribe()`, `deadLetters.list()`, `waitFor()` or `caughtUp()` after `close()`',
    outcome: 'it throws, or rejects',
    code: 'CLOSED',
    async commit(stage) {
      const { subscriber, subscription } = await stage.watch()
      await subscriber.close()
      const ways = [
        () => subscriber.subscribe(() => undefined),
        () => subscriber.deadLetters.list(),
        () => subscription.waitFor('1-1@a'),
        () => subscription.caughtUp(),
      ]
      return eachOf(ways, (way) => way())
    },
  },
  {
    what: '`waitFor()` or `caughtUp()` when `close()` is called',
    outcome: 'they reject',
    code: 'CLOSED',
    async commit(stage) {
      const { subscriber, subscription } = await stage.watch()
      const waiting = [
        rejectionOf(subscription.waitFor('9999999999999-0@a')),
        rejectionOf(subscription.waitFor('1-1@b')),
      ]
      await subscriber.close()
      const [first, second] = await within(Promise.all(waiting), soonMs, 'the waits ended')
      return eachOf([first, second], (error) => Promise.reject(error as Error))
    },
  },
  {
    what: '`close()` twice, of a subscription as well',
    outcome: 'both are the same: they resolve when all is closed',
    code: 'none',
    async commit(stage) {
      const publisher = await stage.publisher()
      const { subscriber, subscription } = await stage.watch()
      for (const open of [publisher, subscription, subscriber]) {
        const [first, second] = [open.close(), open.close()]
        expect(second).toBe(first)
        await within(first, soonMs, 'the first close')
        await within(open.close(), soonMs, 'another close')
        await open[Symbol.asyncDispose]()
      }
    },
  },
  {
    what: '`close()` while Redis is away and attempts to connect go on',
    outcome: 'it resolves at once; attempts end, and `caughtUp()` rejects',
    code: 'CLOSED',
    async commit(stage) {
      stage.log.goDown()
      const [subscriber, publisher] = await Promise.all([
        stage.subscriber({ closeTimeoutMs: 60_000 }),
        stage.publisher({ closeTimeoutMs: 60_000 }),
      ])
      const waiting = rejectionOf(subscriber.subscribe(() => undefined).caughtUp())
      await within(Promise.all([subscriber.close(), publisher.close()]), soonMs, 'both closed')
      return waiting
    },
  },
  {
    what: '`close()` of a subscription in the turn in which it was made',
    outcome: 'it never begins: its handler is not called',
    code: 'none',
    async commit(stage) {
      await stage.publish('1')
      const subscriber = await stage.subscriber()
      const called: unknown[] = []
      const subscription = subscriber.subscribe((message) => void called.push(message), { startAt: 'oldest' })
      const closing = subscription.close()
      const follower = await stage.watch()
      await stage.publish('2')
      await follower.handled.has('2')
      await within(closing, soonMs, 'the subscription closed')
      expect(subscription.state).toBe('closed')
      expect(called).toEqual([])
    },
  },
  {
    what: '`close()` during a replay',
    outcome: 'it resolves when the handler that runs has ended; the rest is replayed by who goes on from the cursor',
    code: 'none',
    async commit(stage) {
      const publisher = await stage.publisher({ packing: false })
      const first = await stage.watch({ name: 'cache', cursor: redisCursor(), startAt: 'head' })
      await first.subscriber.close()
      await Promise.all(ids(1, 1_000).map((id) => publisher.invalidate('user', id)))
      const handled: string[] = []
      const reached = Promise.withResolvers<undefined>()
      const subscriber = await stage.subscriber()
      const slow = subscriber.subscribe(
        async (message) => {
          await new Promise((resolve) => setImmediate(resolve))
          if ('entityId' in message) handled.push(message.entityId)
          if (handled.length === 100) reached.resolve(undefined)
        },
        { name: 'cache', cursor: redisCursor(), pageSize: 50, maxBuffered: 50 },
      )
      await within(reached.promise, soonMs, 'some of the replay')
      await within(slow.close(), soonMs, 'the subscription closed')
      expect(handled.length).toBeLessThan(1_000)
      const next = await stage.watch({ name: 'cache', cursor: redisCursor() })
      await next.handled.has('1000')
      const all = [...handled, ...next.handled.names]
      expect(ids(1, 1_000).filter((id) => !all.includes(id))).toEqual([])
      expect(next.resyncs).toEqual([])
    },
  },
  {
    what: '`close()` awaited inside a handler, which waits for that handler',
    outcome: 'it resolves after `closeTimeoutMs`; `delivery.signal` is aborted, and the message counts as not handled',
    code: 'CLOSED',
    async commit(stage) {
      const closed = Promise.withResolvers<unknown>()
      const { subscriber, subscription } = await stage.watch({ handlerTimeoutMs: 60_000 }, async (_, { signal }) => {
        const aborted = new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason)))
        await subscription.close()
        closed.resolve(aborted)
      })
      const before = subscription.position
      await stage.publish('1')
      const reason = await within(closed.promise, soonMs, 'the subscription closed')
      expect(subscription.position).toBe(before)
      await within(subscriber.close(), soonMs, 'the subscriber closed')
      return reason
    },
  },
  {
    what: '`close()` inside a listener of an event',
    outcome: 'it resolves, as anywhere else',
    code: 'none',
    async commit(stage) {
      const { subscriber, subscription } = await stage.watch()
      const closings: Promise<void>[] = []
      const close = (open: Pick<Subscription, 'close'>) => () => void closings.push(open.close())
      subscription.on('resync', close(subscription))
      subscriber.on('disconnected', close(subscriber))
      const closed = nextEvent<SubscriptionEvents, 'state'>(subscription, 'state', (state) => state === 'closed')
      stage.log.clear()
      await within(closed, soonMs, 'the subscription closed by a resync')
      const disconnected = nextEvent<SubscriberEvents, 'disconnected'>(subscriber, 'disconnected')
      stage.log.cut()
      await within(disconnected, soonMs, 'the link lost')
      await within(Promise.all(closings), soonMs, 'both closed')
      expect(closings).toHaveLength(2)
    },
  },
  {
    what: '`unsubscribe()` with a subscription of another subscriber, or what is none',
    outcome: 'it rejects; the subscription goes on',
    code: 'CONFIGURATION',
    async commit(stage) {
      const [ours, theirs] = await Promise.all([stage.watch(), stage.watch()])
      const error = await eachOf([theirs.subscription, undefined, {}], (given) =>
        ours.subscriber.unsubscribe(given as Subscription),
      )
      await stage.publish('1')
      await theirs.handled.has('1')
      await ours.subscriber.unsubscribe(ours.subscription)
      await ours.subscriber.unsubscribe(ours.subscription)
      return error
    },
  },
]
