import { afterAll, beforeAll, expect, test } from 'vitest'
import { findTraceTarget } from '../../../examples/demo/tracing/target.js'
import { HttpListener } from './http-listener.js'

let otlp: HttpListener
let pages: HttpListener
let refusing: HttpListener
let gonePort: number

beforeAll(async () => {
  otlp = await HttpListener.start(200)
  pages = await HttpListener.start(200)
  refusing = await HttpListener.start(404)
  const gone = await HttpListener.start(200)
  gonePort = gone.port
  await gone.close()
})

afterAll(async () => {
  await Promise.all([otlp, pages, refusing].map((listener) => listener.close()))
})

test.each([
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }, 'http://127.0.0.1:1/v1/traces'],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1/otlp/' }, 'http://127.0.0.1:1/otlp/v1/traces'],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://other', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:1/traces' },
    'http://127.0.0.1:1/traces',
  ],
])('%j names %s, whoever listens there', async (env, url) => {
  const ports = { otlp: otlp.port, pages: gonePort }
  expect(await findTraceTarget(env, ports)).toEqual({ url, jaeger: undefined })
})

test("Jaeger's pages are found on the host that takes the traces", async () => {
  const ports = { otlp: gonePort, pages: pages.port }
  const jaeger = `http://localhost:${pages.port}`
  expect(await findTraceTarget({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: otlp.url }, ports)).toEqual({
    url: otlp.url,
    jaeger,
  })
  expect(pages.received.at(-1)?.url).toBe('/api/services')
})

test('where nothing is named, a Jaeger on this machine is found', async () => {
  const found = await findTraceTarget({}, { otlp: otlp.port, pages: pages.port })
  expect(found).toEqual({ url: otlp.url, jaeger: `http://localhost:${pages.port}` })
})

test('what takes traces without being a Jaeger gets none unasked, and neither does what takes none', async () => {
  expect(await findTraceTarget({}, { otlp: otlp.port, pages: gonePort })).toBeUndefined()
  expect(await findTraceTarget({}, { otlp: otlp.port, pages: refusing.port })).toBeUndefined()
  expect(await findTraceTarget({}, { otlp: refusing.port, pages: pages.port })).toBeUndefined()
})
