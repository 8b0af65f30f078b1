import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { readSpans } from '../../examples/demo/tracing/read-otlp.js'
import type { Span } from '../../examples/demo/tracing/span.js'
import { within } from '../support/latch.js'
import { type RedisServer, startRedisServer } from '../support/redis-server.js'

const example = (file: string): string => fileURLToPath(new URL(`../../examples/telemetry/${file}`, import.meta.url))
const setUp = ['--import', 'tsx', '--import', example('instrumentation.ts')]
const deadlineMs = 30_000

let redis: RedisServer
let endpoint: string
/** What was sent, by path. */
let received: Map<string, string[]>
const running = new Set<ChildProcess>()

const server = createServer((request, response) => {
  void text(request).then((body) => {
    const path = request.url ?? ''
    received.set(path, [...(received.get(path) ?? []), body])
    response.setHeader('content-type', 'application/json').end('{}')
  })
})

beforeAll(async () => {
  redis = await startRedisServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('No port')
  endpoint = `http://127.0.0.1:${address.port}`
})

afterAll(async () => {
  server.close()
  await redis.stop()
})

beforeEach(() => {
  received = new Map()
})

afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
})

class Program {
  readonly #child
  readonly #name: string
  #output = ''

  constructor(name: string, args: readonly string[]) {
    this.#name = name
    this.#child = spawn(process.execPath, [...setUp, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        REDIS_URL: redis.url,
        OTEL_SERVICE_NAME: name,
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      },
    })
    running.add(this.#child)
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (chunk: Buffer) => (this.#output += chunk.toString()))
    }
  }

  /** Resolves when it has printed this. */
  async printed(what: string): Promise<void> {
    await within(this.#until(what), deadlineMs, () => `${this.#name} printed \`${what}\`: ${this.#output}`)
  }

  /** Resolves to how it ended: an exit code, or the signal. */
  async ended(signal?: NodeJS.Signals): Promise<number | string | null> {
    const closed = once(this.#child, 'close')
    if (signal) this.#child.kill(signal)
    await within(closed, deadlineMs, () => `${this.#name} ended: ${this.#output}`)
    return this.#child.exitCode ?? this.#child.signalCode
  }

  async #until(what: string): Promise<void> {
    while (!this.#output.includes(what)) await once(this.#child.stdout, 'data')
  }
}

/** Resolves when the publisher is connected, and a little later could have published. */
async function publisherRegistered(): Promise<void> {
  const client = new Redis(redis.url)
  try {
    await vi.waitFor(async () => expect(await client.hlen('{cache:invalidate}:publishers')).toBe(1), {
      timeout: deadlineMs,
    })
  } finally {
    client.disconnect()
  }
}

function spans(): Span[] {
  return (received.get('/v1/traces') ?? []).flatMap(readSpans)
}

function spanNamed(start: string): Span {
  const span = spans().find(({ name }) => name.startsWith(start))
  if (!span)
    throw new Error(
      `No span ${start} among ${spans()
        .map(({ name }) => name)
        .join(', ')}`,
    )
  return span
}

test('one trace goes from the request over the publish to the evict in another process', async () => {
  // The wrong way round, as it may happen if both are started at once: the one that publishes waits for the other.
  const userService = new Program('user-service', [example('user-service.ts')])
  await publisherRegistered()
  const feedService = new Program('feed-service', [example('feed-service.ts')])
  await feedService.printed('ready')
  expect(await userService.ended()).toBe(0)
  await feedService.printed('update from user-service: 2 feeds evicted')
  expect(await feedService.ended('SIGTERM')).toBe(0)

  const [request, publish, evict] = [spanNamed('PUT'), spanNamed('publish'), spanNamed('evict')]
  const { traceId } = request
  expect(publish).toMatchObject({ traceId, parentSpanId: request.spanId, service: 'user-service' })
  expect(evict).toMatchObject({ traceId, parentSpanId: publish.spanId, service: 'feed-service' })
  expect(evict.links).toEqual([{ traceId, spanId: publish.spanId }])
  expect(evict.attributes['feeds.evicted']).toBe(2)

  const attributes = [...received.values()].flat().join('\n')
  expect(attributes).toContain('process.command_args')
  expect(attributes, 'a URL may have a password in it').not.toContain(redis.url)

  const metrics = (received.get('/v1/metrics') ?? []).join('\n')
  expect(metrics).toContain('messaging.client.sent.messages')
  expect(metrics).toContain('cache_invalidation.propagation.duration')
}, 60_000)

test('a service that does nothing on SIGTERM ends all the same, and what it recorded last is sent before', async () => {
  const script = `
    import { trace } from '@opentelemetry/api'
    setInterval(() => undefined, 1_000)
    trace.getTracer('test').startSpan('the last').end()
    console.log('recorded')`
  const careless = new Program('careless', ['--input-type=module', '--eval', script])
  await careless.printed('recorded')
  expect(await careless.ended('SIGTERM')).toBe(143)
  expect(spanNamed('the last').service).toBe('careless')
}, 60_000)
