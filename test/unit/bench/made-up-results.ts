import type { Figure } from '../../../bench/measurement.js'
import { barsOf, ratiosOf } from '../../../bench/ratios.js'
import type { MeasurementInfo, Results, Run } from '../../../bench/results.js'

const repetitions = [0, 1, 2, 3, 4]
const noise = [1.04, 0.97, 1, 0.95, 1.08]

/** What a repetition makes of a value: the median of them is the value itself. */
function disturb(value: number, variant: string, repetition: number): number {
  return value * (noise[(repetition + variant.length) % noise.length] ?? 1)
}

const library = ['cache-invalidation', 'cache-invalidation'] as const
const ioredis = ['ioredis', 'ioredis PUBLISH/SUBSCRIBE'] as const
const bare = ['xrange', 'bare XRANGE and JSON.parse'] as const

type VariantName = readonly [name: string, title: string]

/** Results as of a whole run, of figures that nobody measured. */
export function madeUpResults(changes: Partial<Results> = {}): Results {
  const runs = changes.runs ?? [
    ...throughput(),
    ...latency(),
    ...recovery(),
    ...scale(),
    ...frame(),
    ...micro(),
    ...telemetry(),
  ]
  const ratios = ratiosOf(runs)
  return {
    date: '2026-11-22T19:18:03.120Z',
    seconds: 271,
    size: 'default',
    repetitions: repetitions.length,
    machine: { cpu: 'Made-up <CPU> & more', cores: 2, memoryGiB: 24, system: 'Linux 6.18.44' },
    versions: { 'cache-invalidation': '0.1.0', node: '24.21.0', ioredis: '6.0.0', 'redis-server': '7.0.15' },
    load: { before: 0.4, after: 2.1 },
    ratios,
    bars: barsOf(ratios),
    measurements,
    runs,
    ...changes,
  }
}

/** Five repetitions of a variant, around these figures; a fault count is that of the last repetition alone. */
export function madeUpRuns(
  [measurement, caseName, parameters]: readonly [string, string, Readonly<Record<string, number>>],
  [variant, variantTitle]: VariantName,
  figures: Readonly<Record<string, number>>,
): Run[] {
  return repetitions.map((repetition) => ({
    measurement,
    case: caseName,
    parameters,
    variant,
    variantTitle,
    repetition: repetition + 1,
    figures: Object.fromEntries(
      Object.entries(figures).map(([name, value]) => [
        name,
        name === 'lost' ? (repetition === 4 ? value : 0) : disturb(value, variant, repetition),
      ]),
    ),
  }))
}

function figure(name: string, title: string, unit: string, better: Figure['better'] = 'lower'): Figure {
  return { name, title, unit, better }
}

const cpu = [
  figure('redis_cpu_us', 'CPU of Redis', 'µs per invalidation'),
  figure('publisher_cpu_us', 'CPU of the publisher', 'µs per invalidation'),
  figure('subscriber_cpu_us', 'CPU of a subscriber', 'µs per invalidation'),
  figure('all_cpu_us', 'CPU of all together', 'µs per invalidation'),
]
const handled = figure('handled_per_s', 'handled', 'invalidations/s', 'higher')

const measurements: readonly MeasurementInfo[] = [
  {
    name: 'throughput',
    title: 'Throughput: publish() awaited, until handled in another process',
    figures: [handled, ...cpu, { ...figure('lost', 'lost', 'messages'), fault: true }],
  },
  {
    name: 'latency',
    title: 'Latency: from publish() called to handled in another process',
    figures: ['p50', 'p90', 'p99', 'p999', 'max'].map((name) => figure(`${name}_ms`, name, 'ms')),
  },
  {
    name: 'recovery',
    title: 'Recovery: until all that was missed is handled, and live',
    figures: [
      figure('replay_ms', 'replayed', 'ms'),
      figure('entries_per_s', 'replayed', 'entries/s', 'higher'),
      figure('recover_ms', 'link restored to live', 'ms'),
    ],
  },
  { name: 'scale', title: 'Scale: more subscribers, more publishers', figures: [handled, ...cpu] },
  {
    name: 'frame',
    title: 'Frame: what a message takes in its frame',
    figures: [figure('frame_bytes', 'in the frame', 'bytes'), figure('read_ns', 'to read', 'ns')],
  },
  { name: 'micro', title: 'Micro: time of one operation', figures: [figure('ns_per_op', 'an operation', 'ns')] },
  { name: 'telemetry', title: 'Telemetry: CPU time of a message', figures: [figure('cpu_us', 'CPU', 'µs')] },
]

