import type { Counter, Histogram, Meter, MeterProvider, Observable, ObservableResult } from '@opentelemetry/api'
import { channelAttributes, type OpenTelemetryApi, subscriptionAttributes } from './attributes.js'
import { durationBoundaries, type InstrumentDefinition, instruments } from './instruments.js'
import type { SubscriptionGauges } from './telemetry.js'

/** What is recorded as it happens. */
export interface Recorders {
  readonly sent: Counter
  readonly consumed: Counter
  readonly resyncs: Counter
  readonly reconnects: Counter
  readonly operation: Histogram
  readonly process: Histogram
  readonly propagation: Histogram
}

/** What is asked for when metrics are collected. */
export interface PublisherSource {
  readonly channel: string
  readonly queued: () => number
}

export interface SubscriptionSource {
  readonly channel: string
  readonly name: string
  readonly read: () => SubscriptionGauges
}

type Total = 'replayed' | 'duplicates' | 'gaps' | 'invalid' | 'deadLetters'
const totals: readonly Total[] = ['replayed', 'duplicates', 'gaps', 'invalid', 'deadLetters']

/**
 * The instruments, made anew where the application sets another provider. Publishers and subscriptions that share a
 * channel and a name are measured together: counts are summed, of ages the oldest counts.
 */
export class Meters {
  readonly #api: OpenTelemetryApi
  readonly #scope: readonly [name: string, version: string]
  readonly #publishers = new Set<PublisherSource>()
  readonly #subscriptions = new Set<SubscriptionSource>()
  /** What subscriptions that are closed had counted: a counter never goes back. */
  readonly #closed = new Map<string, SubscriptionSource>()
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
    this.#subscriptions.add(source)
    return () => {
      if (this.#subscriptions.delete(source)) this.#remember(source)
    }
  }

  #remember(source: SubscriptionSource): void {
    const { channel, name } = source
    const earlier = this.#closed.get(keyOf(source))
    const final = { ...sumUp(earlier ? [source, earlier] : [source]), lagMs: 0, behind: 0, unverifiedMs: 0 }
    this.#closed.set(keyOf(source), { channel, name, read: () => final })
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
      resyncs: counter(instruments.resyncs),
      reconnects: counter(instruments.reconnects),
      operation: histogram(instruments.operation),
      process: histogram(instruments.process),
      propagation: histogram(instruments.propagation),
    }
  }

  #observe(meter: Meter): void {
    const gauge = ({ name, unit, description }: InstrumentDefinition): Observable =>
      meter.createObservableGauge(name, { unit, description })
    const counter = ({ name, unit, description }: InstrumentDefinition): Observable =>
      meter.createObservableCounter(name, { unit, description })
    const [lag, behind, unverified] = [gauge(instruments.lag), gauge(instruments.behind), gauge(instruments.unverified)]
    const counters = totals.map((total) => [total, counter(instruments[total])] as const)
    const observed = [lag, behind, unverified, ...counters.map(([, observable]) => observable)]
    gauge(instruments.sendQueueSize).addCallback((result) => this.#observeSendQueues(result))
    meter.addBatchObservableCallback((result) => {
      for (const [sources, isOpen] of this.#byCopy()) {
        const [first] = sources
        if (first === undefined) continue
        const attributes = subscriptionAttributes(first.channel, first.name)
        const sum = sumUp(sources)
        for (const [total, observable] of counters) result.observe(observable, sum[total], attributes)
        if (!isOpen) continue
        result.observe(lag, sum.lagMs / 1_000, attributes)
        result.observe(behind, sum.behind, attributes)
        result.observe(unverified, sum.unverifiedMs / 1_000, attributes)
      }
    }, observed)
  }

  #observeSendQueues(result: ObservableResult): void {
    const sizes = new Map<string, number>()
    for (const { channel, queued } of this.#publishers) sizes.set(channel, (sizes.get(channel) ?? 0) + queued())
    for (const [channel, size] of sizes) result.observe(size, channelAttributes(channel))
  }

  /** The sources of each copy of a cache, and whether one of them is open. */
  #byCopy(): (readonly [sources: SubscriptionSource[], isOpen: boolean])[] {
    const copies = new Map<string, SubscriptionSource[]>()
    for (const source of [...this.#subscriptions, ...this.#closed.values()]) {
      copies.set(keyOf(source), [...(copies.get(keyOf(source)) ?? []), source])
    }
    return [...copies.values()].map((sources) => [sources, sources.some((source) => this.#subscriptions.has(source))])
  }
}

function keyOf({ channel, name }: SubscriptionSource): string {
  return JSON.stringify([channel, name])
}

function sumUp(sources: readonly SubscriptionSource[]): SubscriptionGauges {
  const all = sources.map(({ read }) => read())
  const sum = (of: (each: SubscriptionGauges) => number): number => all.reduce((total, each) => total + of(each), 0)
  return {
    lagMs: Math.max(0, ...all.map(({ lagMs }) => lagMs)),
    behind: sum(({ behind }) => behind),
    unverifiedMs: Math.max(0, ...all.map(({ unverifiedMs }) => unverifiedMs)),
    replayed: sum(({ replayed }) => replayed),
    duplicates: sum(({ duplicates }) => duplicates),
    gaps: sum(({ gaps }) => gaps),
    invalid: sum(({ invalid }) => invalid),
    deadLetters: sum(({ deadLetters }) => deadLetters),
  }
}
