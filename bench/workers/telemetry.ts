/**
 * Publishes and handles in one process, over a log in memory, so that what is counted is the library and its telemetry
 * alone: `telemetry.ts <set-up>`. Answers a number of rounds, and of messages in each, with the CPU time that a message
 * took in each round, in µs: publisher and subscriber together.
 */
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace'
import { InvalidationPublisher, InvalidationSubscriber } from '../../src/index.js'
import { MemoryLog } from '../../src/testing.js'
import { serve } from './serve.js'
import { isTelemetrySetup, type TelemetrySetup } from './telemetry-setups.js'

/** Callers that publish at once: frames of so many. */
const callers = 100

const [, , setup] = process.argv
if (!isTelemetrySetup(setup)) throw new RangeError(`Expected a set-up of telemetry, got ${setup}`)
const flush = start(setup)

const log = new MemoryLog({ channel: 'bench:telemetry' })
const tracing = setup !== 'tracing off'
const publisher = await InvalidationPublisher.connect(log, 'bench', {
  tracing,
  repair: false,
  retention: { maxEntries: 1_000 },
})
const subscriber = await InvalidationSubscriber.connect(log, { tracing, announce: false })
const subscription = subscriber.subscribe(() => undefined, { name: 'cache' })
await subscription.caughtUp()

serve(async (rounds = 0, messages = 0) => {
  const took: number[] = []
  for (let round = 0; round < rounds; round++) took.push(await run(messages))
  return took
})

async function run(messages: number): Promise<number> {
  const before = process.cpuUsage()
  for (let sent = 0; sent < messages; sent += callers) {
    const ids = Array.from({ length: callers }, (_, index) => String(sent + index))
    const receipts = await Promise.all(ids.map((id) => publisher.invalidate('user', id)))
    const [receipt] = receipts.slice(-1)
    if (receipt) await subscription.waitFor(receipt.position)
  }
  await flush()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / messages
}

/**
 * What the SDK records goes into its batches, and from there nowhere: what an exporter costs is the exporter's own.
 * Returns what empties the batches.
 */
function start(chosen: TelemetrySetup): () => Promise<void> {
  if (chosen === 'tracing off' || chosen === 'no SDK') return () => Promise.resolve()
  const root = new TraceIdRatioBasedSampler(sampledShare(chosen))
  const exporter = {
    export: (_spans: unknown, done: (result: { code: number }) => void): void => done({ code: 0 }),
    shutdown: (): Promise<void> => Promise.resolve(),
  }
  // Larger than a round: an SDK that has no time to export drops spans, which would be cheaper.
  const batches = new BatchSpanProcessor({ exporter, maxQueueSize: 10_000 })
  new NodeSDK({
    sampler: new ParentBasedSampler({ root }),
    spanProcessors: [batches],
    metricReaders: chosen === 'SDK, all recorded, metrics' ? [inMemoryMetrics()] : [],
    instrumentations: [],
    autoDetectResources: false,
  }).start()
  return () => batches.forceFlush()
}

function sampledShare(chosen: TelemetrySetup): number {
  switch (chosen) {
    case 'SDK, none sampled':
      return 0
    case 'SDK, 1 % sampled':
      return 0.01
    default:
      return 1
  }
}

function inMemoryMetrics(): PeriodicExportingMetricReader {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA)
  return new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
}
