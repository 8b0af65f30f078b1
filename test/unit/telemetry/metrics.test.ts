import { DataPointType } from '@opentelemetry/sdk-metrics'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CoherentCache } from '../../../src/cache.js'
import { fileCursor, type InvalidationLog, type InvalidationPublisher, RedisError } from '../../../src/index.js'
import { changeCommands } from '../../../src/log/changed-commands.js'
import { durationBoundaries, instruments } from '../../../src/telemetry/instruments.js'
import { loadOpenTelemetry } from '../../../src/telemetry/open-telemetry.js'
import { CollectedMetrics } from '../../support/collected-metrics.js'
import { metricAttributes } from '../../support/metric-attributes.js'
import { TracedFleet } from '../../support/traced-fleet.js'

let collected: CollectedMetrics
let fleet: TracedFleet
let publisher: InvalidationPublisher
let channels = 0

/** What is measured is kept by channel for the life of the process: each test has one of its own. */
beforeEach(async () => {
  collected = CollectedMetrics.setUp()
  fleet = new TracedFleet({ channel: `metrics-${++channels}`, latencyMs: 10 })
  publisher = await fleet.publisher()
  await fleet.runtime.advance(100)
})

afterEach(() => collected.tearDown())

const own = () => ({ 'messaging.system': 'redis', 'messaging.destination.name': fleet.log.channel })
const of = (subscription: string) => ({ ...own(), 'cache_invalidation.subscription': subscription })

function publish(...ids: string[]): Promise<unknown> {
  return fleet.done(Promise.all(ids.map((id) => publisher.invalidate('user', id))))
}

/** A handler that ends when it is told to. */
function held() {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  return { handler: () => promise.then(() => undefined), release: () => resolve(undefined) }
}

/** A log that refuses so many anchors, after the first: a subscription stays unanchored. */
function refusingAnchors(log: InvalidationLog, times: number): InvalidationLog {
  let calls = 0
  return changeCommands(log, (commands) => ({
    anchor: (...args) =>
      calls++ >= 1 && calls <= 1 + times ? Promise.reject(new RedisError('reply', 'BUSY')) : commands.anchor(...args),
  }))
}

describe('messages', () => {
  it('are counted as sent and as consumed, each once for each subscription', async () => {
    await fleet.follow({ name: 'a' })
    await fleet.follow({ name: 'b' })
    await publish('1', '2', '3')
    await publish('4', '4')
    await fleet.runtime.advance(100)
    await collected.collect()

    const delivery = { 'cache_invalidation.delivery': 'live' }
    expect(collected.values(instruments.sent.name, own()), 'equal ones are one message').toEqual([4])
    expect(collected.values(instruments.consumed.name, { ...of('a'), ...delivery })).toEqual([4])
    expect(collected.values(instruments.consumed.name, { ...of('b'), ...delivery })).toEqual([4])
  })

  it('are timed from publish() to its settlement, to the end of the handler, and through the handler', async () => {
    const { runtime } = fleet
    await fleet.follow({
      name: 'slow',
      handler: () => new Promise((resolve) => void runtime.after(20, resolve)),
    })
    await publish('1')
    await runtime.advance(100)
    await collected.collect()

    const { operation, propagation, process } = instruments
    expect(collected.histogram(operation.name, own())).toEqual({ count: 1, sum: 0.01 })
    expect(collected.histogram(process.name, of('slow'))).toEqual({ count: 1, sum: 0.02 })
    // Half a round trip to the server, half a one from there.
    expect(collected.histogram(propagation.name, of('slow'))).toEqual({ count: 1, sum: 0.03 })
  })

  it('are timed with their error where they fail', async () => {
    await fleet.follow({
      name: 'failing',
      handler: () => Promise.reject(new Error('no')),
      retry: { forMs: 0 },
      onDeadLetter: 'keep',
    })
    await publish('1')
    await fleet.done(publisher.invalidate('user', '').catch(() => undefined))
    await fleet.runtime.advance(100)
    await collected.collect()

    const { operation, propagation, process, deadLetters } = instruments
    expect(collected.histogram(operation.name, { ...own(), 'error.type': 'INVALID_MESSAGE' }).count).toBe(1)
    expect(collected.histogram(process.name, { ...of('failing'), 'error.type': 'HANDLER' }).count).toBe(1)
    expect(collected.histogram(propagation.name, of('failing')).count, 'never came to be').toBe(0)
    expect(collected.values(deadLetters.name, of('failing'))).toEqual([1])
  })

  it('that wait are told, in the send queue and before the handler, with the age of the oldest', async () => {
    const { handler, release } = held()
    await fleet.follow({ name: 'stuck', handler })
    await publish('1', '2')
    await fleet.runtime.advance(3_000)
    fleet.publishing.cut()
    const waiting = ['3', '4', '5'].map((id) => publisher.invalidate('user', id))
    await collected.collect()

    expect(collected.values(instruments.sendQueueSize.name, own())).toEqual([3])
    expect(collected.values(instruments.behind.name, of('stuck'))).toEqual([2])
    const [lag = 0] = collected.values(instruments.lag.name, of('stuck'))
    expect(lag).toBeCloseTo(3.005, 2)
    const [unverified = 0] = collected.values(instruments.unverified.name, of('stuck'))
    expect(unverified).toBeGreaterThanOrEqual(3)

    release()
    await fleet.done(Promise.all(waiting))
    await fleet.runtime.advance(2_000)
    await collected.collect()
    expect(collected.values(instruments.sendQueueSize.name, own())).toEqual([0])
    expect(collected.values(instruments.behind.name, of('stuck'))).toEqual([0])
    expect(collected.values(instruments.lag.name, of('stuck'))).toEqual([0])
    expect(collected.values(instruments.unverified.name, of('stuck'))[0]).toBeLessThan(2)
  })
})

