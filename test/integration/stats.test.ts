import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  InvalidationPublisher,
  InvalidationSubscriber,
  StatsCollector,
  type StatsOptions,
  type Subscription,
} from '../../src/index.js'
import { MemoryLog } from '../../src/testing.js'

let log: MemoryLog
const open: { close(): Promise<void> }[] = []

beforeEach(() => {
  log = new MemoryLog()
})

afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()))
})

async function publisherWith(stats?: StatsCollector): Promise<InvalidationPublisher> {
  const publisher = await InvalidationPublisher.connect(log, 'user-service', stats && { stats })
  open.push(publisher)
  return publisher
}

async function subscriptionWith(
  handler: (entityId: string) => unknown,
  options: { readonly stats?: StatsCollector; readonly startAt?: string } = {},
): Promise<Subscription> {
  const { stats, startAt } = options
  const subscriber = await InvalidationSubscriber.connect(log, stats && { stats })
  open.push(subscriber)
  const retry = { forMs: 10, minDelayMs: 3_600_000, maxDelayMs: 3_600_000 }
  const subscription = subscriber.subscribe(
    (message) => ('entityId' in message ? handler(message.entityId) : undefined),
    { retry, onDeadLetter: 'keep', ...(startAt !== undefined && { startAt }) },
  )
  subscription.on('error', () => undefined)
  await subscription.caughtUp()
  return subscription
}

it('a publisher and a subscription count without being asked', async () => {
  const publisher = await publisherWith()
  const subscription = await subscriptionWith((id) => {
    if (id === 'bad') throw new Error('no')
  })
  await Promise.all([
    publisher.invalidate('user', '1'),
    publisher.invalidate('user', '1'),
    publisher.update('post', '2'),
  ])
  await publisher.invalidate('user', 'bad')
  await expect(publisher.invalidate('user', '')).rejects.toThrow('entityId')
  await subscription.caughtUp()

  const published = publisher.stats.snapshot()
  expect(published).toMatchObject({ messagesPublished: 4, publishFailures: 1, errors: 1 })
  expect(published.publishMs?.count).toBe(4)
  expect(published.publishMs?.max).toBeGreaterThan(0)
  const handled = subscription.stats.snapshot()
  // Equal ones that waited together were sent as one.
  expect(handled).toMatchObject({
    messagesReceived: 3,
    messagesHandled: 2,
    handledByAction: { delete: 1, update: 1, pattern: 0, batch: 0, tag: 0 },
    replayed: 0,
    retries: 1,
    deadLetters: 1,
    errors: 1,
    resyncs: 0,
  })
  expect(handled.propagationMs?.count).toBe(2)
  expect(handled.processMs?.count).toBe(2)
})

it('a collector that is handed to both counts both; what is replayed is told apart', async () => {
  const options: StatsOptions = { windowMs: 600_000 }
  const stats = new StatsCollector(options)
  const publisher = await publisherWith(stats)
  await publisher.invalidate('user', '1')
  await publisher.invalidate('user', '2')
  const subscription = await subscriptionWith(() => undefined, { stats, startAt: 'oldest' })
  expect(subscription.stats).toBe(stats)
  expect(publisher.stats).toBe(stats)
  expect(stats.snapshot()).toMatchObject({ messagesPublished: 2, messagesReceived: 2, messagesHandled: 2, replayed: 2 })
})

it('a collector keeps the counts of what has closed, and resets without touching `counts`', async () => {
  const stats = new StatsCollector()
  const publisher = await publisherWith(stats)
  await publisher.invalidate('user', '1')
  const subscription = await subscriptionWith(() => undefined, { stats, startAt: 'oldest' })
  await Promise.all([subscription.close(), publisher.close()])
  expect(stats.snapshot()).toMatchObject({ messagesPublished: 1, messagesHandled: 1, replayed: 1 })
  await expect(publisher.invalidate('user', '2')).rejects.toThrow('closed')
  expect(stats.snapshot().publishFailures, 'the closed publisher was let go').toBe(0)

  stats.reset()
  expect(stats.snapshot()).toMatchObject({ messagesPublished: 0, messagesReceived: 0, messagesHandled: 0 })
  expect(subscription.counts.replayed).toBe(1)
  const later = await subscriptionWith(() => undefined, { stats, startAt: 'oldest' })
  expect(stats.snapshot()).toMatchObject({ messagesPublished: 0, messagesReceived: 1, messagesHandled: 1 })
  expect(later.counts.replayed).toBe(1)
})

it('a resync is counted, and has not propagated from anywhere', async () => {
  const publisher = await publisherWith()
  const { position } = await publisher.invalidate('user', '1')
  log.clear()
  const subscription = await subscriptionWith(() => undefined, { startAt: position })
  const stats = subscription.stats.snapshot()
  expect(stats).toMatchObject({ resyncs: 1, messagesReceived: 0, messagesHandled: 1 })
  expect(stats.propagationMs).toBeUndefined()
  expect(stats.processMs?.count).toBe(1)
})

it('what is no collector is refused', async () => {
  // @ts-expect-error: JavaScript can pass anything
  await expect(InvalidationPublisher.connect(log, 'user-service', { stats: 7 })).rejects.toThrow('Expected `stats`')
  // @ts-expect-error: JavaScript can pass anything
  await expect(InvalidationSubscriber.connect(log, { stats: 7 })).rejects.toThrow('Expected `stats`')
})
