import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type InvalidationPublisher, redisCursor } from '../../../src/index.js'
import { ids } from '../../support/handled.js'
import { TracedFleet } from '../../support/traced-fleet.js'
import {
  idsOf,
  linksOf,
  parentOf,
  type ReadableSpan,
  TracedSpans,
  withinUnsampled,
} from '../../support/traced-spans.js'
import type { Follower } from '../../support/virtual-fleet.js'

let spans: TracedSpans
let fleet: TracedFleet
let publisher: InvalidationPublisher

beforeEach(async () => {
  spans = TracedSpans.setUp()
  fleet = new TracedFleet()
  publisher = await fleet.publisher()
})

afterEach(() => spans.tearDown())

const durable = { name: 'profiles', cursor: redisCursor(), startAt: 'head', commitIntervalMs: 0 }

async function publish(...published: string[]): Promise<void> {
  for (const id of published) await fleet.done(publisher.invalidate('user', id))
}

function delivered(mode: string): ReadableSpan[] {
  return spans.of('evict').filter(({ attributes }) => attributes['cache_invalidation.delivery'] === mode)
}

/** Its subscriber is deaf and then cut off while this runs, so that what is published meanwhile is read from the log. */
async function missing({ subscription }: Follower, run: () => Promise<void>): Promise<void> {
  fleet.log.deafen()
  await run()
  fleet.log.cut('feeds')
  await fleet.done(subscription.caughtUp({ timeoutMs: 30_000 }))
}

describe('the span of a replay', () => {
  it('is the root of the evicts that a restarted process makes up for, which link to their publishes', async () => {
    const before = await fleet.follow(durable)
    await publish('1')
    await fleet.done(before.subscriber.close())
    await publish('2', '3')

    const after = await fleet.follow(durable)
    await fleet.done(after.subscription.caughtUp())

    const replay = spans.one('replay')
    const [, ...missed] = spans.of('publish')
    expect(replay.kind).toBe(SpanKind.CLIENT)
    expect(parentOf(replay)).toBeUndefined()
    expect(linksOf(replay)).toEqual(missed.map(idsOf))
    expect(replay.attributes).toEqual({
      'messaging.system': 'redis',
      'messaging.destination.name': 'cache:invalidate',
      'messaging.operation.name': 'replay',
      'messaging.operation.type': 'receive',
      'messaging.batch.message_count': 2,
      'cache_invalidation.subscription': 'profiles',
      'cache_invalidation.from': after.replays[0]?.from,
      'cache_invalidation.to': after.replays[0]?.to,
      'cache_invalidation.entries': 2,
      'cache_invalidation.forked': false,
    })
    expect(delivered('replay').map(parentOf)).toEqual([idsOf(replay), idsOf(replay)])
    expect(delivered('replay').map(linksOf)).toEqual(missed.map((each) => [idsOf(each)]))
    expect(delivered('replay').map(({ attributes }) => attributes['messaging.message.id'])).toEqual(
      missed.map(({ attributes }) => attributes['messaging.message.id']),
    )
    expect(delivered('live')).toHaveLength(1)
  })

  it('links to the first few of many publishes, and each evict to its own', async () => {
    const follower = await fleet.follow()

    await missing(follower, () => publish(...ids(1, 50)))

    expect(spans.one('replay').links).toHaveLength(32)
    expect(delivered('replay').flatMap(linksOf)).toEqual(spans.of('publish').map(idsOf))
  })

  it('leaves publishes alone that are not recorded', async () => {
    const follower = await fleet.follow()

    await missing(follower, async () => {
      await withinUnsampled(() => publish('1', '2'))
      await publish('3')
    })

    const links = [idsOf(spans.one('publish'))]
    expect(linksOf(spans.one('replay'))).toEqual(links)
    expect(spans.of('evict').map(linksOf)).toEqual([links])
    expect(follower.handled).toEqual(['1', '2', '3'])
  })

  it('ends with the error of a reading that failed, and another one follows', async () => {
    fleet = new TracedFleet({ latencyMs: 100 })
    publisher = await fleet.publisher()
    const before = await fleet.follow(durable)
    await fleet.done(before.subscription.caughtUp())
    await publish('1')
    await fleet.done(before.subscriber.close())
    await publish('2')

    const link = fleet.log.link()
    const { subscription } = await fleet.follow({ ...durable, log: link })
    while (subscription.state !== 'replaying') await fleet.runtime.advance(10)
    // Its cursor is read, then where that stands in the log, then the entries.
    await fleet.runtime.advance(250)
    link.cut('commands')
    await fleet.runtime.advance(2_000)

    const [failed, complete] = spans.of('replay')
    expect(failed?.status.code).toBe(SpanStatusCode.ERROR)
    expect(failed?.attributes['error.type']).toBe('REDIS')
    expect(complete?.status.code).toBe(SpanStatusCode.UNSET)
    expect(delivered('replay').map(parentOf)).toEqual([complete && idsOf(complete)])
  })
})