describe('what closing cuts short', () => {
  it('is counted as far as it was handed over, and not as tried again', async () => {
    const follower = await fleet.follow({
      name: 'cut',
      handler: (message) => {
        if ('entityId' in message && message.entityId === '2') throw new Error('no')
      },
      retry: { minDelayMs: 1_000, maxDelayMs: 1_000, order: 'strict' },
    })
    await fleet.append('1', '2', '3')
    await fleet.runtime.advance(5)
    await fleet.done(follower.subscriber.close())
    await collected.collect()

    expect(collected.values(instruments.consumed.name, of('cut'))).toEqual([2])
    expect(collected.histogram(instruments.process.name, of('cut')).count).toBe(1)
    expect(follower.subscription.stats.snapshot()).toMatchObject({ messagesHandled: 1, retries: 0 })
  })
})

describe('recoveries', () => {
  it('by resync are counted when everything is evicted, however often that took to begin', async () => {
    const { subscription } = await fleet.follow({ name: 'a', log: refusingAnchors(fleet.publishing, 3) })
    await fleet.runtime.advance(1_000)
    fleet.log.clear()
    await publish('1')
    await fleet.runtime.advance(60_000)
    await collected.collect()

    expect(subscription.counts.resyncs).toBe(1)
    expect(subscription.stats.snapshot().resyncs).toBe(1)
    expect(collected.values(instruments.resyncs.name, of('a'))).toEqual([1])
  })

  it('are counted: gaps, what was replayed, duplicates, resyncs by reason', async () => {
    await fleet.follow({ name: 'a' })
    await publish('1')
    fleet.log.drop(1)
    await publish('2')
    await publish('3')
    await fleet.runtime.advance(2_000)
    fleet.log.duplicate(1)
    await publish('4')
    await fleet.runtime.advance(2_000)
    fleet.log.clear()
    await fleet.runtime.advance(5_000)
    await collected.collect()

    // The frame behind the gap is read from the log too, where it arrived as well.
    expect(collected.values(instruments.gaps.name, of('a'))).toEqual([2])
    expect(collected.values(instruments.replayed.name, of('a'))).toEqual([2])
    expect(collected.values(instruments.duplicates.name, of('a'))).toEqual([2])
    const lost = { ...of('a'), 'cache_invalidation.reason': 'log-lost' }
    expect(collected.values(instruments.resyncs.name, of('a'))).toEqual([1])
    expect(collected.values(instruments.resyncs.name, lost)).toEqual([1])
    const consumed = (mode: string) =>
      collected.values(instruments.consumed.name, { ...of('a'), 'cache_invalidation.delivery': mode })
    expect(['live', 'replay', 'resync'].map(consumed)).toEqual([[2], [2], [1]])
    const propagated = collected.histogram(instruments.propagation.name, of('a'))
    expect(propagated.count, 'a resync was never published').toBe(4)
  })

  it('of connections are counted, by whose they are', async () => {
    await fleet.follow()
    fleet.log.cut()
    await fleet.runtime.advance(1_000)
    fleet.log.cut()
    await fleet.runtime.advance(1_000)
    await collected.collect()

    const reconnects = (role: string) =>
      collected.values(instruments.reconnects.name, { ...own(), 'cache_invalidation.role': role })
    expect(reconnects('publisher')).toEqual([2])
    expect(reconnects('subscriber')).toEqual([2])
  })
})

