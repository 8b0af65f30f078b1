import { expect, test } from 'vitest'
import { chooseMoment } from '../../../examples/demo/tracing/moment.js'
import type { Span } from '../../../examples/demo/tracing/span.js'
import { absence, liveEvict, publishAt, replayedEvict } from './spans.js'

/** A publish at that time, handled live by the services, and by the gateway when it is back. */
function missed(id: string, startMs: number, services: readonly string[]): Span[] {
  const publish = publishAt(id, startMs)
  const live = services.map((service, index) => liveEvict(publish, service, startMs + 2 + index))
  return [publish, ...live, replayedEvict(publish, 'graphql-gateway', 6_000)]
}

test('a publish that the absent service missed is chosen, with its live evicts in order and its late one', () => {
  const [publish, first, second, late] = missed('p', 2_000, ['feed-service', 'search-service'])
  const spans = [late, second, publish, first].filter((span) => span !== undefined)
  expect(chooseMoment(spans, absence)).toEqual({ absence, publish, live: [first, second], late })
})

test('more live evicts are better than fewer, and an earlier publish than a later one', () => {
  const spans = [
    ...missed('lonely', 1_500, ['feed-service']),
    ...missed('later', 3_000, ['feed-service', 'search-service']),
    ...missed('earlier', 2_000, ['feed-service', 'search-service']),
  ]
  expect(chooseMoment(spans, absence)?.publish.spanId).toBe('earlier')
  expect(chooseMoment(spans.slice(0, 7), absence)?.publish.spanId).toBe('later')
})

test.each([
  ['before the service was gone', missed('p', 999, ['feed-service'])],
  ['after it was started again', missed('p', 5_001, ['feed-service'])],
  ['that nobody handled live', missed('p', 2_000, [])],
])('a publish %s is not chosen', (_what, spans) => {
  expect(chooseMoment(spans, absence)).toBeUndefined()
})

test('what another service replayed is not what was missed', () => {
  const publish = publishAt('p', 2_000)
  const spans = [publish, liveEvict(publish, 'search-service', 2_002), replayedEvict(publish, 'feed-service', 6_000)]
  expect(chooseMoment(spans, absence)).toBeUndefined()
})

test('an evict without a link to the publish does not count, whatever its ids', () => {
  const [publish, live, late] = missed('p', 2_000, ['feed-service'])
  if (!publish || !live || !late) throw new Error('Three spans expected')
  expect(
    chooseMoment([publish, live, { ...late, links: [{ traceId: 'other', spanId: 'p' }] }], absence),
  ).toBeUndefined()
})
