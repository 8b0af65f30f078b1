import type { Bar, Run } from './results.js'
import { median, summarise, type Summary } from './statistics.js'
import { ours } from './summaries.js'

/** A number that sums up how we do beside something else, of the same run of the bench. */
export interface Ratio {
  /** Stable. */
  readonly name: string
  readonly meaning: string
  /** Our median over that of the baseline; or our least minus the least of the baseline, since noise only adds. */
  readonly kind: 'quotient of medians' | 'difference of leasts'
  /** Empty for a quotient. */
  readonly unit: string
  readonly from: RatioSource
  readonly bar: Omit<Bar, 'met'>
}

/** Which runs it is made from. */
export interface RatioSource {
  readonly measurement: string
  readonly figure: string
  readonly parameters: Readonly<Record<string, number>>
  readonly variant: string
  readonly baseline: string
}

const saturated = { measurement: 'throughput', parameters: { in_flight: 1_000, subscribers: 1 } }

export const ratios: readonly Ratio[] = [
  throughputOver('ioredis', 'throughput_vs_ioredis_publish', 'plain PUBLISH, which keeps nothing', 3),
  throughputOver('bentocache', 'throughput_vs_bentocache', "bentocache's bus", 8),
  throughputOver('layered-loader', 'throughput_vs_layered_loader', "layered-loader's notifications", 4),
  throughputOver('cacheable', 'throughput_vs_cacheable', "cacheable's sync", 8),
  throughputOver('node-redis-csc', 'throughput_vs_node_redis_csc', "node-redis' client-side caching", 3),
  ...latencyAt(200, '200', { p50: 1.25, p99: 1.25 }),
  ...latencyAt(5_000, '5k', { p50: 1.2, p99: 1 }),
  ...latencyAt(20_000, '20k', { p50: 1, p99: 0.7 }),
  recoveryAt(100_000, 'replay_ms', 'replay_vs_xrange', 'hand over 100,000 missed entries'),
  recoveryAt(10_000, 'recover_ms', 'recover_10k_ms_over_bare', 'go live again with 10,000 missed'),
  cpuOf('redis_cpu_us', 'redis_cpu_vs_publish', 'CPU of Redis', 0.5),
  cpuOf('subscriber_cpu_us', 'subscriber_cpu_vs_ioredis', 'CPU of the subscriber', 0.6),
  telemetryCost('no SDK', 'otel_off_us', 'OpenTelemetry without an SDK', 1),
  telemetryCost('SDK, none sampled', 'otel_unsampled_us', 'an SDK that samples nothing', 4),
  telemetryCost('SDK, all recorded', 'otel_on_us', 'an SDK that records all', 20),
]

/** Those that were measured, by their names. */
export function ratiosOf(runs: readonly Run[]): Record<string, number> {
  const measured = ratios.flatMap((ratio) => {
    const value = ratioOf(ratio, runs)
    return value === undefined ? [] : [[ratio.name, value] as const]
  })
  return Object.fromEntries(measured)
}

/** Undefined where one of the sides was not measured. */
export function ratioOf(ratio: Ratio, runs: readonly Run[]): number | undefined {
  const [our, their] = sidesOf(ratio, runs)
  if (our.length === 0 || their.length === 0) return undefined
  return ratio.kind === 'quotient of medians' ? median(our) / median(their) : Math.min(...our) - Math.min(...their)
}

/** Of the ratios that each repetition gives by itself: how far they are apart. Undefined where it was not measured. */
export function spreadOf(ratio: Ratio, runs: readonly Run[]): Summary | undefined {
  const [our, their] = sidesOf(ratio, runs)
  const each = our.slice(0, their.length).map((value, index) => {
    const baseline = their[index] ?? NaN
    return ratio.kind === 'quotient of medians' ? value / baseline : value - baseline
  })
  return each.length === 0 ? undefined : summarise(each)
}

/** What each of these ratios is to reach. */
export function barsOf(values: Readonly<Record<string, number>>): Record<string, Bar> {
  const reached = ratios.flatMap(({ name, bar }) => {
    const value = values[name]
    if (value === undefined) return []
    return [[name, { ...bar, met: bar.kind === 'at least' ? value >= bar.bar : value <= bar.bar }] as const]
  })
  return Object.fromEntries(reached)
}

/** The figure of our runs and of the baseline's, in the order of the repetitions. */
function sidesOf({ from }: Ratio, runs: readonly Run[]): [our: number[], their: number[]] {
  const wanted = Object.entries(from.parameters)
  const matching = runs
    .filter(({ measurement }) => measurement === from.measurement)
    .filter(({ parameters }) => wanted.every(([name, value]) => parameters[name] === value))
    .toSorted((a, b) => a.repetition - b.repetition)
  const valuesOf = (name: string): number[] =>
    matching.filter(({ variant }) => variant === name).flatMap(({ figures }) => figures[from.figure] ?? [])
  return [valuesOf(from.variant), valuesOf(from.baseline)]
}

function throughputOver(baseline: string, name: string, what: string, bar: number): Ratio {
  return {
    name,
    meaning: `handled a second, 1,000 in flight, over ${what}`,
    kind: 'quotient of medians',
    unit: '',
    bar: { kind: 'at least', bar },
    from: { ...saturated, figure: 'handled_per_s', variant: ours, baseline },
  }
}

function latencyAt(perSecond: number, short: string, bars: Readonly<Record<'p50' | 'p99', number>>): readonly Ratio[] {
  return (['p50', 'p99'] as const).map((percentile) => ({
    name: `latency_${percentile}_${short}`,
    meaning: `${percentile} from publish to handled at ${perSecond.toLocaleString('en-US')} a second, over plain Pub/Sub's`,
    kind: 'quotient of medians',
    unit: '',
    bar: { kind: 'at most', bar: bars[percentile] },
    from: {
      measurement: 'latency',
      figure: `${percentile}_ms`,
      parameters: { per_s: perSecond },
      variant: ours,
      baseline: 'ioredis',
    },
  }))
}

function recoveryAt(missed: number, figure: string, name: string, what: string): Ratio {
  return {
    name,
    meaning: `time to ${what}, over reading and parsing them bare`,
    kind: 'quotient of medians',
    unit: '',
    bar: { kind: 'at most', bar: 1.3 },
    from: { measurement: 'recovery', figure, parameters: { missed }, variant: ours, baseline: 'xrange' },
  }
}

function cpuOf(figure: string, name: string, what: string, bar: number): Ratio {
  return {
    name,
    meaning: `${what} for an invalidation, 1,000 in flight, over plain Pub/Sub's`,
    kind: 'quotient of medians',
    unit: '',
    bar: { kind: 'at most', bar },
    from: { ...saturated, figure, variant: ours, baseline: 'ioredis' },
  }
}

function telemetryCost(variant: string, name: string, what: string, bar: number): Ratio {
  return {
    name,
    meaning: `CPU that ${what} adds to a message`,
    kind: 'difference of leasts',
    unit: 'µs',
    bar: { kind: 'at most', bar },
    from: { measurement: 'telemetry', figure: 'cpu_us', parameters: {}, variant, baseline: 'tracing off' },
  }
}