describe('subscriptions', () => {
  it('keep their counts when they are closed, and are not lagging any more', async () => {
    const follower = await fleet.follow({ name: 'a', startAt: 'oldest' })
    await publish('1')
    fleet.log.cut('feeds')
    await publish('2')
    await fleet.runtime.advance(1_000)
    await fleet.done(follower.subscriber.close())
    await collected.collect()

    expect(collected.values(instruments.replayed.name, of('a'))).toEqual([1])
    for (const gauge of [instruments.lag, instruments.behind, instruments.unverified]) {
      expect(collected.values(gauge.name, of('a'))).toEqual([])
    }

    const again = await fleet.follow({ name: 'a', startAt: 'oldest' })
    await fleet.runtime.advance(1_000)
    await collected.collect()
    expect(collected.values(instruments.replayed.name, of('a')), 'goes on from there').toEqual([1 + 2])
    await fleet.done(again.subscriber.close())
    await collected.collect()
    expect(collected.values(instruments.replayed.name, of('a'))).toEqual([1 + 2])
  })

  it('keep their resyncs when they are closed, and a new reason appears once there was one', async () => {
    const resyncs = (reason: string) =>
      collected.values(instruments.resyncs.name, { ...of('a'), 'cache_invalidation.reason': reason })
    const first = await fleet.follow({ name: 'a' })
    await publish('1')
    await collected.collect()
    expect(collected.values(instruments.resyncs.name, of('a'))).toEqual([])
    fleet.log.clear()
    await fleet.runtime.advance(5_000)
    await fleet.done(first.subscriber.close())
    await collected.collect()
    expect(resyncs('log-lost')).toEqual([1])

    const { position } = first.subscription
    for (let id = 0; id < 3; id++) await publish(String(id))
    fleet.log.trim(1)
    await fleet.follow({ name: 'a', ...(position !== undefined && { startAt: position }) })
    await fleet.runtime.advance(1_000)
    await collected.collect()
    expect(resyncs('log-lost')).toEqual([1])
    expect(resyncs('trimmed')).toEqual([1])
  })

  it('of one name are measured together: counts are summed, of ages the oldest counts', async () => {
    const stuck = held()
    await fleet.follow({ name: 'a', handler: stuck.handler })
    await publish('1')
    await fleet.runtime.advance(1_000)
    const late = held()
    await fleet.follow({ name: 'a', handler: late.handler, startAt: 'oldest' })
    await fleet.follow({ name: 'b', startAt: 'oldest' })
    await fleet.runtime.advance(1_000)
    await collected.collect()

    expect(collected.values(instruments.replayed.name, of('a'))).toEqual([1])
    expect(collected.values(instruments.behind.name, of('a'))).toEqual([2])
    expect(collected.values(instruments.lag.name, of('a'))[0]).toBeCloseTo(2, 1)
    expect(collected.values(instruments.behind.name, of('b'))).toEqual([0])
    stuck.release()
    late.release()
  })
})

