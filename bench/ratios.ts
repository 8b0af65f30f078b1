import type { Bar, Run } from './results.js'
import { median, summarise, type Summary } from './statistics.js'
import { ours } from './summaries.js'

/** A number that sums up how we do, mostly beside something else of the same run of the bench. */
export interface Ratio {
  /** Stable. */
  readonly name: string
  readonly meaning: string
  /**
   * Our median over that of the baseline; our least minus the least of the baseline, since noise only adds; or our median
   * alone, which needs no baseline.
   */
  readonly kind: 'quotient of medians' | 'difference of leasts' | 'median'
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
  /** Absent if the figure is compared with nothing but its bar. */
  readonly baseline?: string
}

const saturated = { measurement: 'throughput', parameters: { in_flight: 1_000, subscribers: 1 } }

const hits = { measurement: 'cache', parameters: { entries_read: 10_000 } }

const throughputOfOne: Ratio = {
  name: 'one_in_flight_vs_publish',
  meaning: 'handled a second, one in flight, over plain PUBLISH',
  kind: 'quotient of medians',
  unit: '',
  bar: { kind: 'at least', bar: 0.5 },
  from: {
    measurement: 'throughput',
    figure: 'handled_per_s',
    parameters: { in_flight: 1, subscribers: 1 },
    variant: ours,
    baseline: 'ioredis',
  },
}

export const ratios: readonly Ratio[] = [
  throughputOver('ioredis', 'throughput_vs_ioredis_publish', 'plain PUBLISH, which keeps nothing', 6),
  throughputOver('bentocache', 'throughput_vs_bentocache', "bentocache's bus", 8),
  throughputOver('layered-loader', 'throughput_vs_layered_loader', "layered-loader's notifications", 5),
  throughputOver('cacheable', 'throughput_vs_cacheable', "cacheable's sync", 8),
  throughputOver('node-redis-csc', 'throughput_vs_node_redis_csc', "node-redis' client-side caching", 3.5),
  throughputOfOne,
  ...latencyAt(200, '200', { p50: 1.25, p99: 1.25 }),
  ...latencyAt(5_000, '5k', { p50: 1.25, p99: 1.5 }),
  ...latencyAt(20_000, '20k', { p50: 2, p99: 0.7 }),
  recoveryAt(100_000, 'replay_ms', 'replay_vs_xrange', 'hand over 100,000 missed entries'),
  recoveryAt(10_000, 'recover_ms', 'recover_10k_ms_over_bare', 'go live again with 10,000 missed'),
  replayOfFrames('xrange', 'replay_frames_vs_bare', 'the same messages in lists', 1),
  replayOfFrames('xrange-alone', 'replay_frames_vs_alone', 'as many entries of one each', 0.4),
  ourMedian(
    'invalidation_cpu_us',
    'CPU of publisher, Redis and subscriber together for an invalidation, 1,000 in flight',
    { unit: 'µs', bar: 3.1 },
    { ...saturated, figure: 'all_cpu_us' },
  ),
  cpuOf('redis_cpu_us', 'redis_cpu_vs_publish', 'CPU of Redis', 0.1),
  cpuOf('subscriber_cpu_us', 'subscriber_cpu_vs_ioredis', 'CPU of the subscriber', 0.6),
  ourMedian(
    'frame_message_bytes',
    'bytes of a message, 380 in a frame, ids of six digits',
    { unit: 'B', bar: 16 },
    { measurement: 'frame', figure: 'frame_bytes', parameters: { messages_per_frame: 380, id_characters: 6 } },
  ),
  ourMedian(
    'stream_1m_mb',
    '1,000,000 invalidations in the stream, ids of six digits, 1,000 in flight',
    { unit: 'MB', bar: 20 },
    { measurement: 'cost', figure: 'stream_mb', parameters: { messages: 1_000_000, id_characters: 6 } },
  ),
  ...hitsOver('bentocache', 'layered-loader', 'cacheable'),
  overOther('peeks_vs_lru_cache', 'hits read at once a second, over lru-cache with the same keys', 0.7, {
    ...hits,
    figure: 'peeks_per_s',
    variant: ours,
    baseline: 'lru-cache',
  }),
  ourMedian(
    'entry_bytes',
    'bytes of an entry on the heap beside its value, 1,000,000 entries',
    { unit: 'B', bar: 300 },
    { measurement: 'cache', figure: 'entry_bytes', parameters: { entries_weighed: 1_000_000 } },
  ),
  {
    name: 'invalidations_through_cache_per_s',
    meaning: 'invalidations handled a second by a cache of 1,000,000 entries',
    kind: 'median',
    unit: '/s',
    bar: { kind: 'at least', bar: 100_000 },
    from: {
      measurement: 'cache',
      figure: 'handled_per_s',
      parameters: { entries: 1_000_000 },
      variant: `${ours}-cache`,
    },
  },
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
  if (our.length === 0) return undefined
  if (ratio.kind === 'median') return median(our)
  if (their.length === 0) return undefined
  return ratio.kind === 'quotient of medians' ? median(our) / median(their) : Math.min(...our) - Math.min(...their)
}

