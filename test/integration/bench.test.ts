import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { telemetrySetups } from '../../bench/workers/telemetry-setups.js'
import { type EndedScript, RunningScript } from '../support/running-script.js'

const main = fileURLToPath(new URL('../../bench/main.ts', import.meta.url))
const timeoutMs = 60_000

const positive: unknown = expect.toSatisfy((value) => typeof value === 'number' && value > 0)
const text: unknown = expect.stringMatching(/./)

function startBench(args: readonly string[], env: NodeJS.ProcessEnv = {}): RunningScript {
  return new RunningScript(main, { args, env, imports: ['tsx'], timeoutMs })
}

function runBench(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<EndedScript> {
  return startBench(args, env).ended()
}

function variant(name: string): unknown {
  return { name, runs: [positive], median: positive, min: positive, max: positive, ratio: positive }
}

test(
  'everything is measured beside its baseline, and --json prints the figures and nothing else',
  async () => {
    const { code, stdout, stderr } = await runBench(['--smoke', '--repetitions', '1', '--json'])
    expect(code, stderr).toBe(0)
    const exchanged = [variant('cache-invalidation'), variant('ioredis PUBLISH/SUBSCRIBE')]
    const handled = { measurement: 'throughput', figure: 'handled', unit: 'invalidations/s', better: 'higher' }
    const took = { measurement: 'latency', case: '200 a second', unit: 'ms', better: 'lower' }
    expect(JSON.parse(stdout)).toEqual({
      date: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as unknown,
      ...{ seconds: positive, size: 'smoke', repetitions: 1 },
      machine: {
        ...{ cpu: text, cores: positive, memoryGiB: positive, system: text },
        versions: { 'cache-invalidation': text, node: process.versions.node, ioredis: text, 'redis-server': text },
      },
      load: { before: expect.any(Number) as unknown, after: expect.any(Number) as unknown },
      results: [
        { ...handled, case: '1 in flight', variants: exchanged },
        { ...handled, case: '100 in flight', variants: exchanged },
        { ...handled, case: '1,000 in flight', variants: exchanged },
        { ...took, figure: 'p50', variants: exchanged },
        { ...took, figure: 'p99', variants: exchanged },
        {
          ...{ measurement: 'replay', case: '500 missed', figure: 'handled', unit: 'entries/s', better: 'higher' },
          variants: [variant('cache-invalidation'), variant('bare XRANGE + JSON.parse')],
        },
        {
          ...{ measurement: 'telemetry', case: 'frames of 100', figure: 'CPU', unit: 'µs', better: 'lower' },
          variants: telemetrySetups.map(variant),
        },
      ],
    })
    expect(stderr).toMatch(/1\/1 {2}bare XRANGE \+ JSON\.parse: handled [\d,]+ entries\/s/)
  },
  timeoutMs,
)

test(
  'one measurement alone makes one table',
  async () => {
    const { code, stdout, stderr } = await runBench(['--smoke', '--repetitions', '1', '--only', 'latency'])
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/^200 a second, p99 +cache-invalidation +[\d.]+ +[\d.]+ +[\d.]+$/m)
    expect(stdout).toContain('these figures mean nothing')
    expect(stdout).not.toContain('Throughput')
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
  [['--only', 'speed'], 'Expected --only to be one of throughput, latency, replay, telemetry, got `speed`'],
  [['--repetitions', '0'], 'Expected --repetitions to be a whole number from 1 to 1000, got `0`'],
  [['--fast'], "Unknown option '--fast'"],
])('%j is refused, with exit code 2', async (args, reason) => {
  const { code, stdout, stderr } = await runBench(args)
  expect(code).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toContain(reason)
})

test('--help lists the options', async () => {
  const { code, stdout } = await runBench(['--help'])
  expect(code).toBe(0)
  for (const option of ['--only', '--repetitions', '--smoke', '--json']) expect(stdout).toContain(option)
})