function throughput(): Run[] {
  const others = [
    ioredis,
    ['xread', 'XADD and XREAD BLOCK'],
    ['bentocache', "bentocache's bus"],
    ['layered-loader', "layered-loader's notifications"],
    ['cacheable', "cacheable's sync"],
    ['node-redis-csc', 'node-redis client-side caching'],
    ['socket.io', 'socket.io streams adapter'],
  ] as readonly VariantName[]
  return [1, 4, 16].flatMap((subscribers) =>
    (subscribers === 1 ? [1, 10, 100, 1_000] : [1_000]).flatMap((inFlight) => {
      const name = `${inFlight.toLocaleString('en-US')} in flight, ${subscribers} subscriber${subscribers === 1 ? '' : 's'}`
      const at = ['throughput', name, { in_flight: inFlight, subscribers }] as const
      const most = (300_000 * inFlight) / (inFlight + 60) / Math.sqrt(subscribers)
      const cost = { redis_cpu_us: 2.1, publisher_cpu_us: 2.4, subscriber_cpu_us: 1.6, all_cpu_us: 6.1 }
      return [
        ...madeUpRuns(at, library, { handled_per_s: most, ...cost, lost: 0 }),
        ...others.flatMap((other, index) =>
          madeUpRuns(at, other, {
            handled_per_s: most / (1.2 + 1.7 * index),
            redis_cpu_us: 7 + 2 * index,
            publisher_cpu_us: 9 + index,
            subscriber_cpu_us: 4 + index,
            lost: index === 0 && inFlight === 1_000 ? 1_234 : 0,
          }),
        ),
      ]
    }),
  )
}

function latency(): Run[] {
  return [200, 5_000, 20_000].flatMap((rate) => {
    const at = ['latency', `${rate.toLocaleString('en-US')} a second`, { per_s: rate }] as const
    return [library, ioredis].flatMap((variant, index) => {
      const base = 0.3 + rate / 40_000 + 0.08 * (1 - index)
      const latencyAt = (nines: number): number => base * (1 + 0.5 * nines ** (1.6 + 0.3 * index))
      const figures = { p50_ms: latencyAt(0.3), p90_ms: latencyAt(1), p99_ms: latencyAt(2), p999_ms: latencyAt(3) }
      return madeUpRuns(at, variant, { ...figures, max_ms: latencyAt(3.5) }).map((run, repetition) => ({
        ...run,
        percentiles: [50, 60, 70, 80, 90, 95, 97.5, 99, 99.5, 99.75, 99.9, 99.95, 99.99, 100].map((percentile) => {
          const nines = -Math.log10(1 - Math.min(percentile, 99.99) / 100)
          return [percentile, disturb(latencyAt(nines), run.variant, repetition)] as const
        }),
      }))
    })
  })
}

function recovery(): Run[] {
  return [1_000, 10_000, 100_000].flatMap((missed) => {
    const at = ['recovery', `${missed.toLocaleString('en-US')} missed`, { missed }] as const
    return [library, bare].flatMap((variant, index) => {
      const replay = missed / (140 + 40 * index)
      const figures = {
        replay_ms: replay,
        entries_per_s: (missed / replay) * 1_000,
        recover_ms: replay + 12 - 4 * index,
      }
      return madeUpRuns(at, variant, figures)
    })
  })
}

function frame(): Run[] {
  return [6, 36].flatMap((characters) => {
    const at = ['frame', `ids of ${characters}`, { messages_per_frame: 380, id_characters: characters }] as const
    return [
      ...madeUpRuns(at, library, { frame_bytes: 5 + characters, read_ns: 90 }),
      ...madeUpRuns(at, ['list', 'a list'], { frame_bytes: 175 + characters, read_ns: 400 }),
      ...madeUpRuns(at, ['bare', 'bare'], { read_ns: 50 }),
    ]
  })
}

function scale(): Run[] {
  const sizes = [...[1, 4, 16, 64].map((subscribers) => [subscribers, 1] as const), [1, 4], [1, 16]] as const
  return sizes.flatMap(([subscribers, publishers]) => {
    const name = `${subscribers} subscribers, ${publishers} publishers`
    return madeUpRuns(['scale', name, { subscribers, publishers }], library, {
      handled_per_s: 280_000 / (1 + subscribers / 20),
      redis_cpu_us: 2 + subscribers / 8,
      publisher_cpu_us: 2.4,
      subscriber_cpu_us: 1.6,
    })
  })
}

function micro(): Run[] {
  return ['encode', 'decode', 'continuity'].flatMap((name, index) =>
    madeUpRuns(['micro', name, {}], library, { ns_per_op: 120 * (index + 1) }),
  )
}

function telemetry(): Run[] {
  return ['tracing off', 'no SDK', 'SDK, none sampled', 'SDK, all recorded'].flatMap((name, index) =>
    madeUpRuns(['telemetry', 'frames of 100', { callers: 100 }], [name, name], { cpu_us: 5 + 4 * index ** 1.4 }),
  )
}
