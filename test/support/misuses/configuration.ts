import { expect } from 'vitest'
import { evict, type EvictOptions } from '../../../src/evictors/evict.js'
import type { EvictTarget } from '../../../src/evictors/targets.js'
import { MemoryLog } from '../../../src/log/memory/memory-log.js'
import { InvalidationPublisher } from '../../../src/publisher/publisher.js'
import type { SubscriberOptions } from '../../../src/subscriber/options.js'
import { InvalidationSubscriber } from '../../../src/subscriber/subscriber.js'
import type { MemoryStage } from './memory-stage.js'
import { eachOf, type Misuse, rejectionOf } from './misuse.js'

/** Where nothing listens: what is refused here is refused before anybody connects. */
const nowhere = 'redis://127.0.0.1:1'

const connectOnChannel = async (channel: string): Promise<unknown> => {
  const errors = await Promise.all([
    rejectionOf(InvalidationSubscriber.connect(nowhere, { channel })),
    rejectionOf(InvalidationPublisher.connect(nowhere, 'test', { channel })),
    rejectionOf(Promise.resolve().then(() => new MemoryLog({ channel }))),
  ])
  for (const error of errors) if (!(error instanceof Error)) throw new Error(`${JSON.stringify(channel)} was taken`)
  throw errors[0]
}

const hostile = (): never => {
  throw new Error('not today')
}
const revoked = Proxy.revocable({}, {})
revoked.revoke()

/** Options that can't be read, or hold what can't be shown. */
const unreadable: readonly object[] = [
  Object.defineProperty({}, 'heartbeatMs', { enumerable: true, get: hostile }),
  new Proxy({ heartbeatMs: 1_000 }, { ownKeys: hostile }),
  new Proxy({ heartbeatMs: 1_000 }, { get: hostile }),
  revoked.proxy,
  { heartbeatMs: Symbol('fast') },
  { heartbeatMs: Object.create(null) as unknown },
  { logger: null },
  { service: revoked.proxy },
]

export const configurationMisuses: readonly Misuse<MemoryStage>[] = [
  {
    what: 'A `channel` that is empty, has a `}`, a control character or half a surrogate pair in it, or more than 512 bytes',
    outcome: '`connect()` rejects',
    code: 'CONFIGURATION',
    commit: () =>
      eachOf(['', '}', 'a}b', '{a}', 'a\nb', '\0', '\u009b1m', '\ud83d', 'x'.repeat(513)], connectOnChannel),
  },
  {
    what: 'Options that are none, unknown, or out of range',
    outcome: '`connect()` rejects, `subscribe()` throws',
    code: 'CONFIGURATION',
    async commit(stage) {
      const subscriber = await stage.subscriber()
      const ways = [null, 5, [], { heartbeatMs: 0 }, { heartbeet: 1_000 }].flatMap((options) => [
        () => InvalidationSubscriber.connect(stage.log, options as SubscriberOptions),
        () => InvalidationPublisher.connect(stage.log, 'test', options as object),
        () => subscriber.subscribe(() => undefined, options as object),
      ])
      return eachOf(ways, (way) => way())
    },
  },
  {
    what: '`new InvalidationPublisher()` or `new InvalidationSubscriber()` in place of `connect()`',
    outcome: 'it throws, and shows the call of `connect()`',
    code: 'CONFIGURATION',
    async commit(stage) {
      const classes: readonly unknown[] = [InvalidationPublisher, InvalidationSubscriber]
      const given = [[], [nowhere], [nowhere, 'test', {}], [stage.log, 'test'], [stage.log, {}], [null, null, null]]
      for (const each of classes)
        for (const args of given)
          expect(() => new (each as new (...args: readonly unknown[]) => unknown)(...args)).toThrow(
            /^Expected `await Invalidation(Publisher|Subscriber)\.connect\(redis.*\)`, got `new Invalidation\1\(\)`/,
          )
      return eachOf(given, (args) => new (classes[0] as new (...args: readonly unknown[]) => unknown)(...args))
    },
  },
  {
    what: 'Options whose getters throw, or that can not be shown as text',
    outcome: '`connect()` rejects; `cause` is what was thrown',
    code: 'CONFIGURATION',
    commit: (stage) =>
      eachOf(unreadable, (options) => InvalidationSubscriber.connect(stage.log, options as SubscriberOptions)),
  },
  {
    what: 'Options behind a proxy, with getters, or frozen',
    outcome: 'read like any others',
    code: 'none',
    async commit(stage) {
      const options = Object.freeze({
        get heartbeatMs() {
          return 1_000
        },
      })
      for (const given of [options, new Proxy(options, {}), new Proxy({ ...options }, {})])
        await stage.subscriber(given)
    },
  },
  {
    what: 'A handler that is no function',
    outcome: '`subscribe()` throws',
    code: 'CONFIGURATION',
    async commit(stage) {
      const subscriber = await stage.subscriber()
      return eachOf([undefined, 'evict', {}, Promise.resolve()], (handler) =>
        subscriber.subscribe(handler as unknown as () => void),
      )
    },
  },
  {
    what: '`evict()` with something other than a cache, a cache in Redis without prefix, or wrong options',
    outcome: '`evict()` throws',
    code: 'CONFIGURATION',
    commit() {
      const unreadable = new Proxy({}, { get: () => expect.fail('not today'), has: () => true })
      const redis = { isCluster: false, options: {}, call: () => Promise.resolve(1) }
      const noCaches: readonly unknown[] = [
        undefined,
        null,
        7,
        'redis://localhost',
        {},
        new Set(),
        [],
        [[]],
        unreadable,
      ]
      const ways: readonly (readonly unknown[])[] = [
        ...noCaches.map((given) => [given]),
        [Promise.resolve(new Map())],
        [[new Map(), undefined]],
        [[{ target: unreadable }]],
        [redis],
        [new Map(), { prefx: 'a:' }],
        [new Map(), { prefix: 7 }],
        [new Map(), { tagsOf: 'tags' }],
        [new Map(), null],
      ]
      return eachOf(ways, ([given, options]) => evict(given as EvictTarget, options as EvictOptions))
    },
  },
]
