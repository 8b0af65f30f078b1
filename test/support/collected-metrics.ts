import { type Attributes, metrics } from '@opentelemetry/api'
import {
  AggregationTemporality,
  type DataPoint,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'

const never = 2 ** 31 - 1

/** What an SDK for metrics, set up as an application does it, has collected when a test asks. */
export class CollectedMetrics {
  readonly #exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  readonly #provider: MeterProvider
  #collected: MetricData[] = []

  static setUp(): CollectedMetrics {
    return new CollectedMetrics()
  }

  private constructor() {
    const reader = new PeriodicExportingMetricReader({ exporter: this.#exporter, exportIntervalMillis: never })
    this.#provider = new MeterProvider({ readers: [reader] })
    metrics.setGlobalMeterProvider(this.#provider)
  }

  /** Leaves the process as it was: without an SDK. */
  async tearDown(): Promise<void> {
    metrics.disable()
    await this.#provider.shutdown()
  }

  /** Collects; what is asked below is then as of now. */
  async collect(): Promise<readonly MetricData[]> {
    this.#exporter.reset()
    await this.#provider.forceFlush()
    this.#collected = this.#exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .filter(({ scope }) => scope.name === 'cache-invalidation')
      .flatMap((scope) => scope.metrics)
    return this.#collected
  }

  metric(name: string): MetricData | undefined {
    return this.#collected.find(({ descriptor }) => descriptor.name === name)
  }

  /** The values of a sum or a gauge, where the attributes are, among others, these. */
  values(name: string, attributes: Attributes = {}): number[] {
    return this.#points(name, attributes).flatMap(({ value }) => (typeof value === 'number' ? [value] : []))
  }

  /** How many values a histogram took, and their sum to the microsecond, where the attributes are these. */
  histogram(name: string, attributes: Attributes = {}): { count: number; sum: number } {
    const histograms = this.#points(name, attributes).flatMap(({ value }) => (typeof value === 'number' ? [] : [value]))
    const sum = histograms.reduce((total, each) => total + (each.sum ?? 0), 0)
    return { count: histograms.reduce((total, { count }) => total + count, 0), sum: Math.round(sum * 1e6) / 1e6 }
  }

  #points(name: string, attributes: Attributes): DataPoint<number | Histogram>[] {
    const points: readonly DataPoint<unknown>[] = this.metric(name)?.dataPoints ?? []
    return points
      .filter((point): point is DataPoint<number | Histogram> => isPlain(point.value))
      .filter((point) => Object.entries(attributes).every(([key, value]) => point.attributes[key] === value))
  }
}

function isPlain(value: unknown): value is number | Histogram {
  return typeof value === 'number' || (typeof value === 'object' && value !== null && 'buckets' in value)
}
