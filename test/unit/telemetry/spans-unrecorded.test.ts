import { context, trace } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deleteMessage, type SubscriberOptions } from '../../../src/index.js'
import { loadOpenTelemetry } from '../../../src/telemetry/open-telemetry.js'
import { OpenTelemetryPublisher } from '../../../src/telemetry/publisher-telemetry.js'
import { encodeMessage } from '../../support/encode-message.js'
import { TracedFleet } from '../../support/traced-fleet.js'
import {
  idsOf,
  linksOf,
  parentOf,
  TracedSpans,
  unsampledTraceparent,
  withinUnsampled,
} from '../../support/traced-spans.js'

const unsampledTraceId = unsampledTraceparent.split('-')[1]
const traceFields = ['traceparent', 'tracestate', 'trace_links']

let fleet: TracedFleet
/** The traces that the handler ran in. */
let handledIn: (string | undefined)[]

beforeEach(() => {
  fleet = new TracedFleet()
  handledIn = []
})

async function followed(connection: SubscriberOptions = {}): Promise<void> {
  const handler = (): void => {
    handledIn.push(trace.getSpanContext(context.active())?.traceId)
  }
  await fleet.follow({ handler, connection })
}

describe('without an SDK', () => {
  it('nothing is made for a publish, and messages carry nothing', async () => {
    await followed()
    const publisher = await fleet.publisher()

    await fleet.done(publisher.invalidate('user', '1'))

    for (const field of traceFields) expect(fleet.newest).not.toHaveProperty(field)
    expect(handledIn).toEqual([undefined])
    const openTelemetry = await loadOpenTelemetry()
    if (!openTelemetry) throw new Error('Expected @opentelemetry/api to be there')
    const { runtime } = fleet
    const telemetry = new OpenTelemetryPublisher(openTelemetry, {
      channel: 'channel',
      server: undefined,
      tracing: true,
      runtime,
      queued: () => 0,
    })
    expect(telemetry.publish()).toBeUndefined()
    telemetry.close()
  })
})

describe('with an SDK', () => {
  let spans: TracedSpans

  beforeEach(() => {
    spans = TracedSpans.setUp()
  })

  afterEach(() => spans.tearDown())

  it('a publish that is not sampled makes no evict, and what the handler does stays in its trace', async () => {
    await followed()
    const publisher = await fleet.publisher()

    await fleet.done(withinUnsampled(() => publisher.invalidate('user', '1')))

    expect(fleet.newest.traceparent).toMatch(new RegExp(`^00-${unsampledTraceId}-.*-00$`))
    expect(spans.ended).toEqual([])
    expect(handledIn).toEqual([unsampledTraceId])
  })

  it('so it does where it comes from another process', async () => {
    await followed()
    const message = encodeMessage(deleteMessage('user', '1', 'other-service', { runtime: fleet.runtime }))

    fleet.log.publish(`${message.slice(0, -1)},"traceparent":"${unsampledTraceparent}"}`)
    await fleet.runtime.advance(100)

    expect(spans.ended).toEqual([])
    expect(handledIn).toEqual([unsampledTraceId])
  })

  it('it makes an evict in a trace of its own where that was asked for', async () => {
    await followed({ traceUnsampled: true })
    const publisher = await fleet.publisher()

    await fleet.done(withinUnsampled(() => publisher.invalidate('user', '1')))

    const evict = spans.one('evict')
    expect(parentOf(evict)).toBeUndefined()
    expect(linksOf(evict)).toEqual([String(fleet.newest.traceparent).slice(3, 52)])
    expect(handledIn).toEqual([evict.spanContext().traceId])
  })

  it('a sampled one is the child of its publish also where unsampled ones are asked for', async () => {
    await followed({ traceUnsampled: true })
    const publisher = await fleet.publisher()

    await fleet.done(publisher.invalidate('user', '1'))

    expect(parentOf(spans.one('evict'))).toBe(idsOf(spans.one('publish')))
  })

  it('a publisher without tracing makes no span, and its messages carry nothing', async () => {
    await followed()
    const publisher = await fleet.publisher({ tracing: false })

    await fleet.done(spans.within('request', () => publisher.invalidate('user', '1')))

    for (const field of traceFields) expect(fleet.newest).not.toHaveProperty(field)
    expect(spans.of('publish')).toEqual([])
    expect(parentOf(spans.one('evict'))).toBeUndefined()
  })

  it('a subscriber without tracing makes no span of any kind', async () => {
    await followed({ tracing: false })
    const publisher = await fleet.publisher()

    await fleet.done(publisher.invalidate('user', '1'))
    fleet.log.cut('feeds')
    await fleet.done(publisher.invalidate('user', '2'))
    await fleet.runtime.advance(5_000)
    fleet.log.clear()
    await fleet.runtime.advance(5_000)

    expect(handledIn).toEqual([undefined, undefined, undefined])
    expect(new Set(spans.ended.map(({ name }) => name))).toEqual(new Set(['publish cache:invalidate']))
  })
})
