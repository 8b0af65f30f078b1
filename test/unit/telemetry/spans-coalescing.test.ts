import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { InvalidationPublisher, PublisherOptions, Receipt } from '../../../src/index.js'
import { TracedFleet } from '../../support/traced-fleet.js'
import { eventsOf, idsOf, linksOf, parentOf, TracedSpans, withinUnsampled } from '../../support/traced-spans.js'

let spans: TracedSpans
let fleet: TracedFleet
let publisher: InvalidationPublisher

beforeEach(() => {
  spans = TracedSpans.setUp()
  fleet = new TracedFleet()
})

afterEach(() => spans.tearDown())

/** A follower, and a publisher whose connection is down. */
async function outage(options: PublisherOptions = {}): Promise<void> {
  await fleet.follow()
  publisher = await fleet.publisher(options)
  fleet.publishing.cut()
}

function publishTimes(count: number): Promise<Receipt>[] {
  return Array.from({ length: count }, () => publisher.invalidate('user', '1'))
}

describe('publishes that became one message', () => {
  it('are all linked to by its evict, which is the child of the first', async () => {
    await outage()

    const receipts = await fleet.done(Promise.all(publishTimes(3)))

    const [publishes, evict] = [spans.of('publish'), spans.one('evict')]
    expect(publishes).toHaveLength(3)
    expect(parentOf(evict)).toBe(fleet.newest.traceparent?.toString().slice(3, 52))
    expect(linksOf(evict).sort()).toEqual(publishes.map(idsOf).sort())
    const messageId = receipts[0]?.messageId
    const into = publishes.map(({ attributes }) => attributes['cache_invalidation.coalesced_into'])
    expect(into.sort()).toEqual([messageId, messageId, undefined])
  })

  it('tell of their wait in the send queue, each', async () => {
    await outage()

    await fleet.done(Promise.all(publishTimes(2)))

    const events = ['cache_invalidation.send_queue.queued', 'cache_invalidation.send_queue.sent']
    expect(spans.of('publish').map(eventsOf)).toEqual([events, events])
    expect(spans.of('publish')[0]?.events[0]?.attributes).toEqual({ 'cache_invalidation.send_queue.size': 1 })
  })

  it('make an evict where only one that joined is sampled: its child, with a link to it', async () => {
    await outage()

    const unsampled = withinUnsampled(() => publishTimes(2))
    await fleet.done(Promise.all([...unsampled, ...publishTimes(1)]))

    const [publish, evict] = [spans.one('publish'), spans.one('evict')]
    expect(parentOf(evict)).toBe(idsOf(publish))
    expect(linksOf(evict), 'not to the first, whose message it is: nothing is known of that').toEqual([idsOf(publish)])
  })

  it.each<[string, string, () => void]>([
    ['a replay', 'replay', () => undefined],
    ['a resync', 'resync', () => fleet.log.trim(1)],
  ])('are linked to by %s only if they are sampled', async (_title, name, meanwhile) => {
    const { subscription } = await fleet.follow()
    publisher = await fleet.publisher()
    await fleet.done(Promise.all(withinUnsampled(() => publishTimes(1))))
    fleet.log.deafen()
    await fleet.done(Promise.all(withinUnsampled(() => publishTimes(1))))
    fleet.publishing.cut()
    const unsampled = withinUnsampled(() => publishTimes(2))
    await fleet.done(Promise.all([...unsampled, ...publishTimes(2)]))
    meanwhile()
    fleet.log.cut('feeds')
    await fleet.done(subscription.caughtUp({ timeoutMs: 30_000 }))

    const publishes = spans.of('publish').map(idsOf).sort()
    expect(publishes).toHaveLength(2)
    expect(linksOf(spans.one(name)).sort()).toEqual(publishes)
    if (name === 'replay') expect(linksOf(spans.one('evict')).sort()).toEqual(publishes)
  })

  it('are linked to by a try again, and by the evict of a redriven dead letter, only if they are sampled', async () => {
    let failures = 2
    const handler = (): void => {
      if (failures-- > 0) throw new Error('not yet')
    }
    const { subscriber } = await fleet.follow({ handler, retry: { forMs: 0 }, onDeadLetter: 'keep' })
    publisher = await fleet.publisher()
    fleet.publishing.cut()
    const unsampled = withinUnsampled(() => publishTimes(2))
    await fleet.done(Promise.all([...unsampled, ...publishTimes(2)]))
    await fleet.runtime.advance(1_000)
    await fleet.done(subscriber.deadLetters.redrive())
    await fleet.runtime.advance(1_000)
    await fleet.done(subscriber.deadLetters.redrive())

    const publishes = spans.of('publish').map(idsOf).sort()
    expect(spans.of('evict').map((evict) => linksOf(evict).sort())).toEqual([publishes, publishes, publishes])
  })

  it('make none where none is sampled', async () => {
    await outage()

    await fleet.done(Promise.all(withinUnsampled(() => publishTimes(3))))

    expect(spans.ended).toEqual([])
    expect(fleet.newest).not.toHaveProperty('trace_links')
  })

  it('are linked to up to a bound, also where a sampled one comes behind many that are not', async () => {
    await outage()

    const unsampled = withinUnsampled(() => publishTimes(50))
    await fleet.done(Promise.all([...unsampled, ...publishTimes(50)]))

    const evict = spans.one('evict')
    const publishes = new Set(spans.of('publish').map(idsOf))
    expect(fleet.newest.trace_links).toHaveLength(16)
    expect(evict.links).toHaveLength(16)
    expect(linksOf(evict).filter((link) => !publishes.has(link))).toEqual([])
    expect(publishes).toContain(parentOf(evict))
  })

  it('are linked to by the message that evicts all, which they overflowed into', async () => {
    await outage({ maxQueued: 3 })

    const ids = ['1', '2', '3', '4', '5']
    const receipts = await fleet.done(Promise.all(ids.map((id) => publisher.invalidate('user', id))))

    const evict = spans.one('evict')
    expect(evict.attributes).toMatchObject({
      'cache_invalidation.action': 'pattern',
      'messaging.message.id': receipts[0]?.messageId,
    })
    expect(spans.of('publish')).toHaveLength(5)
    expect(linksOf(evict).sort()).toEqual(spans.of('publish').map(idsOf).sort())
    expect(spans.of('publish').map(idsOf)).toContain(parentOf(evict))
    const into = spans.of('publish').map(({ attributes }) => attributes['cache_invalidation.coalesced_into'])
    expect(new Set(into)).toEqual(new Set([receipts[0]?.messageId]))
  })
})
