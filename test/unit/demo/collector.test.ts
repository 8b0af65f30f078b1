import { afterEach, expect, test } from 'vitest'
import { Collector } from '../../../examples/demo/tracing/collector.js'
import { HttpListener } from './http-listener.js'

const request = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: 't', spanId: 's' }] }] }] })
const json = { 'content-type': 'application/json' }

const collectors: Collector[] = []

afterEach(() => {
  for (const collector of collectors.splice(0)) collector.close()
})

async function openCollector(url?: string): Promise<Collector> {
  const collector = await Collector.open(url === undefined ? undefined : { url, jaeger: undefined })
  collectors.push(collector)
  return collector
}

function send(collector: Collector, body: string, headers: Record<string, string> = json): Promise<Response> {
  return fetch(collector.endpoint, { method: 'POST', headers, body })
}

test('spans are kept, and passed on as they came, with what the sender put in headers', async () => {
  const target = await HttpListener.start(200)
  const collector = await openCollector(target.url)
  const headers = { ...json, authorization: 'Bearer token' }
  expect((await send(collector, request, headers)).status).toBe(200)
  expect(collector.spans).toMatchObject([{ traceId: 't', spanId: 's' }])
  expect(await collector.passedOn()).toBeUndefined()
  expect(target.received).toMatchObject([{ method: 'POST', url: '/v1/traces', headers, body: request }])
  await target.close()
})

test('a target that refuses is told of', async () => {
  const target = await HttpListener.start(503)
  const collector = await openCollector(target.url)
  await send(collector, request)
  expect(await collector.passedOn()).toBe('it answered 503')
  await target.close()
})

test('a target that is not there is told of', async () => {
  const target = await HttpListener.start(200)
  await target.close()
  const collector = await openCollector(target.url)
  await send(collector, request)
  expect(await collector.passedOn()).toContain('ECONNREFUSED')
  expect(collector.spans).toHaveLength(1)
})

test('what is no JSON is refused, and the next request is taken', async () => {
  const collector = await openCollector()
  expect((await send(collector, '{"resou')).status).toBe(400)
  expect((await send(collector, request)).status).toBe(200)
  expect(collector.spans).toHaveLength(1)
})
