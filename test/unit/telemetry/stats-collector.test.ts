import { describe, expect, it } from 'vitest'
import { ConfigurationError } from '../../../src/support/errors.js'
import { systemRuntime } from '../../../src/support/runtime.js'
import { PublisherCounters, SubscriptionCounters } from '../../../src/telemetry/counters.js'
import { StatsCollector, type StatsOptions } from '../../../src/telemetry/stats-collector.js'
import { VirtualRuntime } from '../../support/virtual-runtime.js'

function collector(): { runtime: VirtualRuntime; stats: StatsCollector } {
  const runtime = new VirtualRuntime()
  return { runtime, stats: new StatsCollector({ runtime }) }
}

const nothing = {
  messagesPublished: 0,
  messagesReceived: 0,
  messagesHandled: 0,
  publishFailures: 0,
  errors: 0,
  handledByAction: { delete: 0, update: 0, pattern: 0, batch: 0, tag: 0 },
  replayed: 0,
  duplicates: 0,
  foreign: 0,
  foreignGaps: 0,
  resyncs: 0,
  retries: 0,
  deadLetters: 0,
  windowMs: 60_000,
  publishMs: undefined,
  propagationMs: undefined,
  processMs: undefined,
}

/** A publisher and a subscription that have done some of everything. */
function recordEverything(stats: StatsCollector): { publisher: PublisherCounters; subscription: SubscriptionCounters } {
  const publisher = new PublisherCounters()
  Object.assign(publisher, { published: 100, publishFailures: 2, errors: 1 })
  const subscription = new SubscriptionCounters()
  Object.assign(subscription, { live: 1, orphaned: 1, foreign: 1, replayed: 10, duplicates: 4 })
  Object.assign(subscription, { retries: 1, deadLetters: 1, errors: 1 })
  Object.assign(subscription.handledByAction, { delete: 1, update: 1, pattern: 1, batch: 1, tag: 1 })
  subscription.countResync('trimmed')
  subscription.countResync('deleted')
  stats.publishers.add(publisher)
  stats.subscriptions.add(subscription)
  stats.publishTook(0.8, 0, 100)
  stats.handlerTook(0.01, 0.25, 0)
  stats.handlerTook(0.02, 0.5, 0)
  stats.handlerTook(0.03, 0.75, 0)
  stats.handlerTook(0.04, 1, 0)
  stats.handlerTook(40, undefined, 0)
  return { publisher, subscription }
}

