import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { Collector } from '../../../examples/demo/tracing/collector.js'
import { findTraceTarget } from '../../../examples/demo/tracing/target.js'

const request = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: 't', spanId: 's' }] }] }] })
const json = { 'content-type': 'application/json' }

const closing: (() => void)[] = []

afterEach(() => {
  for (const close of closing.splice(0)) close()
})

async function openCollector(url?: string): Promise<Collector> {
  const collector = await Collector.open(url === undefined ? undefined : { url, jaeger: undefined })
  closing.push(() => collector.close())
  return collector
}

/** Somebody who takes traces, or refuses them. */
async function startTarget(status: number) {
  const received: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = []
  const server = createServer((incoming, response) => {
    void text(incoming).then((body) => {
      received.push({ headers: incoming.headers, body })
      response.writeHead(status).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = () => server.close()
  closing.push(stop)
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('No port')
  return { url: `http://127.0.0.1:${address.port}/v1/traces`, received, stop }
}

test('spans are kept, and passed on as they came, with what the sender put in headers', async () => {
  const target = await startTarget(200)
  const collector = await openCollector(target.url)
  const headers = { ...json, authorization: 'Bearer token' }
  const response = await fetch(collector.endpoint, { method: 'POST', headers, body: request })
  expect(response.status).toBe(200)
  expect(collector.spans).toMatchObject([{ traceId: 't', spanId: 's' }])
  expect(await collector.passedOn()).toBeUndefined()
  expect(target.received).toMatchObject([{ headers, body: request }])
})

test('a target that refuses, or is not there, is told of', async () => {
  const refusing = await openCollector((await startTarget(503)).url)
  await fetch(refusing.endpoint, { method: 'POST', headers: json, body: request })
  expect(await refusing.passedOn()).toBe('it answered 503')

  const gone = await startTarget(200)
  gone.stop()
  const alone = await openCollector(gone.url)
  await fetch(alone.endpoint, { method: 'POST', headers: json, body: request })
  expect(await alone.passedOn()).toContain('ECONNREFUSED')
})

test('what is no JSON is refused, and the next request is taken', async () => {
  const collector = await openCollector()
  expect((await fetch(collector.endpoint, { method: 'POST', body: '{"resou' })).status).toBe(400)
  expect((await fetch(collector.endpoint, { method: 'POST', headers: json, body: request })).status).toBe(200)
  expect(collector.spans).toHaveLength(1)
})

test.each([
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }, 'http://127.0.0.1:1/v1/traces'],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1/otlp/' }, 'http://127.0.0.1:1/otlp/v1/traces'],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://other', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:1/traces' },
    'http://127.0.0.1:1/traces',
  ],
])('%j names %s', async (env, url) => {
  expect(await findTraceTarget(env)).toEqual({ url, jaeger: undefined })
})
