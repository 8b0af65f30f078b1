import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deleteMessage, type InvalidationMessage } from '../../../src/index.js'
import { encodeMessage } from '../../support/encode-message.js'
import { TracedFleet } from '../../support/traced-fleet.js'
import { idsOf, linksOf, parentOf, remoteContext, sampledTraceparent, TracedSpans } from '../../support/traced-spans.js'

let spans: TracedSpans
let fleet: TracedFleet

beforeEach(() => {
  spans = TracedSpans.setUp()
  fleet = new TracedFleet()
})

afterEach(() => spans.tearDown())

describe('the spans of a publish and its evicts', () => {
  it('are one tree: the caller, the publish, the evict, what the handler does', async () => {
    await fleet.follow({ handler: () => spans.within('clear', () => Promise.resolve()) })
    const publisher = await fleet.publisher()

    await fleet.done(spans.within('request', () => publisher.invalidate('user', '1')))

    const [publish, evict] = [spans.one('publish'), spans.one('evict')]
    expect(spans.ended.map(({ name }) => name).sort()).toEqual([
      'clear',
      'evict cache:invalidate',
      'publish cache:invalidate',
      'request',
    ])
    expect(publish.kind).toBe(SpanKind.PRODUCER)
    expect(parentOf(publish)).toBe(idsOf(spans.one('request')))
    expect(evict.kind).toBe(SpanKind.CONSUMER)
    expect(parentOf(evict)).toBe(idsOf(publish))
    expect(linksOf(evict)).toEqual([idsOf(publish)])
    expect(parentOf(spans.one('clear'))).toBe(idsOf(evict))
    expect(evict.status.code).toBe(SpanStatusCode.UNSET)
  })

  it('are the same for a message that was enqueued: its span ends when it is appended', async () => {
    const { handled } = await fleet.follow()
    const publisher = await fleet.publisher()

    await spans.within('request', () => {
      publisher.enqueue({ action: 'delete', entityType: 'user', entityId: '1' })
      return Promise.resolve()
    })
    await fleet.runtime.advance(100)

    expect(handled).toEqual(['1'])
    const [publish, evict] = [spans.one('publish'), spans.one('evict')]
    expect(parentOf(publish)).toBe(idsOf(spans.one('request')))
    expect(parentOf(evict)).toBe(idsOf(publish))
    expect(publish.attributes).toHaveProperty(['cache_invalidation.stream_id'])
    expect(() => publisher.enqueue({ action: 'delete', entityType: 'user', entityId: '' })).toThrow('entityId')
    expect(spans.of('publish').at(-1)?.status.code).toBe(SpanStatusCode.ERROR)
  })

  it('say what was published and evicted, where, and where it stands in the log', async () => {
    await fleet.follow({ name: 'profiles' })
    const publisher = await fleet.publisher()

    const { messageId, position } = await fleet.done(publisher.update('session', 'abc'))

    const [streamId, appendId] = position.split('@')
    const both = {
      'messaging.system': 'redis',
      'messaging.destination.name': 'cache:invalidate',
      'messaging.message.id': messageId,
      'cache_invalidation.action': 'update',
      'cache_invalidation.entity_type': 'session',
      'cache_invalidation.stream_id': streamId,
      'cache_invalidation.append_id': appendId,
    }
    expect(spans.one('publish').attributes).toEqual({
      ...both,
      'messaging.operation.name': 'publish',
      'messaging.operation.type': 'send',
    })
    expect(spans.one('evict').attributes).toEqual({
      ...both,
      'messaging.operation.name': 'evict',
      'messaging.operation.type': 'process',
      'cache_invalidation.subscription': 'profiles',
      'cache_invalidation.source_service': 'user-service',
      'cache_invalidation.delivery': 'live',
      'cache_invalidation.lag_ms': 0,
    })
    expect(spans.one('publish').instrumentationScope.name).toBe('cache-invalidation')
  })

  it('begin a trace of their own where the caller has none', async () => {
    await fleet.follow()
    const publisher = await fleet.publisher()

    await fleet.done(publisher.invalidatePattern('user:*'))

    expect(parentOf(spans.one('publish'))).toBeUndefined()
    expect(spans.one('publish').attributes).not.toHaveProperty('cache_invalidation.entity_type')
    expect(spans.one('evict').attributes).toMatchObject({ 'cache_invalidation.action': 'pattern' })
  })

  it('say that tags were invalidated, and not which, as with the keys of a batch', async () => {
    await fleet.follow()
    const publisher = await fleet.publisher()

    await fleet.done(publisher.invalidateTag('tenant:42', { mode: 'expire' }))

    for (const name of ['publish', 'evict']) {
      const { attributes } = spans.one(name)
      expect(attributes).toMatchObject({ 'cache_invalidation.action': 'tag' })
      expect(JSON.stringify(attributes)).not.toMatch(/entity_type|tenant|cache-tag/)
    }
  })

  it('are one evict for each subscription, each a child of the publish', async () => {
    await fleet.follow({ name: 'a' })
    await fleet.follow({ name: 'b' })
    const publisher = await fleet.publisher()

    await fleet.done(publisher.invalidate('user', '1'))

    const publish = idsOf(spans.one('publish'))
    expect(spans.of('evict').map(parentOf)).toEqual([publish, publish])
    expect(spans.of('evict').map(({ attributes }) => attributes['cache_invalidation.subscription'])).toEqual(['a', 'b'])
  })

  it('give each evict of a packed frame its own publish', async () => {
    await fleet.follow()
    const publisher = await fleet.publisher()
    const ids = ['1', '2', '3']

    const publishing = ids.map((id) => spans.within(`request-${id}`, () => publisher.invalidate('user', id)))
    const receipts = await fleet.done(Promise.all(publishing))

    expect(new Set(receipts.map(({ position }) => position)).size, 'entries').toBe(1)
    const [publishes, evicts] = [spans.of('publish'), spans.of('evict')]
    expect(evicts.map(parentOf)).toEqual(publishes.map(idsOf))
    expect(evicts.map(linksOf)).toEqual(publishes.map((publish) => [idsOf(publish)]))
    expect(publishes.map(parentOf)).toEqual(ids.map((id) => idsOf(spans.one(`request-${id}`))))
    expect(evicts.map(({ attributes }) => attributes['messaging.message.id'])).toEqual(
      receipts.map(({ messageId }) => messageId),
    )
    expect(evicts.map(({ attributes }) => attributes['messaging.batch.message_count'])).toEqual([3, 3, 3])
  })

  it('are traces of their own that link, where that was asked for', async () => {
    await fleet.follow({ connection: { consumerSpan: 'link' } })
    const publisher = await fleet.publisher()

    await fleet.done(publisher.invalidate('user', '1'))

    const [publish, evict] = [spans.one('publish'), spans.one('evict')]
    expect(parentOf(evict)).toBeUndefined()
    expect(evict.spanContext().traceId).not.toBe(publish.spanContext().traceId)
    expect(linksOf(evict)).toEqual([idsOf(publish)])
  })

  it('begin with the evict for a message that carries no trace, as the crate sends it', async () => {
    const handled: InvalidationMessage[] = []
    await fleet.follow({ handler: (message) => void handled.push(message) })

    fleet.log.publish(encodeMessage(deleteMessage('user', '1', 'rust-service', { runtime: fleet.runtime })))
    await fleet.runtime.advance(100)

    expect(handled).toHaveLength(1)
    const evict = spans.one('evict')
    expect(parentOf(evict)).toBeUndefined()
    expect(evict.links).toEqual([])
    expect(evict.attributes).toMatchObject({ 'cache_invalidation.source_service': 'rust-service' })
    expect(evict.attributes).not.toHaveProperty('cache_invalidation.stream_id')
  })

  it("carry the caller's tracestate on, and leave one behind that is longer than W3C asks to carry", async () => {
    await fleet.follow()
    const publisher = await fleet.publisher()
    const publishWithin = (tracestate: string) =>
      fleet.done(
        context.with(remoteContext(sampledTraceparent, tracestate), () => publisher.invalidate('user', tracestate)),
      )

    await publishWithin('vendor=value,other=1')
    await publishWithin(`vendor=${'x'.repeat(506)}`)

    const [kept, dropped] = spans.of('evict').map((evict) => evict.spanContext().traceState?.serialize())
    expect(kept).toBe('vendor=value,other=1')
    expect(dropped ?? '').toBe('')
    expect(spans.of('evict').map(parentOf)).toEqual(spans.of('publish').map(idsOf))
  })

  it('are still made where no propagator is set', async () => {
    await fleet.follow()
    const publisher = await fleet.publisher()
    spans.removePropagator()

    await fleet.done(publisher.invalidate('user', '1'))

    expect(parentOf(spans.one('evict'))).toBe(idsOf(spans.one('publish')))
  })

  it('are made by an SDK that is set up after connecting', async () => {
    await spans.tearDown()
    await fleet.follow()
    const publisher = await fleet.publisher()
    spans = TracedSpans.setUp()

    await fleet.done(publisher.invalidate('user', '1'))

    expect(parentOf(spans.one('evict'))).toBe(idsOf(spans.one('publish')))
  })

  it('leave a message without its trace that has no room for it', async () => {
    await fleet.follow()
    const publisher = await fleet.publisher()
    const empty = encodeMessage(deleteMessage('user', '1', 'user-service', { runtime: fleet.runtime, metadata: '' }))
    const metadata = 'x'.repeat(256 * 1024 - empty.length - 10)

    await fleet.done(publisher.publish({ action: 'delete', entityType: 'user', entityId: '1', metadata }))
    expect(fleet.newest).not.toHaveProperty('traceparent')
    expect(parentOf(spans.one('evict'))).toBeUndefined()

    await fleet.done(
      publisher.publish({ action: 'delete', entityType: 'user', entityId: '2', metadata: metadata.slice(100) }),
    )
    expect(fleet.newest).toHaveProperty('traceparent')
  })

  it('do not let the handler run within the span of whoever connected', async () => {
    let active: string | undefined
    const handler = (): void => {
      active = trace.getSpan(context.active())?.spanContext().spanId
    }
    await spans.within('startup', () => fleet.follow({ handler }))
    const publisher = await fleet.publisher()

    await fleet.done(publisher.invalidate('user', '1'))

    expect(active).toBe(spans.one('evict').spanContext().spanId)
  })
})
