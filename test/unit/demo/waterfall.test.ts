import { expect, test } from 'vitest'
import type { Paint } from '../../../examples/demo/screen/paint.js'
import { TimeAxis } from '../../../examples/demo/tracing/time-axis.js'
import { traceText } from '../../../examples/demo/tracing/trace-text.js'
import { drawWaterfall } from '../../../examples/demo/tracing/waterfall.js'
import { absence, liveEvict, publishAt, replayedEvict } from './spans.js'

const asIs = (text: string): string => text
const plain: Paint = { bold: asIs, dim: asIs, good: asIs, bad: asIs }

const publish = publishAt('p', 2_000)
const feed = liveEvict(publish, 'feed-service', 2_003)
const search = liveEvict(publish, 'search-service', 2_002)
const late = replayedEvict(publish, 'graphql-gateway', 5_300)
const moment = { absence, publish, live: [search, feed], late }

test('a waterfall has a row for each span, bars to one scale, and a break for the long gap', () => {
  expect(drawWaterfall(moment, 91, plain)).toEqual([
    'service          span                                                   after    took',
    'user-service     publish            ███████████            ┊             0 ms  2.0 ms',
    'search-service   ├ evict, live                 ██████      ┊             2 ms  1.0 ms',
    'feed-service     └ evict, live                      ██████ ┊             3 ms  1.0 ms',
    'graphql-gateway  ⇠ evict, replayed             3.3 s later ┊ ██████  3,300 ms  1.0 ms',
  ])
})

test('where the late evict follows at once, nothing is left out', () => {
  const soon = replayedEvict(publish, 'graphql-gateway', 2_005)
  const axis = new TimeAxis([publish, search, feed], soon, 30)
  expect([publish, search, feed, soon].map((span) => axis.bar(span))).toEqual([
    '██████████                    ',
    '          █████               ',
    '               █████          ',
    '                         █████',
  ])
})

test('a span that took no time is seen all the same, and a gap that does not fit is not told', () => {
  const instant = { ...publish, endMs: publish.startMs }
  const axis = new TimeAxis([instant], late, 6)
  expect([axis.bar(instant), axis.bar(late)]).toEqual(['█ ┊   ', '  ┊ ██'])
})

test('a narrow terminal gets short bars', () => {
  const [, first = ''] = drawWaterfall(moment, 20, plain)
  expect(first.length).toBeLessThan(80)
})

test('both traces are named, and linked where there is a Jaeger', () => {
  const options = { columns: 100, paint: plain, failure: undefined }
  const named = traceText(moment, { ...options, target: undefined })
  expect(named).toContain('A publish that graphql-gateway missed')
  expect(named).toMatch(/in one trace with it: {2}trace trace-of-p$/m)
  expect(named).toMatch(/with a link to the publish: {2}trace trace-of-replay$/m)
  const target = { url: 'http://localhost:4318/v1/traces', jaeger: 'http://localhost:16686' }
  const linked = traceText(moment, { ...options, target })
  expect(linked).toContain('http://localhost:16686/trace/trace-of-p\n')
  expect(linked).toContain('http://localhost:16686/trace/trace-of-replay\n')
})

test('a target that takes no traces is named without its password', () => {
  const target = { url: 'http://user:secret@collector:4318/v1/traces?key=secret', jaeger: undefined }
  const text = traceText(moment, { columns: 100, paint: plain, target, failure: 'it answered 401' })
  expect(text).toContain('Traces could not be passed on to http://collector:4318: it answered 401')
  expect(text).not.toContain('secret')
})

test('where there is no such publish, that is said', () => {
  const options = { columns: 100, paint: plain, target: undefined, failure: undefined }
  expect(traceText(undefined, options)).toBe('\nNo publish was traced that a service missed.\n')
})
