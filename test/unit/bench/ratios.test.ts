import { describe, expect, test } from 'vitest'
import { barsOf, ratioOf, ratios, ratiosOf, spreadOf } from '../../../bench/ratios.js'
import type { Run } from '../../../bench/results.js'

const saturated = { in_flight: 1_000, subscribers: 1 }

/** Runs of a variant, one for each value of a figure. */
function runsOf(at: Pick<Run, 'measurement' | 'parameters'>, variant: string, figure: string, values: number[]): Run[] {
  return values.map((value, index) => ({
    ...at,
    case: JSON.stringify(at.parameters),
    variant,
    variantTitle: variant,
    repetition: index + 1,
    figures: { [figure]: value },
  }))
}

function ratioNamed(name: string): (typeof ratios)[number] {
  const found = ratios.find((ratio) => ratio.name === name)
  if (found === undefined) throw new Error(`No ratio is called ${name}`)
  return found
}

const handled = [
  ...runsOf({ measurement: 'throughput', parameters: saturated }, 'cache-invalidation', 'handled_per_s', [30, 90, 40]),
  ...runsOf({ measurement: 'throughput', parameters: saturated }, 'ioredis', 'handled_per_s', [10, 11, 30]),
]

describe('ratios', () => {
  test('are our median over that of the baseline, of the case they are about', () => {
    const elsewhere = { measurement: 'throughput', parameters: { in_flight: 1_000, subscribers: 4 } }
    const others = runsOf(elsewhere, 'cache-invalidation', 'handled_per_s', [1, 1, 1])
    expect(ratiosOf([...others, ...handled])).toEqual({ throughput_vs_ioredis_publish: 40 / 11 })
  })

  test('of telemetry are the least of a set-up minus the least with tracing off', () => {
    const at = { measurement: 'telemetry', parameters: { callers: 100 } }
    const runs = [
      ...runsOf(at, 'tracing off', 'cpu_us', [6, 5, 9]),
      ...runsOf(at, 'no SDK', 'cpu_us', [7, 12, 5.5]),
      ...runsOf(at, 'SDK, all recorded', 'cpu_us', [25, 30, 26]),
    ]
    expect(ratiosOf(runs)).toEqual({ otel_off_us: 0.5, otel_on_us: 20 })
  })

  test('that are compared with their bar alone are our median', () => {
    const at = { measurement: 'cost', parameters: { in_flight: 1_000, messages: 1_000_000, id_characters: 6 } }
    const fewer = { ...at, parameters: { ...at.parameters, messages: 2_000 } }
    const runs = [
      ...runsOf(at, 'cache-invalidation', 'stream_mb', [14, 21, 15]),
      ...runsOf(fewer, 'cache-invalidation', 'stream_mb', [1, 1, 1]),
    ]
    expect(ratiosOf(runs)).toEqual({ stream_1m_mb: 15 })
    expect(spreadOf(ratioNamed('stream_1m_mb'), runs)).toEqual({ median: 15, min: 14, max: 21 })
  })

  test('of a replay of frames do not mix with those of entries of one invalidation each', () => {
    const inFrames = { measurement: 'recovery', parameters: { missed_in_frames: 100_000 } }
    const alone = { measurement: 'recovery', parameters: { missed: 100_000 } }
    const runs = [
      ...runsOf(inFrames, 'cache-invalidation', 'replay_ms', [30, 20, 40]),
      ...runsOf(inFrames, 'xrange', 'replay_ms', [60, 60, 50]),
      ...runsOf(inFrames, 'xrange-alone', 'replay_ms', [300, 200, 400]),
      ...runsOf(alone, 'cache-invalidation', 'replay_ms', [800]),
      ...runsOf(alone, 'xrange', 'replay_ms', [400]),
    ]
    expect(ratiosOf(runs)).toEqual({
      replay_vs_xrange: 2,
      replay_frames_vs_bare: 0.5,
      replay_frames_vs_alone: 0.1,
    })
  })

  test('are absent where one of the sides was not measured', () => {
    expect(ratiosOf(handled.filter(({ variant }) => variant === 'ioredis'))).toEqual({})
    expect(ratiosOf([])).toEqual({})
  })

  test('come with how far those of the single repetitions are apart', () => {
    const ratio = ratioNamed('throughput_vs_ioredis_publish')
    expect(spreadOf(ratio, handled)).toEqual({ median: 3, min: 40 / 30, max: 90 / 11 })
    // The order in which runs stand does not count: repetitions do.
    expect(spreadOf(ratio, handled.toReversed())).toEqual(spreadOf(ratio, handled))
    expect(spreadOf(ratio, [])).toBeUndefined()
    expect(ratioOf(ratio, [])).toBeUndefined()
  })
})

describe('bars', () => {
  test('are met by a value that reaches them, from the side that is better', () => {
    const atLeast = { kind: 'at least', bar: 6 }
    expect(barsOf({ throughput_vs_ioredis_publish: 6 })).toEqual({
      throughput_vs_ioredis_publish: { ...atLeast, met: true },
    })
    expect(barsOf({ throughput_vs_ioredis_publish: 5.99 })).toEqual({
      throughput_vs_ioredis_publish: { ...atLeast, met: false },
    })
    const atMost = { kind: 'at most', bar: 0.1 }
    expect(barsOf({ redis_cpu_vs_publish: 0.1 })).toEqual({ redis_cpu_vs_publish: { ...atMost, met: true } })
    expect(barsOf({ redis_cpu_vs_publish: 0.11 })).toEqual({ redis_cpu_vs_publish: { ...atMost, met: false } })
  })

  test('are these', () => {
    const table = ratios.map(({ name, bar, unit }) => `${name} ${bar.kind} ${bar.bar}${unit}`)
    expect(table).toEqual([
      'throughput_vs_ioredis_publish at least 6',
      'throughput_vs_bentocache at least 8',
      'throughput_vs_layered_loader at least 5',
      'throughput_vs_cacheable at least 8',
      'throughput_vs_node_redis_csc at least 3.5',
      'one_in_flight_vs_publish at least 0.5',
      'latency_p50_200 at most 1.25',
      'latency_p99_200 at most 1.25',
      'latency_p50_5k at most 1.25',
      'latency_p99_5k at most 1.5',
      'latency_p50_20k at most 2',
      'latency_p99_20k at most 0.7',
      'replay_vs_xrange at most 1.3',
      'recover_10k_ms_over_bare at most 1.3',
      'replay_frames_vs_bare at most 1',
      'replay_frames_vs_alone at most 0.4',
      'invalidation_cpu_us at most 3.1µs',
      'redis_cpu_vs_publish at most 0.1',
      'subscriber_cpu_vs_ioredis at most 0.6',
      'frame_message_bytes at most 16B',
      'stream_1m_mb at most 20MB',
      'hits_vs_bentocache at least 1',
      'hits_vs_layered_loader at least 1',
      'hits_vs_cacheable at least 1',
      'peeks_vs_lru_cache at least 0.7',
      'entry_bytes at most 300B',
      'invalidations_through_cache_per_s at least 100000/s',
      'otel_off_us at most 1µs',
      'otel_unsampled_us at most 4µs',
      'otel_on_us at most 20µs',
    ])
  })
})
