import { diag, SpanStatusCode } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { InvalidationPublisher } from '../../../src/index.js'
import { TracedFleet } from '../../support/traced-fleet.js'
import { eventsOf, idsOf, linksOf, parentOf, TracedSpans } from '../../support/traced-spans.js'

let spans: TracedSpans
let fleet: TracedFleet
let publisher: InvalidationPublisher

beforeEach(async () => {
  spans = TracedSpans.setUp()
  fleet = new TracedFleet()
  publisher = await fleet.publisher()
})

afterEach(() => spans.tearDown())

/** A handler that fails that often, and then does what it should. */
function failing(times: number): () => Promise<void> {
  let tries = 0
  return () =>
    spans.within('clear', () => (++tries > times ? Promise.resolve() : Promise.reject(new TypeError(`no ${tries}`))))
}

/** The last try comes when the time is over. */
const retry = { forMs: 10, minDelayMs: 3_600_000, maxDelayMs: 3_600_000 }

describe('the span of an evict whose handler fails', () => {
  it('tells of each retry, and ends well where one succeeds', async () => {
    await fleet.follow({ handler: failing(1), retry })
    await fleet.done(publisher.invalidate('user', '1'))
    await fleet.runtime.advance(1_000)

    const evict = spans.one('evict')
    expect(evict.events.map(({ name, attributes }) => ({ name, ...attributes }))).toEqual(
      [1].map((attempt) => ({
        name: 'cache_invalidation.retry',
        'cache_invalidation.attempt': attempt,
        'error.type': 'HANDLER',
        'exception.message': expect.stringContaining(`no ${attempt}`) as string,
      })),
    )
    expect(evict.status.code).toBe(SpanStatusCode.UNSET)
    expect(evict.attributes).not.toHaveProperty('error.type')
    expect(spans.of('clear').map(parentOf)).toEqual([idsOf(evict), idsOf(evict)])
  })

  it('ends with its error and the dead letter when it is given up on', async () => {
    await fleet.follow({ handler: failing(2), onDeadLetter: 'keep', retry })
    await fleet.done(publisher.invalidate('user', '1'))
    await fleet.runtime.advance(1_000)

    const evict = spans.one('evict')
    const retryEvent = 'cache_invalidation.retry'
    expect(eventsOf(evict)).toEqual([retryEvent, 'exception', 'cache_invalidation.dead_letter'])
    expect(evict.events.at(-1)?.attributes).toEqual({ 'cache_invalidation.attempt': 2 })
    expect(evict.attributes['error.type']).toBe('HANDLER')
    expect(evict.status).toEqual({
      code: SpanStatusCode.ERROR,
      message: expect.stringContaining('no 2') as string,
    })
  })

  it('names a handler that took too long', async () => {
    await fleet.follow({
      handler: () => new Promise(() => undefined),
      handlerTimeoutMs: 50,
      retry: { forMs: 0 },
      onDeadLetter: 'keep',
    })
    await fleet.done(publisher.invalidate('user', '1'))
    await fleet.runtime.advance(1_000)

    expect(spans.one('evict').attributes['error.type']).toBe('HANDLER_TIMEOUT')
  })

  it('says that closing cut it short', async () => {
    const { subscriber } = await fleet.follow({
      handler: () => new Promise(() => undefined),
      connection: { closeTimeoutMs: 10 },
    })
    await fleet.done(publisher.invalidate('user', '1'))
    await fleet.done(subscriber.close())

    expect(spans.one('evict').status).toEqual({ code: SpanStatusCode.ERROR, message: 'Cut short by close()' })
  })

  it('has a successor in the same trace when its dead letter is redriven', async () => {
    const { subscriber } = await fleet.follow({ handler: failing(1), retry: { forMs: 0 }, onDeadLetter: 'keep' })
    await fleet.done(publisher.invalidate('user', '1'))
    await fleet.runtime.advance(1_000)

    await fleet.done(subscriber.deadLetters.redrive())

    const publish = idsOf(spans.one('publish'))
    expect(spans.of('evict').map(parentOf)).toEqual([publish, publish])
    expect(spans.of('evict').map(linksOf)).toEqual([[publish], [publish]])
    expect(spans.of('evict').map(({ status }) => status.code)).toEqual([SpanStatusCode.ERROR, SpanStatusCode.UNSET])
  })

  it('and the successor links to all that the message stood for', async () => {
    const { subscriber } = await fleet.follow({ handler: failing(1), retry: { forMs: 0 }, onDeadLetter: 'keep' })
    await fleet.done(Promise.all(['1', '1', '1'].map((id) => publisher.invalidate('user', id))))
    await fleet.runtime.advance(1_000)

    await fleet.done(subscriber.deadLetters.redrive())

    const [failed, redriven] = spans.of('evict').map(linksOf)
    expect(redriven).toHaveLength(3)
    expect(redriven).toEqual(failed)
  })
})

describe('the span of a publish that fails', () => {
  /** Publishes, lets it fail, and tells what its span says. */
  async function failed(publishing: Promise<unknown>): Promise<{ type: unknown; code: SpanStatusCode }> {
    await fleet.done(publishing.catch(() => undefined))
    const { attributes, status, events } = spans.one('publish')
    expect(events.filter(({ name }) => name === 'exception')).toHaveLength(1)
    return { type: attributes['error.type'], code: status.code }
  }

  const error = (type: string) => ({ type, code: SpanStatusCode.ERROR })

  it('names a message that is none', async () => {
    expect(await failed(publisher.invalidate('user', ''))).toEqual(error('INVALID_MESSAGE'))
  })

  it('names metadata that JSON can not carry', async () => {
    const metadata = 1n as unknown as number

    expect(await failed(publisher.publish({ action: 'pattern', pattern: '*', metadata }))).toEqual(
      error('SERIALIZATION'),
    )
  })

  it('names a publisher that is closed', async () => {
    await fleet.done(publisher.close())

    expect(await failed(publisher.invalidate('user', '1'))).toEqual(error('CLOSED'))
  })

  it("names the signal's reason", async () => {
    const invalidation = { action: 'delete', entityType: 'user', entityId: '1' } as const
    fleet.publishing.cut()
    const aborting = new AbortController()
    const publishing = publisher.publish(invalidation, { signal: aborting.signal })
    aborting.abort()

    expect(await failed(publishing)).toEqual(error('AbortError'))
  })

  it('names a timeout, and what is sent after all still belongs to it', async () => {
    const warnings = vi.fn()
    const silent = () => undefined
    diag.setLogger({ warn: warnings, error: warnings, info: silent, debug: silent, verbose: silent })
    await fleet.follow()
    fleet.log.goDown()

    expect(await failed(publisher.invalidate('user', '1'))).toEqual(error('PUBLISH_TIMEOUT'))
    fleet.log.comeBack()
    await fleet.runtime.advance(10_000)

    expect(linksOf(spans.one('evict'))).toEqual([idsOf(spans.one('publish'))])
    expect(warnings.mock.calls, 'nothing is told to a span that has ended').toEqual([])
    diag.disable()
  })
})
