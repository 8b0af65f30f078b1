import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { measurements } from '../../bench/measurements.js'
import { reportFolder } from '../../bench/options.js'
import { formatResults, readResults } from '../../bench/results-file.js'
import type { Results } from '../../bench/results.js'
import { planCases } from '../../bench/run.js'
import { type EndedScript, RunningScript } from '../support/running-script.js'

const main = fileURLToPath(new URL('../../bench/main.ts', import.meta.url))
const timeoutMs = 120_000
/** Nothing is installed here, and nothing is looked up. */
const offline = ['--without-peers']

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bench-'))
})

afterAll(() => rm(folder, { recursive: true }))

function startBench(args: readonly string[], env: NodeJS.ProcessEnv = {}): RunningScript {
  return new RunningScript(main, { args: [...args, ...offline], env, imports: ['tsx'], timeoutMs })
}

function runBench(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<EndedScript> {
  return startBench(args, env).ended()
}

describe('a run of everything, in tiny amounts', () => {
  let ended: EndedScript
  let results: Results
  let file: string

  beforeAll(async () => {
    const out = join(folder, 'all')
    file = join(out, 'results.json')
    ended = await runBench(['--smoke', '--json', '--out', out])
    expect(ended.code, ended.stderr).toBe(0)
    results = await readResults(file)
  }, timeoutMs)

  test('prints its results as JSON and nothing else', () => {
    expect(JSON.parse(ended.stdout)).toEqual(results)
    expect(results).toMatchObject({ size: 'smoke', repetitions: 1, versions: { node: process.versions.node } })
    expect(ended.stderr).toMatch(/^100 % {2}\w+, /m)
  })

  test('measures every case of every measurement, ours first, and loses nothing', () => {
    expect(results.measurements.map(({ name }) => name)).toEqual(measurements.map(({ name }) => name))
    for (const { measurement, case: each } of planCases(measurements, 'smoke')) {
      const where = `${measurement.name}, ${each.name}`
      const runs = results.runs.filter((run) => run.measurement === measurement.name && run.case === each.name)
      expect(runs, where).not.toEqual([])
      for (const { variant, figures } of runs) {
        expect(Object.keys(figures), `${where}, ${variant}`).not.toEqual([])
        if (variant === 'cache-invalidation') expect(figures.lost ?? 0, where).toBe(0)
      }
      const ours = runs.findIndex(({ variant }) => variant === 'cache-invalidation')
      expect(ours, where).toBeLessThanOrEqual(0)
    }
  })

  test('knows the ratios that tiny amounts have', () => {
    expect(Object.keys(results.ratios)).toEqual(
      expect.arrayContaining([
        'throughput_vs_ioredis_publish',
        'latency_p50_200',
        'invalidation_cpu_us',
        'redis_cpu_vs_publish',
        'frame_message_bytes',
        'otel_off_us',
      ]),
    )
    expect(Object.keys(results.bars)).toEqual(Object.keys(results.ratios))
  })

  test('leaves a page that tells it', async () => {
    const page = await readFile(join(folder, 'all', 'index.html'), 'utf8')
    expect(page).toContain('these figures mean nothing')
    for (const { name } of measurements) expect(page).toContain(`<section id="${name}">`)
  })

  test('can be told again without measuring, and compared with', async () => {
    const { code, stdout, stderr } = await runBench(['--from', file, '--compare', file])
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('Ratios of this run')
    expect(stdout).toContain('these figures mean nothing')
    expect(stdout).toContain('Nothing changed beyond the noise.')
    expect(stderr).toBe('')
  })

  test('does not take the place of the committed report', async () => {
    const before = await readFile(join(reportFolder, 'results.json'))
    const { code, stderr } = await runBench(['--from', file, '--out', reportFolder])
    expect(code).toBe(2)
    expect(stderr).toContain('Expected --out to be another folder')
    expect(await readFile(join(reportFolder, 'results.json'))).toEqual(before)
  })

  test('shows what changed since results of a better machine', async () => {
    const slower = results.runs.map((run) => ({
      ...run,
      figures: Object.fromEntries(Object.entries(run.figures).map(([name, value]) => [name, value * 4])),
    }))
    const three = (runs: Results['runs']): Results['runs'] =>
      [1, 2, 3].flatMap((repetition) => runs.map((run) => ({ ...run, repetition })))
    const [before, after] = [join(folder, 'before.json'), join(folder, 'after.json')]
    const machine = { ...results.machine, cpu: 'Another' }
    await writeFile(before, formatResults({ ...results, machine, repetitions: 3, runs: three(results.runs) }))
    await writeFile(after, formatResults({ ...results, repetitions: 3, runs: three(slower) }))
    const { code, stdout } = await runBench(['--from', after, '--compare', before])
    expect(code).toBe(0)
    expect(stdout).toContain('The machine differs: Another, ')
    expect(stdout).toMatch(/^latency, 200 a second +cache-invalidation +p50 \(ms\) .* → .*\+300 %$/m)
  })
})

test(
  'one measurement alone makes one table, and leaves no report',
  async () => {
    const report = new URL('../../bench/report/results.json', import.meta.url)
    const before = await readFile(report)
    const { code, stdout, stderr } = await runBench(['--smoke', '--only', 'latency'])
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/^ {4}cache-invalidation( +[\d.]+){3}$/m)
    expect(stdout).toContain('these figures mean nothing')
    expect(stdout).not.toContain('Throughput')
    expect(stderr).not.toContain('Report: ')
    expect(await readFile(report)).toEqual(before)
  },
  timeoutMs,
)

test(
  'a bench that is stopped says so and prints no figures',
  async () => {
    const bench = startBench(['--only', 'throughput', '--json'])
    await bench.says(/1 in flight/)
    bench.signal('SIGTERM')
    const { code, stdout, stderr } = await bench.ended()
    expect(code).toBe(143)
    expect(stdout).toBe('')
    expect(stderr).toContain('Stopped by SIGTERM')
  },
  timeoutMs,
)

test('without a Redis to be had it says what to install, with exit code 1', async () => {
  const { code, stdout, stderr } = await runBench(['--smoke'], { REDIS_SERVER: '/nowhere/redis-server' })
  expect(code).toBe(1)
  expect(stdout).toBe('')
  expect(stderr).toContain('/nowhere/redis-server does not run')
})

test.each([
  [['--only', 'speed'], 'Expected --only to be one of throughput, '],
  [['--compare', main], `Can't read ${main}, expected a results.json of this bench`],
  [['--from', '/nowhere/results.json'], "Can't read /nowhere/results.json"],
  [['--out', main], `Expected --out to be a folder that can be written to, got \`${main}\``],
  [['--out', join(main, 'below')], 'Expected --out to be a folder that can be written to'],
  [['--out', '/proc/nowhere'], 'Expected --out to be a folder that can be written to'],
])('%j is refused before anything is measured, with exit code 2', async (args, reason) => {
  const { code, stdout, stderr } = await runBench(args)
  expect(code).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toContain(reason)
  expect(stderr).not.toContain('load average')
})

test('--help lists the options', async () => {
  const { code, stdout } = await runBench(['--help'])
  expect(code).toBe(0)
  for (const option of [
    '--only',
    '--full',
    '--smoke',
    '--repetitions',
    '--without-peers',
    '--json',
    '--compare',
    '--out',
  ])
    expect(stdout).toContain(option)
})