/** Of the ratios that each repetition gives by itself: how far they are apart. Undefined where it was not measured. */
export function spreadOf(ratio: Ratio, runs: readonly Run[]): Summary | undefined {
  const [our, their] = sidesOf(ratio, runs)
  const paired = our.slice(0, their.length).map((value, index) => {
    const baseline = their[index] ?? NaN
    return ratio.kind === 'quotient of medians' ? value / baseline : value - baseline
  })
  const each = ratio.kind === 'median' ? our : paired
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

/** The figure of our runs and of the baseline's, if any, in the order of the repetitions. */
function sidesOf({ from }: Ratio, runs: readonly Run[]): [our: number[], their: number[]] {
  const wanted = Object.entries(from.parameters)
  const matching = runs
    .filter(({ measurement }) => measurement === from.measurement)
    .filter(({ parameters }) => wanted.every(([name, value]) => parameters[name] === value))
    .toSorted((a, b) => a.repetition - b.repetition)
  const valuesOf = (name: string | undefined): number[] =>
    matching.filter(({ variant }) => variant === name).flatMap(({ figures }) => figures[from.figure] ?? [])
  return [valuesOf(from.variant), valuesOf(from.baseline)]
}

function throughputOver(baseline: string, name: string, what: string, bar: number): Ratio {
  return overOther(name, `handled a second, 1,000 in flight, over ${what}`, bar, {
    ...saturated,
    figure: 'handled_per_s',
    variant: ours,
    baseline,
  })
}

function hitsOver(...baselines: readonly string[]): readonly Ratio[] {
  return baselines.map((baseline) =>
    overOther(`hits_vs_${baseline.replaceAll('-', '_')}`, `awaited hits a second, over ${baseline}`, 1, {
      ...hits,
      figure: 'hits_per_s',
      variant: ours,
      baseline,
    }),
  )
}

/** A rate of ours over that of another. */
function overOther(name: string, meaning: string, bar: number, from: RatioSource): Ratio {
  return { name, meaning, kind: 'quotient of medians', unit: '', bar: { kind: 'at least', bar }, from }
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

/** A figure of ours that is compared with nothing but its bar. */
function ourMedian(
  name: string,
  meaning: string,
  { unit, bar }: { readonly unit: string; readonly bar: number },
  from: Pick<RatioSource, 'measurement' | 'figure' | 'parameters'>,
): Ratio {
  return { name, meaning, kind: 'median', unit, bar: { kind: 'at most', bar }, from: { ...from, variant: ours } }
}

function replayOfFrames(baseline: string, name: string, what: string, bar: number): Ratio {
  return {
    name,
    meaning: `time to hand over 100,000 missed in frames, over reading and parsing ${what} bare`,
    kind: 'quotient of medians',
    unit: '',
    bar: { kind: 'at most', bar },
    from: {
      measurement: 'recovery',
      figure: 'replay_ms',
      parameters: { missed_in_frames: 100_000 },
      variant: ours,
      baseline,
    },
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
