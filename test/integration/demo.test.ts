import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Collector } from '../../examples/demo/tracing/collector.js'
import type { Moment } from '../../examples/demo/tracing/moment.js'
import { type RedisServer, startRedisServer } from '../support/redis-server.js'
import { type EndedScript, RunningScript } from '../support/running-script.js'

const main = fileURLToPath(new URL('../../examples/demo/main.ts', import.meta.url))
const timeoutMs = 60_000

const anyNumber: unknown = expect.any(Number)
const positive: unknown = expect.toSatisfy((value) => typeof value === 'number' && value > 0)

let server: RedisServer
let client: Redis
/** Where demos pass their traces on to. */
let target: Collector

beforeAll(async () => {
  server = await startRedisServer()
  client = new Redis(server.url)
  target = await Collector.open(undefined)
})

afterAll(async () => {
  target.close()
  client.disconnect()
  await server.stop()
})

function startDemo(args: readonly string[], env: NodeJS.ProcessEnv = {}): RunningScript {
  const traced = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: target.endpoint, ...env }
  return new RunningScript(main, { args, env: traced, imports: ['tsx'], timeoutMs })
}

function runDemo(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<EndedScript> {
  return startDemo(args, env).ended()
}

/** What a demo traced of a publish that a service missed, by its `--json`. */
function momentIn(outcome: unknown): Moment {
  const span = { traceId: expect.any(String) as unknown, spanId: expect.any(String) as unknown, startMs: anyNumber }
  expect(outcome).toMatchObject({ moment: { publish: span, late: span, live: expect.any(Array) as unknown } })
  return (outcome as { moment: Moment }).moment
}

/** The connections that the services of a running demo have to our server. */
async function connectionsOfDemo(): Promise<number> {
  const list = String(await client.call('CLIENT', 'LIST'))
  return list.split('\n').filter((line) => line.includes('name=cache-invalidation-demo:')).length
}

describe('a run over a Redis of its own', () => {
  let finished: EndedScript
  let outcome: unknown

  beforeAll(async () => {
    finished = await runDemo(['--seconds', '3', '--json'])
    expect(finished.code, finished.stderr).toBe(0)
    outcome = JSON.parse(finished.stdout)
  }, timeoutMs)

  test('all acts leave nothing stale, and --json prints the figures and nothing else', () => {
    expect(outcome).toMatchObject({ ok: true, mode: 'redis', seed: 1, stale: 0 })
    const played = { status: 'played' }
    const cache = {
      live: positive,
      replayed: positive,
      compared: positive,
      stale: 0,
      resyncReasons: { 'no-cursor': 1 },
    }
    expect(outcome).toMatchObject({
      published: positive,
      live: positive,
      replayed: positive,
      duplicates: anyNumber,
      resyncs: 2,
      acts: [played, played, played, played, played],
      services: {
        'user-service': { published: positive },
        'graphql-gateway': cache,
        'feed-service': cache,
        'search-service': { live: positive, compared: positive, stale: 0, resyncs: 0 },
      },
    })
  })

  test('a publish that the gateway missed has live evicts below it, and a replayed one linked to it', () => {
    const { publish, live, late } = momentIn(outcome)
    expect(publish.service).toBe('user-service')
    expect(live.map(({ service }) => service).toSorted()).toEqual(['feed-service', 'search-service'])
    for (const evict of live) expect(evict).toMatchObject({ traceId: publish.traceId, parentSpanId: publish.spanId })
    const { traceId, spanId } = publish
    expect(late).toMatchObject({ service: 'graphql-gateway', links: [{ traceId, spanId }] })
    expect(late.startMs).toBeGreaterThan(publish.endMs + 100)
  })

  test('it ends with these spans as a waterfall', () => {
    const { live } = momentIn(outcome)
    const drawn = finished.stderr.slice(finished.stderr.indexOf('A publish that graphql-gateway missed'))
    expect(drawn).toMatch(/^user-service +publish +█.*┊/m)
    for (const { service } of live) expect(drawn).toMatch(new RegExp(`^${service} +[├└] evict, live +█.*┊`, 'm'))
    expect(drawn).toMatch(/^graphql-gateway +⇠ evict, replayed .*┊ +█/m)
  })

  test('what is traced is passed on to where OTEL_EXPORTER_OTLP_TRACES_ENDPOINT says', () => {
    const { publish, live, late } = momentIn(outcome)
    expect(target.spans).toEqual(expect.arrayContaining([publish, ...live, late]))
    const replay = target.spans.find((span) => span.traceId === late.traceId && span.spanId === late.parentSpanId)
    expect(replay).toMatchObject({ service: 'graphql-gateway', name: expect.stringMatching(/^replay /) as unknown })
  })
})

test(
  'runs share the names of their spans, unless they use one Redis at the same time',
  async () => {
    const names = (): string[] =>
      [...new Set(target.spans.map(({ name }) => name))].filter((name) => / \S+:\d/.test(name))
    await client.set('cache-invalidation-demo:1:left-by-a-killed-run', 'x')
    for (let run = 0; run < 2; run++) {
      const { code, stderr } = await runDemo(['--redis', server.url, '--seconds', '1'])
      expect(code, stderr).toBe(0)
    }
    expect(names().toSorted()).toEqual(
      ['evict', 'publish', 'replay', 'resync'].map((operation) => `${operation} cache-invalidation-demo:1`),
    )
    expect(await client.keys('cache-invalidation-demo:*')).toEqual([])

    const other = client.duplicate()
    await other.client('SETNAME', 'cache-invalidation-demo:1:user-service')
    const { stdout } = await runDemo(['--redis', server.url, '--seconds', '1'])
    other.disconnect()
    expect(stdout).toContain('channel cache-invalidation-demo:2,')
  },
  3 * timeoutMs,
)

test(
  'without a Redis to be had it says so, and runs in memory',
  async () => {
    const { code, stdout, stderr } = await runDemo(['--seconds', '2', '--json'], {
      REDIS_SERVER: '/nowhere/redis-server',
    })
    expect(code, stderr).toBe(0)
    expect(stderr).toContain('/nowhere/redis-server does not run')
    expect(stderr).toContain('runs without Redis')
    const outcome: unknown = JSON.parse(stdout)
    expect(outcome).toMatchObject({ ok: true, mode: 'memory', stale: 0, replayed: positive })
    const { publish, late } = momentIn(outcome)
    expect(late.links).toEqual([{ traceId: publish.traceId, spanId: publish.spanId }])
  },
  timeoutMs,
)

test(
  'a Redis that is given keeps running, keeps its keys, and gets rid of those of the run',
  async () => {
    await client.set('of-somebody-else', 'kept')
    const { code, stdout, stderr } = await runDemo(['--redis', server.url, '--seconds', '1'])
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('skipped: this Redis is not ours to stop')
    expect(stdout).toContain('No cached value is stale')
    expect(await client.keys('*')).toEqual(['of-somebody-else'])
  },
  timeoutMs,
)

test(
  'a demo that is stopped ends its services, and says so',
  async () => {
    const demo = startDemo(['--redis', server.url, '--seconds', '60', '--json'])
    await vi.waitFor(async () => expect(await connectionsOfDemo()).toBeGreaterThanOrEqual(5), timeoutMs)
    demo.signal('SIGINT')
    const { code, stdout, stderr } = await demo.ended()
    expect(code).toBe(130)
    expect(stdout).toBe('')
    expect(stderr).toContain('Stopped by SIGINT')
    expect(await connectionsOfDemo()).toBe(0)
  },
  timeoutMs,
)

test(
  'the services of a demo that is killed end by themselves',
  async () => {
    const demo = startDemo(['--redis', server.url, '--seconds', '60'])
    await vi.waitFor(async () => expect(await connectionsOfDemo()).toBeGreaterThanOrEqual(5), timeoutMs)
    await demo.kill()
    await vi.waitFor(async () => expect(await connectionsOfDemo()).toBe(0), 10_000)
  },
  timeoutMs,
)

test('a Redis that can not be reached is named, without its password', async () => {
  const { code, stdout, stderr } = await runDemo(['--redis', 'redis://user:secret@127.0.0.1:1', '--json'])
  expect(code).toBe(1)
  expect(stdout).toBe('')
  expect(stderr).toContain("The Redis at 127.0.0.1:1 can't be used: connect ECONNREFUSED")
  expect(stderr).not.toContain('secret')
})

test('a bad option is named, with exit code 2', async () => {
  const { code, stdout, stderr } = await runDemo(['--seconds', 'soon'])
  expect(code).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toContain('Expected --seconds to be a whole number from 1 to 3600, got `soon`')
})
