import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deleteMessage } from '../../../src/index.js'
import { encodeMessage } from '../../support/encode-message.js'
import { TracedFleet } from '../../support/traced-fleet.js'
import { linksOf, parentOf, sampledTraceparent, TracedSpans, unsampledTraceparent } from '../../support/traced-spans.js'

let spans: TracedSpans
let fleet: TracedFleet

beforeEach(() => {
  spans = TracedSpans.setUp()
  fleet = new TracedFleet()
})

afterEach(() => spans.tearDown())

/** Somebody publishes a message with these fields; it is handled. */
async function receive(fields: Record<string, unknown>): Promise<void> {
  const follower = await fleet.follow()
  const message = deleteMessage('user', '1', 'somebody', { runtime: fleet.runtime })
  fleet.log.publish(JSON.stringify({ ...(JSON.parse(encodeMessage(message)) as object), ...fields }))
  await fleet.runtime.advance(100)
  expect(follower.handled).toEqual(['1'])
  expect(follower.errors).toEqual([])
}

const [, traceId = '', spanId = ''] = sampledTraceparent.split('-')
const ids = `${traceId}-${spanId}`

describe('a traceparent on the wire', () => {
  it.each([
    ['garbage', 'garbage'],
    ['empty', ''],
    ['cut short', sampledTraceparent.slice(0, -1)],
    ['too long for its version', `${sampledTraceparent}-00`],
    ['with spaces', ` ${sampledTraceparent}`],
    ['in capitals', sampledTraceparent.toUpperCase()],
    ['of the version that there is not', `ff-${ids}-01`],
    ['with a trace id of zeros', `00-${'0'.repeat(32)}-${spanId}-01`],
    ['with a span id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['of a version that goes on for ever', `01-${ids}-01-${'x'.repeat(200_000)}`],
    ['a number', 1],
    ['null', null],
    ['an array', [sampledTraceparent]],
    ['an object', { toString: sampledTraceparent }],
  ])('that is %s is none', async (_, traceparent) => {
    await receive({ traceparent, tracestate: 'vendor=value' })

    const evict = spans.one('evict')
    expect(parentOf(evict)).toBeUndefined()
    expect(evict.links).toEqual([])
  })

  it.each([
    ['of this version', sampledTraceparent],
    ['of a later one', `01-${ids}-01`],
    ['of a later one, with more behind it', `01-${ids}-01-more`],
    ['with flags that are not known', `00-${ids}-ff`],
  ])('%s is taken', async (_, traceparent) => {
    await receive({ traceparent })

    expect(parentOf(spans.one('evict'))).toBe(ids)
  })

  it('says by its flags alone whether it is recorded', async () => {
    await receive({ traceparent: `00-${ids}-fe` })

    expect(spans.ended).toEqual([])
  })
})

describe('what comes with a traceparent on the wire', () => {
  it.each([
    ['a number', 1],
    ['an array', ['a=b']],
    ['longer than is carried', `vendor=${'x'.repeat(10_000)}`],
  ])('as its tracestate is left behind where it is %s', async (_, tracestate) => {
    await receive({ traceparent: sampledTraceparent, tracestate })

    const { traceState } = spans.one('evict').spanContext()
    expect(traceState?.serialize() ?? '').toBe('')
  })

  it.each([
    ['no array', sampledTraceparent],
    ['an object', { length: 2 }],
    ['of garbage', ['garbage', 1, null, [], {}]],
    ['of more than there can be, all garbage', Array.from({ length: 60_000 }, () => 1)],
  ])('as its links is left behind where it is %s', async (_, links) => {
    await receive({ traceparent: sampledTraceparent, trace_links: links })

    expect(linksOf(spans.one('evict'))).toEqual([ids])
  })

  it('as its links is cut to as many as there can be', async () => {
    await receive({
      traceparent: unsampledTraceparent,
      trace_links: Array.from({ length: 4_000 }, () => sampledTraceparent),
    })

    expect(linksOf(spans.one('evict')), 'not to the message, which is unsampled').toHaveLength(16)
  })

  it('as links without a traceparent links to nothing', async () => {
    await receive({ trace_links: [sampledTraceparent] })

    expect(spans.one('evict').links).toEqual([])
  })
})
