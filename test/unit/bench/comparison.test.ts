import { describe, expect, test } from 'vitest'
import { compareResults, isBeyondNoise } from '../../../bench/comparison.js'
import { comparisonText } from '../../../bench/rendering/comparison-text.js'
import { plain } from '../../../bench/rendering/paint.js'
import type { Results, Run } from '../../../bench/results.js'
import { madeUpResults } from './made-up-results.js'

const before = madeUpResults()

/** The same results with one variant's figure of the measurement so many times as great. */
function scaled(measurement: string, variant: string, figure: string, factor: number): Results {
  const scale = (run: Run): Run =>
    run.measurement === measurement && run.variant === variant && run.case.startsWith('1,000 in flight, 1 ')
      ? { ...run, figures: { ...run.figures, [figure]: (run.figures[figure] ?? NaN) * factor } }
      : run
  return madeUpResults({ runs: before.runs.map(scale) })
}

describe('noise', () => {
  const steady = { median: 100, min: 95, max: 105 }

  test('is where ranges overlap', () => {
    expect(isBeyondNoise(steady, { median: 111, min: 104, max: 112 })).toBe(false)
  })

  test('is where medians are no further apart than a range is wide', () => {
    expect(isBeyondNoise(steady, { median: 114, min: 106, max: 126 })).toBe(false)
  })

  test('is not where neither holds, up or down', () => {
    expect(isBeyondNoise(steady, { median: 120, min: 115, max: 124 })).toBe(true)
    expect(isBeyondNoise(steady, { median: 80, min: 76, max: 85 })).toBe(true)
  })
})

describe('what changed', () => {
  test('is nothing between equal results', () => {
    const comparison = compareResults(before, madeUpResults())
    expect(comparison).toMatchObject({ warnings: [], changes: [], unpaired: 0 })
    expect(comparison.withinNoise).toBeGreaterThan(50)
    expect(comparison.ratios.every(({ beyondNoise }) => !beyondNoise)).toBe(true)
    expect(comparisonText(comparison, plain)).toContain('Nothing changed beyond the noise.')
  })

  test('is told with medians and percent', () => {
    const after = scaled('throughput', 'cache-invalidation', 'handled_per_s', 1.5)
    expect(comparisonText(compareResults(before, after), plain)).toMatch(
      /throughput, 1,000 in flight, 1 subscriber +cache-invalidation +handled .* 283,019 → 424,528 +\+50 %/,
    )
  })

  test('is told with the greatest first, of which less than half is more than double', () => {
    const less = scaled('throughput', 'cache-invalidation', 'handled_per_s', 0.4)
    const after = { ...less, runs: less.runs.map((run) => (run.variant === 'xrange' ? slower(run) : run)) }
    const { changes } = compareResults(before, after)
    expect(changes.map(({ measurement }) => measurement)).toEqual(['throughput', ...Array<string>(6).fill('recovery')])
    expect(changes[0]?.change).toBeCloseTo(-0.6)
    expect(changes[1]?.change).toBeCloseTo(1)
  })

  test('is no share of what is not above 0', () => {
    const runs = (value: number): Results => ({
      ...before,
      runs: before.runs.map((run) => (run.variant === 'xrange' ? { ...run, figures: { recover_ms: value } } : run)),
    })
    const comparison = compareResults(runs(0), runs(2))
    expect(comparison.changes.map(({ change }) => change)).toEqual(comparison.changes.map(() => undefined))
    expect(comparison.changes.length).toBeGreaterThan(0)
    expect(comparisonText(comparison, plain)).toMatch(/ 0 → 2 *$/m)
  })

  test('shows in the ratios it belongs to, with the bar of the later run', () => {
    const comparison = compareResults(before, scaled('throughput', 'cache-invalidation', 'handled_per_s', 6))
    const beyond = comparison.ratios.filter(({ beyondNoise }) => beyondNoise).map(({ name }) => name)
    expect(beyond).toEqual([
      'throughput_vs_ioredis_publish',
      'throughput_vs_bentocache',
      'throughput_vs_layered_loader',
      'throughput_vs_cacheable',
      'throughput_vs_node_redis_csc',
    ])
    const [first] = comparison.ratios
    expect(first?.after).toBeCloseTo(6 * (first?.before ?? NaN))
    expect(first?.bar?.met).toBe(true)
  })

  test('is not told of what only one of them has', () => {
    const after = madeUpResults({ runs: before.runs.filter(({ measurement }) => measurement !== 'micro') })
    expect(compareResults(before, after)).toMatchObject({ changes: [], unpaired: 3 })
    expect(compareResults(after, before)).toMatchObject({ changes: [], unpaired: 3 })
  })

  test('is not told from fewer than three repetitions, and that is said', () => {
    const runs = before.runs.filter(({ repetition }) => repetition <= 2)
    const after = scaled('throughput', 'cache-invalidation', 'handled_per_s', 3)
    const comparison = compareResults(madeUpResults({ runs, repetitions: 2 }), after)
    expect(comparison.changes).toEqual([])
    expect(comparison.warnings).toEqual([
      'With fewer than 3 repetitions, nothing can be told from noise: one of these has 2',
    ])
  })

  test('comes with a warning for another machine, size, or version of what is measured beside it', () => {
    const machine = { ...before.machine, cores: 64 }
    const versions = { ...before.versions, node: '26.0.0', 'cache-invalidation': '0.2.0' }
    const { warnings } = compareResults(before, madeUpResults({ machine, versions, size: 'full' }))
    expect(warnings).toEqual([
      expect.stringMatching(/^The machine differs: .*2 cores.* then, .*64 cores.* now$/),
      'The size differs: default then, full now',
      'The version of node differs: 24.21.0 then, 26.0.0 now',
    ])
  })
})

function slower(run: Run): Run {
  const { replay_ms = NaN, recover_ms = NaN } = run.figures
  return { ...run, figures: { ...run.figures, replay_ms: replay_ms * 2, recover_ms: recover_ms * 2 } }
}