describe('the span of a resync', () => {
  it('is the root of the evict of everything, and says why', async () => {
    const { resyncs } = await fleet.follow({ name: 'profiles' })
    await publish('1')
    fleet.log.clear()
    await fleet.runtime.advance(5_000)

    const resync = spans.one('resync')
    expect(resync.kind).toBe(SpanKind.INTERNAL)
    expect(parentOf(resync)).toBeUndefined()
    expect(resync.links, 'what it makes up for is gone').toEqual([])
    expect(resync.attributes).toEqual({
      'messaging.system': 'redis',
      'messaging.destination.name': 'cache:invalidate',
      'messaging.operation.name': 'resync',
      'cache_invalidation.subscription': 'profiles',
      'cache_invalidation.reason': 'log-lost',
      'cache_invalidation.from': resyncs[0]?.from,
      'cache_invalidation.to': resyncs[0]?.to,
    })
    const [evict] = delivered('resync')
    expect(evict && parentOf(evict)).toBe(idsOf(resync))
    expect(evict?.links).toEqual([])
    expect(evict?.attributes).not.toHaveProperty('cache_invalidation.stream_id')
  })

  it('links to the newest publish it makes up for, and tells how many are gone', async () => {
    const follower = await fleet.follow()
    await publish('1')
    await missing(follower, async () => {
      await publish('2', '3', '4')
      fleet.log.trim(1)
    })

    const newest = spans.of('publish').at(-1)
    expect(linksOf(spans.one('resync'))).toEqual([newest && idsOf(newest)])
    expect(spans.one('resync').attributes).toMatchObject({
      'cache_invalidation.reason': 'trimmed',
      'cache_invalidation.missed': 2,
    })
    expect(delivered('resync')).toHaveLength(1)
  })

  it('links to every publish of the newest frame', async () => {
    const follower = await fleet.follow()
    await publish('1')
    await missing(follower, async () => {
      await publish('2')
      await fleet.done(Promise.all(['3', '4'].map((id) => publisher.invalidate('user', id))))
      fleet.log.trim(1)
    })

    const packed = spans.of('publish').slice(-2)
    expect(linksOf(spans.one('resync'))).toEqual(packed.map(idsOf))
  })

  it('follows a replay that found entries deleted', async () => {
    const follower = await fleet.follow()
    await missing(follower, async () => {
      await publish('1', '2', '3')
      fleet.log.deleteEntries(fleet.log.entries().at(-2)?.position.streamId ?? '')
    })

    expect(spans.one('replay').attributes).toMatchObject({ 'cache_invalidation.entries': 0 })
    expect(spans.one('resync').attributes).toMatchObject({ 'cache_invalidation.reason': 'deleted' })
  })

  it('is made where the application only wants to be notified, without an evict', async () => {
    await fleet.follow({ onResync: 'notify' })
    fleet.log.clear()
    await fleet.runtime.advance(5_000)

    expect(spans.one('resync').attributes).toMatchObject({ 'cache_invalidation.reason': 'log-lost' })
    expect(spans.of('evict')).toEqual([])
  })
})

describe('what is appended again', () => {
  it('after a failover lost it still belongs to its publish', async () => {
    await fleet.follow()
    await publish('1', '2')
    const { traceparent } = fleet.newest
    const lost = fleet.log.entries().at(-1)?.position
    fleet.log.failOver({ lose: 1 })
    await fleet.runtime.advance(5_000)

    expect(fleet.newest.traceparent).toBe(traceparent)
    expect(fleet.log.entries().at(-1)?.position).not.toEqual(lost)
    const last = spans.of('publish').at(-1)
    const evicts = spans.of('evict').slice(1)
    expect(evicts.length).toBeGreaterThan(1)
    expect(new Set(evicts.flatMap(linksOf))).toEqual(new Set([last && idsOf(last)]))
  })

  it('because its acknowledgement got lost makes two evicts of one publish', async () => {
    await fleet.follow()
    fleet.log.loseAcknowledgements(1)
    await publish('1')
    await fleet.runtime.advance(1_000)

    const one = idsOf(spans.one('publish'))
    expect(spans.of('evict').map(parentOf)).toEqual([one, one])
  })
})
