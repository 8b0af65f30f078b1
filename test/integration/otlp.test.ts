import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { deleteMessage } from '../../src/index.js'
import { durationBoundaries, instruments } from '../../src/telemetry/instruments.js'
import { encodeMessage } from '../support/encode-message.js'
import { metricAttributes } from '../support/metric-attributes.js'
import type { ReceivedSpan } from '../support/otlp/receiver.js'
import { type OtlpProtocol, startTimeoutMs, TracedServices } from '../support/otlp/traced-services.js'

/** As OTLP numbers them. */
const kinds = { internal: 1, client: 3, producer: 4, consumer: 5 }
const error = 2

// Processes that start take long where the machine is busy.
vi.setConfig({ testTimeout: startTimeoutMs })

const subscribers = ['feed-service', 'profile-service']
const user = (entityId: string) => ({ action: 'delete', entityType: 'user', entityId }) as const

describe.each<OtlpProtocol>(['http/json', 'http/protobuf'])('spans and metrics over %s', (protocol) => {
  let services: TracedServices

  beforeAll(async () => {
    services = await TracedServices.start(protocol, subscribers)
  }, startTimeoutMs)

  afterAll(() => services.stop())

  const isOf = (span: ReceivedSpan, operation: string, messageId?: string): boolean =>
    span.name === `${operation} cache:invalidate` &&
    (messageId === undefined || span.attributes['messaging.message.id'] === messageId)

  async function publishOf(messageId: string): Promise<ReceivedSpan> {
    const [publish] = await services.receiver.spansThat((span) => isOf(span, 'publish', messageId), 1, 'publish')
    if (!publish) throw new Error(`Expected a publish of ${messageId}`)
    return publish
  }

  /** The evicts of a message, in order of their services: one each. */
  async function evictsOf(messageId: string): Promise<ReceivedSpan[]> {
    const evicts = await services.receiver.spansThat((span) => isOf(span, 'evict', messageId), 2, `evict ${messageId}`)
    const sorted = evicts.toSorted((a, b) => a.service.localeCompare(b.service))
    expect(sorted.map(({ service }) => service)).toEqual(subscribers)
    return sorted
  }

  it('are one tree for a publish: the request, the publish, an evict in each process, what the handler does', async () => {
    const { request, receipts } = await services.publish(user('1'))

    const [{ messageId, position }] = receipts as [(typeof receipts)[0]]
    const [publish, evicts] = [await publishOf(messageId), await evictsOf(messageId)]
    const [caller] = await services.receiver.spansThat(({ name }) => name === request, 1, request)
    expect(publish.parent).toBe(caller?.id)
    expect([publish.service, publish.kind]).toEqual(['user-service', kinds.producer])
    const [streamId, appendId] = position.split('@')
    const both = {
      'messaging.system': 'redis',
      'messaging.destination.name': 'cache:invalidate',
      'messaging.message.id': messageId,
      'server.address': '127.0.0.1',
      'server.port': services.server.port,
      'cache_invalidation.action': 'delete',
      'cache_invalidation.entity_type': 'user',
      'cache_invalidation.stream_id': streamId,
      'cache_invalidation.append_id': appendId,
    }
    expect(publish.attributes).toEqual({
      ...both,
      'messaging.operation.name': 'publish',
      'messaging.operation.type': 'send',
    })
    for (const evict of evicts) {
      expect(evict.kind).toBe(kinds.consumer)
      expect(evict.traceId).toBe(caller?.traceId)
      expect(evict.parent).toBe(publish.id)
      expect(evict.links).toEqual([publish.id])
      expect(evict.attributes).toEqual({
        ...both,
        'messaging.operation.name': 'evict',
        'messaging.operation.type': 'process',
        'cache_invalidation.subscription': evict.service,
        'cache_invalidation.source_service': 'user-service',
        'cache_invalidation.delivery': 'live',
        'cache_invalidation.lag_ms': expect.any(Number) as number,
      })
    }
    const own = await services.receiver.spansThat(
      ({ name, traceId }) => name === 'clear' && traceId === publish.traceId,
      2,
      'clear',
    )
    expect(own.map(({ parent }) => parent).sort()).toEqual(evicts.map(({ id }) => id).sort())
  })

  it('give each evict of a packed frame the publish that it belongs to', async () => {
    const { receipts } = await services.publish(...['1', '2', '3', '4'].map(user))

    expect(new Set(receipts.map(({ position }) => position)).size, 'entries').toBe(1)
    for (const { messageId } of receipts) {
      const publish = await publishOf(messageId)
      for (const evict of await evictsOf(messageId)) {
        expect(evict).toMatchObject({ parent: publish.id, links: [publish.id] })
        expect(evict.attributes['messaging.batch.message_count']).toBe(4)
      }
    }
  })

  it('link an evict to all the publishes that became one message', async () => {
    const { request, receipts } = await services.publish(user('1'), user('1'), user('1'))

    const messageIds = new Set(receipts.map(({ messageId }) => messageId))
    expect(messageIds.size).toBe(1)
    const [messageId = ''] = messageIds
    const [caller] = await services.receiver.spansThat(({ name }) => name === request, 1, request)
    const publishes = await services.receiver.spansThat(({ parent }) => parent === caller?.id, 3, 'publish')
    for (const evict of await evictsOf(messageId)) {
      expect(evict.links.toSorted()).toEqual(publishes.map(({ id }) => id).sort())
      expect(publishes.map(({ id }) => id)).toContain(evict.parent)
    }
  })

  it('begin with the evict where a message carries no trace, as the crate sends it, or ours with its extras gone', async () => {
    const plain = encodeMessage(deleteMessage('user', '1', 'rust-service'))
    const { receipts } = await services.publish(user('2'))
    const stored = await services.redis.xrevrange('{cache:invalidate}:stream', '+', '-', 'COUNT', 1)
    const { traceparent, ...ours } = JSON.parse(stored[0]?.[1].at(-1) ?? '') as Record<string, unknown>
    expect(traceparent).toMatch(/^00-/)
    expect(ours.message_id).toBe(receipts[0]?.messageId)

    for (const text of [plain, JSON.stringify({ ...ours, message_id: `${protocol}-stripped` })]) {
      await services.publishPlain(text)
      const { message_id: messageId } = JSON.parse(text) as { message_id: string }
      for (const evict of await evictsOf(messageId)) {
        expect([evict.parent, evict.links]).toEqual([undefined, []])
        expect(evict.attributes).not.toHaveProperty('cache_invalidation.stream_id')
      }
    }
  })

  it('tell of a handler that fails: each retry, the dead letter, the error', async () => {
    const { receipts } = await services.publish(
      { action: 'update', entityType: 'flaky', entityId: '1' },
      { action: 'update', entityType: 'poison', entityId: '1' },
    )

    const [flaky, poison] = await Promise.all(receipts.map(({ messageId }) => evictsOf(messageId)))
    for (const { events, status } of flaky ?? []) {
      expect(events.map(({ name }) => name)).toEqual(['cache_invalidation.retry'])
      expect(events[0]?.attributes).toMatchObject({ 'cache_invalidation.attempt': 1, 'error.type': 'HANDLER' })
      expect(status.code).not.toBe(error)
    }
    for (const { events, status, attributes } of poison ?? []) {
      expect(events.map(({ name }) => name)).toEqual([
        'cache_invalidation.retry',
        'exception',
        'cache_invalidation.dead_letter',
      ])
      expect(attributes['error.type']).toBe('HANDLER')
      expect(status.code).toBe(error)
      expect(status.message).toContain('Not today')
    }
  })

  it('link what a restarted process replays to the publishes that it missed', async () => {
    const [service = ''] = subscribers
    await services.subscribers.get(service)?.kill()
    const { receipts } = await services.publish(...['11', '12'].map(user))
    await services.startSubscriber(service)

    for (const { messageId } of receipts) {
      const publish = await publishOf(messageId)
      const [evict] = await evictsOf(messageId)
      expect(evict?.attributes['cache_invalidation.delivery']).toBe('replay')
      expect(evict?.links).toEqual([publish.id])
      const [replay] = await services.receiver.spansThat(({ id }) => id === evict?.parent, 1, 'replay')
      expect(replay).toMatchObject({ service, name: 'replay cache:invalidate', kind: kinds.client, parent: undefined })
      expect(replay?.traceId).not.toBe(publish.traceId)
      expect(replay?.links).toContain(publish.id)
    }
  })

  it('keep what waited in the send queue, while Redis was away, in the trace of its publish', async () => {
    await services.server.kill()
    await services.disconnected()
    const request = services.beginPublish(user('21'))
    await services.server.restart()
    const receipts = await services.published(request)

    const [messageId = ''] = receipts.map((receipt) => receipt.messageId)
    const publish = await publishOf(messageId)
    const [caller] = await services.receiver.spansThat(({ name }) => name === request, 1, request)
    expect(publish.parent).toBe(caller?.id)
    expect(publish.events.map(({ name }) => name)).toEqual([
      'cache_invalidation.send_queue.queued',
      'cache_invalidation.send_queue.sent',
    ])
    expect((await evictsOf(messageId)).map(({ links }) => links)).toEqual([[publish.id], [publish.id]])
  })

  it('tell of a resync: why, and the evict of everything', async () => {
    await services.redis.flushall()

    const resyncs = await services.receiver.spansThat((span) => isOf(span, 'resync'), 2, 'resync')
    expect(resyncs.map(({ service }) => service).sort()).toEqual(subscribers)
    for (const { id, kind, parent, attributes } of resyncs) {
      expect([kind, parent]).toEqual([kinds.internal, undefined])
      expect(attributes['cache_invalidation.reason']).toBe('log-lost')
      const [evict] = await services.receiver.spansThat((span) => isOf(span, 'evict') && span.parent === id, 1, 'evict')
      expect(evict?.attributes).toMatchObject({
        'cache_invalidation.delivery': 'resync',
        'cache_invalidation.action': 'pattern',
      })
    }
  })

  it('are there for a cache: the load that a read caused, and not the hit after it', async () => {
    const { receiver } = services
    const [reader] = await receiver.spansThat(({ name }) => name === 'cached', 1, 'cached')
    const [load] = await receiver.spansThat(({ parent }) => parent === reader?.id, 1, 'load')
    expect([load?.name, load?.kind]).toEqual(['load cache:invalidate:cached', kinds.internal])
    expect(load?.attributes).toEqual({
      'cache_invalidation.subscription': 'users',
      'cache_invalidation.entity_type': 'user',
      'cache_invalidation.reason': 'absent',
      'cache_invalidation.outcome': 'stored',
    })
    const values = (name: string): number[] =>
      receiver.metric(name).flatMap(({ points }) => points.map(({ value }) => value))
    const hits = await receiver.received(() => values(instruments.cacheHits.name).find((value) => value > 0), 'a hit')
    expect(hits).toBe(1)
    expect(values(instruments.cacheLoads.name)).toEqual([1])
  })

  it('sum up to what happened, in the units and buckets that are documented', async () => {
    const { receiver, messageIds } = services
    const total = (name: string, service: string, delivery?: string): number =>
      receiver
        .metric(name)
        .filter((metric) => metric.service === service)
        .flatMap(({ points }) => points)
        .filter(({ attributes }) => delivery === undefined || attributes['cache_invalidation.delivery'] === delivery)
        .reduce((sum, { value }) => sum + value, 0)
    // The one that ran all along; what it printed is what its handler was called with.
    const [, service = ''] = subscribers
    const handled = (mode: string): number =>
      services.subscribers.get(service)?.lines.filter((line) => line.mode === mode && line.attempt === 1).length ?? 0
    const expected = {
      sent: messageIds.size,
      live: handled('live'),
      replay: handled('replay'),
      resync: handled('resync'),
      deadLetters: 1,
      resyncs: 1,
    }
    const totals = (): typeof expected => ({
      sent: total(instruments.sent.name, 'user-service'),
      live: total(instruments.consumed.name, service, 'live'),
      replay: total(instruments.consumed.name, service, 'replay'),
      resync: total(instruments.consumed.name, service, 'resync'),
      deadLetters: total(instruments.deadLetters.name, service),
      resyncs: total(instruments.resyncs.name, service),
    })
    await receiver
      .received(() => (JSON.stringify(totals()) === JSON.stringify(expected) ? true : undefined), 'the totals')
      .catch(() => expect(totals()).toEqual(expected))

    for (const { name, unit, kind } of Object.values(instruments)) {
      const received = receiver.metric(name)
      expect(received.length, name).toBeGreaterThan(0)
      for (const metric of received) expect(metric, name).toMatchObject({ unit, kind })
      const bounds = received.flatMap(({ points }) => points.map((point) => point.bounds))
      for (const each of bounds) expect(each, name).toEqual(kind === 'histogram' ? durationBoundaries : [])
    }
    const documented = new Set<string>(metricAttributes)
    const carried = receiver.metrics.flatMap(({ points }) => points.flatMap((point) => Object.keys(point.attributes)))
    expect(carried.filter((key) => !documented.has(key))).toEqual([])
    expect(receiver.contentTypes).toEqual(
      new Set([protocol === 'http/json' ? 'application/json' : 'application/x-protobuf']),
    )
  })
})
