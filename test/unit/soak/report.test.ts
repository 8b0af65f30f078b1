import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { createPaint } from '../../../examples/demo/screen/paint.js'
import { parseOptions } from '../../soak/options.js'
import { type Outcome, percentiles } from '../../soak/outcome.js'
import { markdownHead, markdownRow, reportText } from '../../soak/report.js'

const outcome: Outcome = {
  startedAt: '2026-11-22T10:00:00.000Z',
  topology: 'standalone',
  seed: 7,
  seconds: 1_230,
  versions: { 'cache-invalidation': '1.0.0', node: '24.0.0' },
  published: 360_000,
  acknowledged: 359_900,
  handled: 2_100_000,
  duplicates: 950,
  repaired: 12,
  faults: { 'redis paused': 30, 'link cut': 410 },
  resyncs: { trimmed: 2, 'log-lost': 31 },
  recoverMs: { p50: 300, p99: 1_100, max: 2_345 },
  memory: { 'subscriber slow': 120 * 1_024 ** 2, redis: 500 * 1_024 ** 2 },
  lost: 0,
  stale: 0,
}

test('the table of long runs has these columns', async () => {
  const page = await readFile(new URL('../../../docs/reliability.md', import.meta.url), 'utf8')
  const heads = page.split('\n').map((line) => line.replaceAll(/ +/g, ' '))
  expect(heads).toContain(`| ${markdownHead.join(' | ')} |`)
})

test('a row for people has a cell for each column', () => {
  const cells = markdownRow(outcome).trim().split(' | ')
  expect(cells).toHaveLength(markdownHead.length)
  expect(markdownRow(outcome)).toContain(
    '| 440 | 2 `trimmed`, 31 `log-lost` | 12 | 300 ms / 1,100 ms / 2,345 ms | 120 MiB |',
  )
})

test('the result in text says what was lost and what is stale', () => {
  const paint = createPaint(process.stdout)
  expect(reportText(outcome, paint)).toContain('0 lost, 0 stale')
  expect(reportText({ ...outcome, lost: 1, stale: 1_000 }, paint)).toContain('1 lost, 1,000 stale')
})

test('percentiles are by the nearest rank; of nothing there are none', () => {
  expect(percentiles([])).toEqual({ p50: null, p99: null, max: null })
  expect(percentiles([30, 10, 20])).toEqual({ p50: 20, p99: 30, max: 30 })
  expect(percentiles(Array.from({ length: 200 }, (_, index) => index + 1))).toEqual({ p50: 100, p99: 198, max: 200 })
})

test('options have their defaults', () => {
  expect(parseOptions([])).toEqual({
    seconds: 60,
    seed: 1,
    topology: 'standalone',
    sharded: false,
    rate: 300,
    stranger: false,
    format: 'text',
  })
  const given = [
    '--seconds',
    '5',
    '--seed',
    '0',
    '--topology',
    'cluster',
    '--sharded',
    '--rate',
    '10',
    '--stranger',
    '--json',
  ]
  expect(parseOptions(given)).toEqual({
    seconds: 5,
    seed: 0,
    topology: 'cluster',
    sharded: true,
    rate: 10,
    stranger: true,
    format: 'json',
  })
})

test.each([
  [['--seconds', '0'], 'Expected --seconds to be a whole number from 1 to 604800, got `0`'],
  [['--seed', 'x'], 'Expected --seed to be a whole number from 0 to 4294967295, got `x`'],
  [['--topology', 'ring'], 'Expected --topology to be one of standalone, sentinel, cluster, got `ring`'],
  [['--sharded'], 'Expected --sharded with --topology cluster alone'],
  [['--rate', '5001'], 'Expected --rate to be a whole number from 1 to 5000, got `5001`'],
  [['--json', '--markdown'], 'Expected --json or --markdown, got both'],
  [['--fast'], "Unknown option '--fast'"],
])('%j is refused', (args, reason) => {
  expect(() => parseOptions(args)).toThrow(reason)
})
