import { expect, test } from 'vitest'
import { readSpans } from '../../../examples/demo/tracing/read-otlp.js'

const attribute = (key: string, value: object): object => ({ key, value })

test('spans are read with the service of their process, times in milliseconds, attributes and links', () => {
  const span = {
    traceId: 't',
    spanId: 's',
    parentSpanId: 'p',
    name: 'evict demo',
    kind: 5,
    startTimeUnixNano: '1795365850251250000',
    endTimeUnixNano: '1795365850253500000',
    attributes: [
      attribute('cache_invalidation.delivery', { stringValue: 'live' }),
      attribute('cache_invalidation.lag_ms', { intValue: 3 }),
      attribute('cache_invalidation.forked', { boolValue: false }),
      attribute('of no use here', { arrayValue: { values: [] } }),
    ],
    links: [{ traceId: 't', spanId: 'p', attributes: [] }],
  }
  const resource = { attributes: [attribute('service.name', { stringValue: 'feed-service' })] }
  const request = {
    resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'cache-invalidation' }, spans: [span] }] }],
  }
  expect(readSpans(JSON.stringify(request))).toEqual([
    {
      traceId: 't',
      spanId: 's',
      parentSpanId: 'p',
      name: 'evict demo',
      service: 'feed-service',
      startMs: 1_795_365_850_251.25,
      endMs: 1_795_365_850_253.5,
      attributes: {
        'cache_invalidation.delivery': 'live',
        'cache_invalidation.lag_ms': 3,
        'cache_invalidation.forked': false,
      },
      links: [{ traceId: 't', spanId: 'p' }],
    },
  ])
})

test.each(['{}', 'null', '{"resourceSpans":[{}]}', '{"resourceSpans":"none"}'])('%s has no spans', (json) => {
  expect(readSpans(json)).toEqual([])
})

test('what is no JSON is refused', () => {
  expect(() => readSpans('{"resourceSpans":[')).toThrow(SyntaxError)
})
