import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { connectionRules } from '../../src/support/connection-options.js'
import { until, within } from '../support/latch.js'
import { freePort, type RedisServer, startRedisServer } from '../support/redis-server.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const timeoutMs = 15_000

interface Answer {
  readonly code: number
  readonly body: {
    readonly status: string
    readonly reasons?: readonly string[]
    readonly publisher?: { readonly status: string }
  }
}

describe.each(['fastify', 'express'])('the example for %s', (framework) => {
  let redis: RedisServer
  let service: ChildProcess
  let origin: string

  beforeAll(async () => {
    redis = await startRedisServer()
    // It begins without Redis: a deployment may start both at once.
    await redis.kill()
    const port = await freePort()
    origin = `http://127.0.0.1:${port}`
    service = spawn(process.execPath, ['--import', 'tsx', `examples/health/${framework}.ts`], {
      cwd: root,
      env: { ...process.env, REDIS_URL: redis.url, PORT: String(port), HOST: '127.0.0.1' },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    if (!service.stdout) throw new Error('The service has no stdout')
    await within(once(service.stdout, 'data'), timeoutMs, 'the service listening')
    service.stdout.resume()
  })

  afterAll(async () => {
    service.kill('SIGKILL')
    await redis.stop()
  })

  async function ask(path: string): Promise<Answer> {
    const response = await fetch(origin + path)
    return { code: response.status, body: (await response.json()) as Answer['body'] }
  }

  function answers(code: number): Promise<void> {
    return until(async () => (await ask('/readyz')).code === code, timeoutMs, `/readyz answering ${code}`)
  }

  test('is alive and not ready while Redis is away from the start', async () => {
    expect(await ask('/healthz')).toEqual({ code: 200, body: { status: 'up' } })
    expect(await ask('/readyz')).toMatchObject({
      code: 503,
      body: { status: 'down', reasons: ['disconnected'], publisher: { status: 'down' } },
    })
  })

  test('is ready when Redis is there', async () => {
    await redis.restart()
    await answers(200)
    await until(async () => (await ask('/readyz')).body.status === 'up', timeoutMs, 'the status "up"')
    await until(async () => (await ask('/readyz')).body.publisher?.status === 'up', timeoutMs, 'its publisher "up"')
    expect(await ask('/healthz')).toEqual({ code: 200, body: { status: 'up' } })
  })

  test('is alive and not ready when Redis goes, and ready again when it comes back', async () => {
    await redis.kill()
    await answers(503)
    expect(await ask('/healthz')).toEqual({ code: 200, body: { status: 'up' } })
    await redis.restart()
    await answers(200)
  })

  test('ends in order on SIGTERM', async () => {
    service.kill('SIGTERM')
    await within(once(service, 'exit'), timeoutMs, 'the service ending')
    expect(service.exitCode).toBe(0)
  })
})

describe('the example for Kubernetes', () => {
  interface Probe {
    readonly httpGet: { readonly path: string; readonly port: string }
    readonly periodSeconds: number
    readonly failureThreshold: number
  }
  interface PodSpec {
    readonly terminationGracePeriodSeconds: number
    readonly containers: readonly [
      {
        readonly ports: readonly { readonly name: string }[]
        readonly startupProbe: Probe
        readonly livenessProbe: Probe
        readonly readinessProbe: Probe
      },
    ]
  }

  async function podSpec(): Promise<PodSpec> {
    const text = await readFile(`${root}examples/health/kubernetes.yml`, 'utf8')
    const deployment = parse(text) as { spec: { template: { spec: PodSpec } } }
    return deployment.spec.template.spec
  }

  test('asks for liveness and readiness on the paths that the services answer, on a port that exists', async () => {
    const { containers } = await podSpec()
    const [{ ports, startupProbe, livenessProbe, readinessProbe }] = containers
    const probes = [startupProbe, livenessProbe, readinessProbe]
    expect(probes.map(({ httpGet }) => httpGet.path)).toEqual(['/healthz', '/healthz', '/readyz'])
    expect(new Set(probes.map(({ httpGet }) => httpGet.port))).toEqual(new Set(ports.map(({ name }) => name)))
  })

  test('leaves a closing process the time that it may take', async () => {
    const { terminationGracePeriodSeconds } = await podSpec()
    expect(terminationGracePeriodSeconds * 1_000).toBeGreaterThan(connectionRules.closeTimeoutMs.default)
  })
})

test('docs/health.md quotes the examples as they stand, but for where the library is imported from', async () => {
  const page = await readFile(`${root}docs/health.md`, 'utf8')
  const quotes = [...page.matchAll(/<!-- file: (\S+) -->\n+```\w+\n(.*?)```$/gms)]
  expect(quotes.map(([, file]) => file)).toEqual(
    ['fastify.ts', 'express.ts', 'kubernetes.yml'].map((file) => `examples/health/${file}`),
  )
  for (const [, file = '', quote = ''] of quotes) {
    const source = await readFile(root + file, 'utf8')
    expect(quote).toBe(source.replace("'../../src/index.js'", "'cache-invalidation'"))
  }
})
