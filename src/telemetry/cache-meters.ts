import type { Attributes, BatchObservableResult, Meter, Observable } from '@opentelemetry/api'
import { attribute } from './attributes.js'
import { CacheSum } from './counters.js'
import { type InstrumentDefinition, instruments } from './instruments.js'
import { NamedSources } from './named-sources.js'
import type { MeasuredCache } from './telemetry.js'

export interface CacheSource extends MeasuredCache {
  readonly channel: string
}

/** Makes an instrument that is read when metrics are collected. */
type CreateObservable = (definition: InstrumentDefinition) => Observable

/** Counts of the whole cache, of a tier, and of a tier by reason. */
const counts = [
  ['joined', instruments.cacheJoined],
  ['loads', instruments.cacheLoads],
  ['failedLoads', instruments.cacheFailedLoads],
  ['fencedLoads', instruments.cacheFencedLoads],
  ['invalidations', instruments.cacheInvalidations],
] as const
const tierCounts = [
  ['hits', instruments.cacheHits],
  ['negativeHits', instruments.cacheNegativeHits],
  ['displaced', instruments.cacheDisplaced],
] as const
const countsByReason = [
  ['misses', instruments.cacheMisses],
  ['stale', instruments.cacheStale],
  ['evictions', instruments.cacheEvictions],
] as const

/** The instruments of caches that are read when metrics are collected. Caches that share a channel and a name are summed. */
export class CacheMeters {
  readonly #caches = new NamedSources<CacheSource, CacheSum>(() => new CacheSum())

  /** Measures a cache until what it returns is called. */
  add(source: CacheSource): () => void {
    return this.#caches.add(source)
  }

  observe(meter: Meter, create: { readonly gauge: CreateObservable; readonly counter: CreateObservable }): void {
    const { gauge, counter } = create
    const plain = counts.map(([count, definition]) => [count, counter(definition)] as const)
    const tiered = tierCounts.map(([count, definition]) => [count, counter(definition)] as const)
    const reasoned = countsByReason.map(([count, definition]) => [count, counter(definition)] as const)
    const entries = gauge(instruments.cacheEntries)
    const size = gauge(instruments.cacheSize)
    const running = gauge(instruments.cacheRunningLoads)
    const counters = [...plain, ...tiered, ...reasoned].map(([, observable]) => observable)
    meter.addBatchObservableCallback(
      (result) => {
        for (const { attributes, open, total } of this.#caches) {
          const memory = { ...attributes, [attribute.tier]: 'memory' }
          const sum = total.sum()
          for (const [count, observable] of plain) result.observe(observable, sum[count], attributes)
          for (const [count, observable] of tiered) result.observe(observable, sum[count], memory)
          for (const [count, observable] of reasoned) observeByReason(result, observable, sum[count], memory)
          // 0 once all are closed: without a new value, SDKs go on with the last.
          const now = Array.from(open, ({ gauges }) => gauges())
          result.observe(entries, sumOf(now, 'entries'), memory)
          result.observe(size, sumOf(now, 'bytes'), memory)
          result.observe(running, sumOf(now, 'running'), attributes)
        }
      },
      [...counters, entries, size, running],
    )
  }
}

/** Also reasons that have not occurred: a series that begins with its first event hides that event from `increase()`. */
function observeByReason(
  result: BatchObservableResult,
  observable: Observable,
  times: Readonly<Record<string, number>>,
  attributes: Attributes,
): void {
  for (const [reason, count] of Object.entries(times))
    result.observe(observable, count, { ...attributes, [attribute.reason]: reason })
}

function sumOf<Field extends string>(all: readonly Readonly<Record<Field, number>>[], field: Field): number {
  return all.reduce((sum, each) => sum + each[field], 0)
}
