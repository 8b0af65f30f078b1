import { describe, expect, it } from 'vitest'
import { MemoryLog } from '../../../src/log/memory/memory-log.js'
import { redisCursor } from '../../../src/subscriber/handling/cursor.js'
import type { SubscriberOptions, SubscriptionOptions } from '../../../src/subscriber/options.js'
import type { WaitOptions } from '../../../src/subscriber/progress/waiters.js'
import { InvalidationSubscriber } from '../../../src/subscriber/subscriber.js'
import { ConfigurationError } from '../../../src/support/errors.js'

describe('options that can not work are refused, and the error names them', () => {
  it.each([
    [{ heartbeatMs: 0 }, '`heartbeatMs`'],
    [{ commandTimeoutMs: 1.5 }, '`commandTimeoutMs`'],
    [{ heartbeat: 1_000 }, '`heartbeat`'],
    [{ channel: 'another' }, '"another"'],
    [{ runtime: {} }, '`now`'],
    [{ logger: { error: console.error } }, '`debug`'],
    [{ service: 7 }, '`service`'],
    [{ service: 'x'.repeat(201) }, '`service`'],
    [{ announce: 'no' }, '`announce`'],
    [null, 'null'],
    [[], 'an array'],
  ])('connect %j', async (options, named) => {
    const connecting = InvalidationSubscriber.connect(new MemoryLog(), options as SubscriberOptions)
    await expect(connecting).rejects.toThrow(ConfigurationError)
    await expect(connecting).rejects.toThrow(named)
  })

  it('connect with `cap` says what replaces it', async () => {
    const options = { cap: 5_000 } as SubscriberOptions
    const connecting = InvalidationSubscriber.connect(new MemoryLog(), options)
    await expect(connecting).rejects.toThrow(ConfigurationError)
    await expect(connecting).rejects.toThrow(
      'Unknown option `cap` of InvalidationSubscriber.connect: write `retention: { maxEntries: 5000 }` in its place',
    )
  })

  it.each([
    [{ concurrency: 0 }, '`concurrency`'],
    [{ retry: { forMs: -1 } }, '`retry.forMs`'],
    [{ retry: { tries: 0 } }, '`retry.tries`'],
    [{ retry: { delay: 5 } }, '`delay`'],
    [{ onResync: 'ignore' }, '`onResync`'],
    [{ startAt: 'yesterday' }, '`startAt`'],
    [{ cursor: 'redis' }, '`cursor`'],
    [{ cursor: redisCursor, name: 'cache' }, '`cursor`'],
    [{ strictFailover: 1 }, '`strictFailover`'],
    [{ retry: 3 }, 'retry'],
    [null, 'null'],
    [5, '5'],
    [{ name: 7 }, '`name`'],
    [{ maxBufferd: 7 }, '`maxBufferd`'],
  ])('subscribe %j', async (options, named) => {
    const subscriber = await InvalidationSubscriber.connect(new MemoryLog())
    const subscribing = (): unknown => subscriber.subscribe(() => undefined, options as unknown as SubscriptionOptions)
    expect(subscribing).toThrow(ConfigurationError)
    expect(subscribing).toThrow(named)
    await subscriber.close()
  })

  it.each([{ timeoutMs: Infinity }, { timeoutMs: -1 }, { timeoutMs: Number.NaN }, { timeout: 5 }])(
    'waiting %j',
    async (options) => {
      const subscriber = await InvalidationSubscriber.connect(new MemoryLog())
      const subscription = subscriber.subscribe(() => undefined)
      await expect(subscription.caughtUp(options as WaitOptions)).rejects.toThrow(ConfigurationError)
      await expect(subscription.waitFor('1-1@a', options as WaitOptions)).rejects.toThrow(ConfigurationError)
      await subscriber.close()
    },
  )

  it('a handler that is none', async () => {
    const subscriber = await InvalidationSubscriber.connect(new MemoryLog())
    expect(() => subscriber.subscribe('evict' as unknown as () => void)).toThrow(ConfigurationError)
    await subscriber.close()
  })
})