describe('a stats collector', () => {
  it('begins with nothing', () => {
    expect(collector().stats.snapshot()).toEqual(nothing)
  })

  it('reads what was counted, and says how long it took', () => {
    const { stats } = collector()
    recordEverything(stats)
    expect(stats.snapshot()).toMatchObject({
      messagesPublished: 100,
      messagesReceived: 13,
      messagesHandled: 5,
      publishFailures: 2,
      errors: 4,
      handledByAction: { delete: 1, update: 1, pattern: 1, batch: 1, tag: 1 },
      replayed: 10,
      duplicates: 4,
      resyncs: 2,
      retries: 1,
      deadLetters: 1,
      publishMs: { count: 100, min: 0.8, p99: 0.8 },
      propagationMs: { count: 4, min: 0.25, p99: 1, max: 1, mean: 0.625 },
      processMs: { count: 5, min: 0.01, max: 40 },
    })
  })

  it('has counts that stay, and latencies that leave with the window', async () => {
    const { runtime, stats } = collector()
    recordEverything(stats)
    await runtime.advance(49_999)
    expect(stats.snapshot().propagationMs?.count).toBe(4)
    await runtime.advance(10_001)
    expect(stats.snapshot()).toMatchObject({ messagesPublished: 100, messagesHandled: 5, windowMs: 60_000 })
    expect(stats.snapshot().propagationMs).toBeUndefined()
  })

  it('adds up all that it reads, and keeps the final counts of what closed', () => {
    const { stats } = collector()
    const closed = recordEverything(stats)
    recordEverything(stats)
    const both = { messagesPublished: 200, publishFailures: 4, errors: 8, messagesHandled: 10, resyncs: 4, retries: 2 }
    expect(stats.snapshot()).toMatchObject(both)

    stats.publishers.remove(closed.publisher)
    stats.subscriptions.remove(closed.subscription)
    expect(stats.snapshot()).toMatchObject(both)
    closed.publisher.published += 1
    closed.subscription.countResync('trimmed')
    expect(stats.snapshot(), 'the record was let go').toMatchObject(both)
  })

  it('is reset alone: the records go on, and others that read them see no change', () => {
    const [{ stats }, { stats: other }] = [collector(), collector()]
    const { publisher, subscription } = recordEverything(stats)
    other.subscriptions.add(subscription)
    stats.reset()
    publisher.published += 1
    subscription.handledByAction.delete += 1
    subscription.countResync('trimmed')
    stats.subscriptions.remove(subscription)

    expect(stats.snapshot()).toEqual({
      ...nothing,
      messagesPublished: 1,
      messagesHandled: 1,
      handledByAction: { ...nothing.handledByAction, delete: 1 },
      resyncs: 1,
    })
    expect(other.snapshot()).toMatchObject({ messagesHandled: 6, resyncs: 3, replayed: 10 })
  })

  it('begins anew after reset()', () => {
    const { stats } = collector()
    recordEverything(stats)
    stats.reset()
    expect(stats.snapshot()).toEqual(nothing)
    recordEverything(stats)
    stats.reset()
    expect(stats.snapshot()).toEqual(nothing)
  })

  it('gives snapshots that nothing changes afterwards, and that change nothing', () => {
    const { stats } = collector()
    recordEverything(stats)
    const first = stats.snapshot()
    const copy = structuredClone(first)
    expect(stats.snapshot()).toEqual(first)
    recordEverything(stats)
    expect(first).toEqual(copy)
  })

  it.each<[string, StatsOptions, RegExp]>([
    ['a window too short', { windowMs: 999 }, /`windowMs`.* from 1000 to 3600000, got `999`/],
    ['a window that is none', { windowMs: NaN }, /`windowMs`/],
    ['a misspelt option', JSON.parse('{"windowsMs":1000}') as StatsOptions, /Unknown option `windowsMs`/],
    ['a runtime that is none', { runtime: JSON.parse('{}') as VirtualRuntime }, /`runtime`/],
  ])('refuses %s', (_, options, message) => {
    expect(() => new StatsCollector(options)).toThrow(ConfigurationError)
    expect(() => new StatsCollector(options)).toThrow(message)
  })
})

describe('percentiles over many samples', () => {
  /** As it is often done: sort what is kept in place, and when it is too much, drop the first half of it. */
  class NaivePercentiles {
    #kept: number[] = []

    record(ms: number): void {
      this.#kept.push(ms)
      if (this.#kept.length > 1_000) this.#kept.splice(0, 500)
    }

    median(): number {
      this.#kept.sort((a, b) => a - b)
      return this.#kept[this.#kept.length >> 1] ?? 0
    }
  }

  it('do not drift up with every look, as they do where sorting puts the smallest first to be dropped', () => {
    const { runtime, stats } = collector()
    const naive = new NaivePercentiles()
    for (let sample = 1; sample <= 20_000; sample++) {
      const ms = runtime.random() * 100
      stats.handlerTook(ms, ms, runtime.monotonic())
      naive.record(ms)
      if (sample % 100 === 0) {
        naive.median()
        stats.snapshot()
      }
    }
    expect(naive.median()).toBeGreaterThan(70)
    expect(stats.snapshot().propagationMs?.p50).toBeGreaterThan(48)
    expect(stats.snapshot().propagationMs?.p50).toBeLessThan(52)
  })

  it('take no more memory for more of them, nor for more time', () => {
    let now = 0
    const stats = new StatsCollector({ runtime: { ...systemRuntime, monotonic: () => now }, windowMs: 1_000 })
    const record = (samples: number): number => {
      for (let sample = 0; sample < samples; sample++) {
        now += 5
        stats.handlerTook(sample % 7, sample % 1_000, now)
      }
      return process.memoryUsage().arrayBuffers
    }
    const first = record(1_000)
    expect(record(200_000) - first).toBeLessThan(1_000_000)
    expect(stats.snapshot().processMs?.count).toBeLessThanOrEqual(200)
  })
})
