import type { Counter, Histogram, Meter, MeterProvider, Observable, ObservableResult } from '@opentelemetry/api'
import { attribute, channelAttributes, type OpenTelemetryApi } from './attributes.js'
import { CacheMeters, type CacheSource } from './cache-meters.js'
import { SubscriptionCounters } from './counters.js'
import { durationBoundaries, type InstrumentDefinition, instruments } from './instruments.js'
import { NamedSources } from './named-sources.js'
import type { MeasuredSubscription, SubscriptionGauges } from './telemetry.js'

/** What is recorded as it happens. */
export interface Recorders {
  readonly sent: Counter
  readonly consumed: Counter
  readonly reconnects: Counter
  readonly operation: Histogram
  readonly process: Histogram
  readonly propagation: Histogram
  readonly cacheLoad: Histogram
}

/** What is asked for when metrics are collected. */
export interface PublisherSource {
  readonly channel: string
  readonly queued: () => number
}

export interface SubscriptionSource extends MeasuredSubscription {
  readonly channel: string
}

/** Counts that are observed as they are; resyncs are observed by reason. */
const observedCounts = [
  'replayed',
  'duplicates',
  'orphaned',
  'foreign',
  'foreignGaps',
  'gaps',
  'invalid',
  'otherLog',
  'deadLetters',
] as const

/**
 * The instruments, made anew where the application sets another provider. Publishers, subscriptions and caches that share
 * a channel and a name are measured together: counts are summed, of ages the oldest counts.
 */
export class Meters {
  readonly #api: OpenTelemetryApi
  readonly #scope: readonly [name: string, version: string]
  readonly #publishers = new Set<PublisherSource>()
  readonly #subscriptions = new NamedSources<SubscriptionSource, SubscriptionCounters>(() => new SubscriptionCounters())
  readonly #caches = new CacheMeters()
  #provider: MeterProvider | undefined
  #recorders: Recorders | undefined

  constructor(api: OpenTelemetryApi, ...scope: readonly [name: string, version: string]) {
    this.#api = api
    this.#scope = scope
  }

  /** Undefined while no SDK is registered. */
  get recorders(): Recorders | undefined {
    this.look()
    return this.#recorders
  }

  /** Finds the SDK that is registered now. Who does nothing is measured only once somebody has looked. */
  look(): void {
    const provider = this.#api.metrics.getMeterProvider()
    if (provider === this.#provider) return
    this.#provider = provider
    const meter = provider.getMeter(...this.#scope)
    this.#recorders = meter === this.#api.createNoopMeter() ? undefined : this.#create(meter)
  }

  /** Measures a publisher until what it returns is called. */
  addPublisher(source: PublisherSource): () => void {
    this.look()
    this.#publishers.add(source)
    return () => this.#publishers.delete(source)
  }

  /** Measures a subscription until what it returns is called. */
  addSubscription(source: SubscriptionSource): () => void {
    this.look()
    return this.#subscriptions.add(source)
  }

  /** Measures a cache until what it returns is called. */
  addCache(source: CacheSource): () => void {
    this.look()
    return this.#caches.add(source)
  }

  #create(meter: Meter): Recorders {
    this.#observe(meter)
    const counter = ({ name, unit, description }: InstrumentDefinition): Counter =>
      meter.createCounter(name, { unit, description })
    const histogram = ({ name, unit, description }: InstrumentDefinition): Histogram =>
      meter.createHistogram(name, {
        unit,
        description,
        advice: { explicitBucketBoundaries: [...durationBoundaries] },
      })
    return {
      sent: counter(instruments.sent),
      consumed: counter(instruments.consumed),
      reconnects: counter(instruments.reconnects),
      operation: histogram(instruments.operation),
      process: histogram(instruments.process),
      propagation: histogram(instruments.propagation),
      cacheLoad: histogram(instruments.cacheLoad),
    }
  }

  #observe(meter: Meter): void {
    const gauge = ({ name, unit, description }: InstrumentDefinition): Observable =>
      meter.createObservableGauge(name, { unit, description })
    const counter = ({ name, unit, description }: InstrumentDefinition): Observable =>
      meter.createObservableCounter(name, { unit, description })
    const [lag, behind] = [gauge(instruments.lag), gauge(instruments.behind)]
    const [retrying, unverified] = [gauge(instruments.retrying), gauge(instruments.unverified)]
    const counters = observedCounts.map((count) => [count, counter(instruments[count])] as const)
    const resyncs = counter(instruments.resyncs)
    const observed = [lag, behind, retrying, unverified, resyncs, ...counters.map(([, observable]) => observable)]
    gauge(instruments.sendQueueSize).addCallback((result) => this.#observeSendQueues(result))
    this.#caches.observe(meter, { gauge, counter })
    meter.addBatchObservableCallback((result) => {
      for (const { attributes, open, total } of this.#subscriptions) {
        const sum = total.sum()
        for (const [count, observable] of counters) result.observe(observable, sum[count], attributes)
        for (const [reason, times] of sum.resyncsByReason) {
          result.observe(resyncs, times, { ...attributes, [attribute.reason]: reason })
        }
        if (open.size === 0) continue
        const now = combine([...open].map(({ gauges }) => gauges()))
        result.observe(lag, now.lagMs / 1_000, attributes)
        result.observe(behind, now.behind, attributes)
        result.observe(retrying, now.retrying, attributes)
        result.observe(unverified, now.unverifiedMs / 1_000, attributes)
      }
    }, observed)
  }

  #observeSendQueues(result: ObservableResult): void {
    const sizes = new Map<string, number>()
    for (const { channel, queued } of this.#publishers) sizes.set(channel, (sizes.get(channel) ?? 0) + queued())
    for (const [channel, size] of sizes) result.observe(size, channelAttributes(channel))
  }
}

function combine(all: readonly SubscriptionGauges[]): SubscriptionGauges {
  return {
    lagMs: Math.max(...all.map(({ lagMs }) => lagMs)),
    behind: all.reduce((sum, { behind }) => sum + behind, 0),
    retrying: all.reduce((sum, { retrying }) => sum + retrying, 0),
    unverifiedMs: Math.max(...all.map(({ unverifiedMs }) => unverifiedMs)),
  }
}
