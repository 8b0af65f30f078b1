import { expect, test } from 'vitest'
import { plain } from '../../../../bench/rendering/paint.js'
import { resultsText } from '../../../../bench/rendering/results-text.js'
import { madeUpResults, madeUpRuns } from '../made-up-results.js'

const text = resultsText(madeUpResults(), plain)

test('each variant has a row with median, least, greatest and our median over its', () => {
  expect(text).toMatch(/^1,000 in flight, 1 subscriber\n {2}handled \(invalidations\/s, higher is better\)$/m)
  expect(text).toMatch(/^ {4}cache-invalidation +283,019 +268,868 +305,660$/m)
  expect(text).toMatch(/^ {4}ioredis PUBLISH\/SUBSCRIBE +235,849 +224,057 +254,717 +1\.20$/m)
})

test('a figure that is the only one of its case is named beside it', () => {
  expect(text).toMatch(/^encode: an operation \(ns, lower is better\)\n {2}cache-invalidation +120 +114 +130$/m)
})

test('a ratio that two decimals would hide has more', () => {
  const glob = ['micro', 'glob', {}] as const
  const runs = [
    ...madeUpRuns(glob, ['cache-invalidation', 'ours'], { ns_per_op: 3_558 }),
    ...madeUpRuns(glob, ['regexp', 'RegExp'], { ns_per_op: 4_489_058 }),
  ]
  expect(resultsText(madeUpResults({ runs }), plain)).toMatch(/RegExp .* 0\.00079$/m)
})

test('ratios come with their bars, how far repetitions are apart, and whether they are met', () => {
  expect(text).toMatch(/^throughput_vs_ioredis_publish +at least 6 +1\.20 +1\.\d\d to 1\.\d\d {2}✗ not met$/m)
  expect(text).toMatch(/^redis_cpu_vs_publish +at most 0\.1 +0\.30 .* ✗ not met$/m)
  expect(text).toMatch(/^invalidation_cpu_us +at most 3\.1 µs +6\.10 µs .* ✗ not met$/m)
  expect(text).toMatch(/^frame_message_bytes +at most 16 B +11\.00 B .* ✓ met$/m)
  expect(text).toMatch(/^otel_on_us +at most 20 µs /m)
})

test('a ratio just short of its bar has the digits that show it', () => {
  const p99Of = (ours: number): string => {
    const at20k = ['latency', '20,000 a second', { per_s: 20_000 }] as const
    const runs = [
      ...madeUpRuns(at20k, ['cache-invalidation', 'ours'], { p99_ms: ours }),
      ...madeUpRuns(at20k, ['ioredis', 'plain'], { p99_ms: 1 }),
    ]
    return resultsText(madeUpResults({ runs }), plain)
  }
  expect(p99Of(0.7009)).toMatch(/^latency_p99_20k +at most 0\.7 +0\.701 .* ✗ not met$/m)
  expect(p99Of(0.699)).toMatch(/^latency_p99_20k +at most 0\.7 +0\.70 .* ✓ met$/m)
})

test('faults are told with their sum, and in how many runs they were', () => {
  expect(text).toContain(
    '1,000 in flight, 1 subscriber: ioredis PUBLISH/SUBSCRIBE: lost 1,234 messages (in 1 of 5 runs)',
  )
  const runs = madeUpRuns(['throughput', 'x', {}], ['ioredis', 'ioredis'], { handled_per_s: 1, lost: 0 })
  expect(resultsText(madeUpResults({ runs }), plain)).not.toContain('Faults')
})

test('tables are no wider than a hundred columns', () => {
  const tables = text.split('\n').filter((line) => !line.includes('lost'))
  expect(Math.max(...tables.map((line) => line.length))).toBeLessThanOrEqual(100)
})

test('tiny amounts are said to mean nothing', () => {
  expect(text).not.toContain('mean nothing')
  expect(resultsText(madeUpResults({ size: 'smoke' }), plain)).toContain('Tiny amounts: these figures mean nothing.')
})

test('verdicts are painted by what they say', () => {
  const painted = resultsText(madeUpResults(), (style, part) => `[${style}]${part}`)
  expect(painted).toContain('[green]✓ met')
  expect(painted).toContain('[red]✗ not met')
})