describe('who does nothing', () => {
  it('is measured all the same', async () => {
    await fleet.follow({ name: 'idle' })
    await fleet.runtime.advance(2_000)
    await collected.collect()

    expect(collected.values(instruments.sendQueueSize.name, own())).toEqual([0])
    expect(collected.values(instruments.unverified.name, of('idle'))[0]).toBeLessThan(2)
  })

  it('is unverified since it began where nothing was ever verified', async () => {
    fleet.log.goDown()
    await fleet.follow({ name: 'never' })
    await fleet.runtime.advance(60_000)
    await collected.collect()

    expect(collected.values(instruments.unverified.name, of('never'))[0]).toBeGreaterThanOrEqual(59)
  })

  it('is measured from the next heartbeat on where the provider is set later', async () => {
    await collected.tearDown()
    await fleet.follow({ name: 'idle' })
    collected = CollectedMetrics.setUp()
    await fleet.runtime.advance(1_000)
    await collected.collect()

    expect(collected.values(instruments.behind.name, of('idle'))).toEqual([0])
  })

  it('and was refused is not, and keeps nobody else from it', async () => {
    const { subscriber } = await fleet.follow({ name: 'fine' })
    expect(() => subscriber.subscribe(() => undefined, { name: '', cursor: fileCursor('unused') })).toThrow('`name`')
    await collected.collect()

    expect(collected.values(instruments.behind.name, own())).toEqual([0])
  })
})

describe('instruments', () => {
  it('are what their table says, with boundaries below a millisecond, and carry nothing that is not documented', async () => {
    await fleet.follow({ name: 'failing', handler: () => Promise.reject(new Error('no')), retry: { forMs: 0 } })
    await fleet.follow({ name: 'fine' })
    await publish('1')
    fleet.log.cut()
    await fleet.runtime.advance(10_000)
    fleet.log.clear()
    await fleet.runtime.advance(10_000)
    const { log, runtime } = fleet
    const cache = await fleet.done(CoherentCache.connect(log, { service: 'web', runtime }))
    await fleet.done(cache.getOrLoad('user:1', () => 'Ada'))
    const all = await collected.collect()

    expect(all.map(({ descriptor }) => descriptor.name).sort()).toEqual(
      Object.values(instruments)
        .map(({ name }) => name)
        .sort(),
    )
    for (const { name, kind, unit, description } of Object.values(instruments)) {
      const metric = collected.metric(name)
      expect(metric?.descriptor).toMatchObject({ name, unit, description })
      if (metric?.dataPointType === DataPointType.HISTOGRAM) {
        expect(kind).toBe('histogram')
        expect(metric.dataPoints[0]?.value.buckets.boundaries).toEqual(durationBoundaries)
      } else if (metric?.dataPointType === DataPointType.SUM) {
        expect([kind, metric.isMonotonic]).toEqual(['counter', true])
      } else {
        expect([kind, metric?.dataPointType]).toEqual(['gauge', DataPointType.GAUGE])
      }
    }
    expect(durationBoundaries.filter((boundary) => boundary < 0.001).length).toBeGreaterThan(3)
    const carried = new Set(
      all.flatMap(({ dataPoints }) => dataPoints.flatMap((point) => Object.keys(point.attributes))),
    )
    expect([...carried].sort()).toEqual([...metricAttributes].sort())
  })

  it('record nothing while no provider is set, and go on with one that is set later', async () => {
    await collected.tearDown()
    await fleet.follow({ name: 'a' })
    await publish('1')
    expect((await loadOpenTelemetry())?.meters.recorders).toBeUndefined()

    collected = CollectedMetrics.setUp()
    await publish('2', '3')
    await fleet.runtime.advance(100)
    await collected.collect()

    expect(collected.values(instruments.sent.name, own())).toEqual([2])
    expect(collected.values(instruments.consumed.name, of('a'))).toEqual([2])
    expect(collected.values(instruments.behind.name, of('a'))).toEqual([0])
  })

  it('go over to another provider', async () => {
    await fleet.follow({ name: 'a' })
    await publish('1')
    await collected.tearDown()
    collected = CollectedMetrics.setUp()
    await publish('2')
    await fleet.runtime.advance(100)
    await collected.collect()

    expect(collected.values(instruments.sent.name, own())).toEqual([1])
    expect(collected.values(instruments.gaps.name, of('a'))).toEqual([0])
  })
})
