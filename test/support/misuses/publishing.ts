import { expect } from 'vitest'
import { buildCacheKey, buildPattern, extractEntityType, parseCacheKey } from '../../../src/message/cache-key.js'
import type { TagOptions } from '../../../src/message/create-message.js'
import type { Invalidation, Json } from '../../../src/message/message.js'
import type { PublishOptions } from '../../../src/publisher/options.js'
import type { InvalidMessageError } from '../../../src/support/errors.js'
import type { MemoryStage } from './memory-stage.js'
import { silentLogger } from '../silent-logger.js'
import { eachOf, type Misuse, rejectionOf } from './misuse.js'

const hostile = (): never => {
  throw new Error('not today')
}
const good: Invalidation = { action: 'delete', entityType: 'user', entityId: '1' }
const revoked = Proxy.revocable({}, {})
revoked.revoke()
const cycle: Record<string, unknown> = {}
cycle.self = cycle

const notMessages: readonly unknown[] = [
  undefined,
  null,
  'user:1',
  7,
  [],
  {},
  { ...good, action: 'evict' },
  { ...good, entityId: '' },
  { ...good, entityId: 7 },
  { ...good, entityId: '\ud800' },
  { action: 'batch', cacheKeys: [] },
  { action: 'batch', cacheKeys: 'user:1' },
  { action: 'tag', tags: [] },
  { action: 'tag', tags: 'posts' },
  { action: 'tag', tags: ['posts', ''] },
  { action: 'tag', tags: ['posts'], mode: 'soft' },
  { action: 'pattern' },
  { ...good, timestamp: 'now' },
  { ...good, messageId: 7 },
  { ...good, sourceService: {} },
]

const inAnotherCase: readonly Invalidation[] = [
  { ...good, entityType: 'User' },
  { ...good, action: 'update', entityType: 'POST' },
  { ...good, entityType: 'Comment', metadata: {} },
  { action: 'batch', entityType: 'Feed', cacheKeys: ['feed:1'] },
]

const unreadable: readonly object[] = [
  revoked.proxy,
  new Proxy(good, { get: hostile }),
  Object.defineProperty({ ...good }, 'entityId', { get: hostile }),
  { ...good, entityId: revoked.proxy },
  { action: 'batch', cacheKeys: revoked.proxy },
  { action: 'batch', cacheKeys: new Proxy(['user:1'], { get: hostile }) },
  { action: 'tag', tags: new Proxy(['posts'], { get: hostile }) },
  Object.defineProperty({ action: 'tag', tags: ['posts'] }, 'mode', { get: hostile }),
]

const notJson: readonly unknown[] = [
  7n,
  { deep: [7n] },
  cycle,
  Symbol('odd'),
  () => undefined,
  { toJSON: hostile },
  { toJSON: () => undefined },
  revoked.proxy,
  new Proxy({}, { ownKeys: hostile }),
  '\ud800',
  Object.defineProperty({}, 'x', { enumerable: true, get: hostile }),
  JSON.parse(`${'['.repeat(10_000)}${']'.repeat(10_000)}`),
]

const tooLarge: readonly Invalidation[] = [
  { ...good, metadata: 'x'.repeat(300_000) },
  { ...good, entityId: 'x'.repeat(9_000) },
  { action: 'pattern', pattern: '*'.repeat(9_000) },
  { action: 'tag', tags: ['x'.repeat(8_183)] },
  { action: 'batch', cacheKeys: Array.from({ length: 9_000 }, (_, index) => `user:${index}:${'x'.repeat(50)}`) },
]

async function refusing(stage: MemoryStage, given: readonly unknown[]): Promise<unknown> {
  const publisher = await stage.publisher()
  const error = await eachOf(given, (each) => publisher.publish(each as Invalidation))
  expect(publisher.health().queued).toBe(0)
  expect(stage.log.entries()).toEqual([])
  return error
}

export const publishingMisuses: readonly Misuse<MemoryStage>[] = [
  {
    what: '`publish()` of what is no invalidation: a field is missing, empty, or of the wrong kind',
    outcome: 'it rejects (`reason` is `field`); nothing is sent',
    code: 'INVALID_MESSAGE',
    commit: (stage) => refusing(stage, notMessages),
  },
  {
    what: '`enqueue()` of what is not an invalidation',
    outcome: 'it throws; nothing is sent',
    code: 'INVALID_MESSAGE',
    async commit(stage) {
      const publisher = await stage.publisher()
      const error = await eachOf(notMessages, (each) => publisher.enqueue(each as Invalidation))
      expect(stage.log.entries()).toEqual([])
      return error
    },
  },
  {
    what: '`publish()` or `enqueue()` with a built-in entity type in another case, such as `User`',
    outcome: 'it rejects or throws, and names the right type; nothing is sent',
    code: 'INVALID_MESSAGE',
    async commit(stage) {
      const publisher = await stage.publisher()
      const error = await refusing(stage, inAnotherCase)
      await eachOf(inAnotherCase, (each) =>
        expect(() => publisher.enqueue(each)).toThrow(/^Expected '(\w+)', got '\w+'/),
      )
      return error
    },
  },
  {
    what: 'A batch with keys that have no entity type, such as `42`, or keys or a pattern that begin with `User:`',
    outcome: 'published; each is reported once, to the `logger` or as a process warning',
    code: 'none',
    async commit(stage) {
      const warnings: string[] = []
      const publisher = await stage.publisher({ logger: { ...silentLogger, warn: (text) => warnings.push(text) } })
      for (const id of ['41', '42']) await publisher.invalidateBatch(['user:1', id, `User:${id}`])
      await publisher.invalidatePattern('Feed:*')
      expect(warnings).toEqual([
        expect.stringContaining('"41"'),
        expect.stringContaining("Expected 'user', got 'User'"),
      ])
      expect(stage.log.entries()).toHaveLength(3)
    },
  },
  {
    what: '`publish()` of what is too large',
    outcome: 'it rejects (`reason` is `size`); nothing is sent',
    code: 'INVALID_MESSAGE',
    async commit(stage) {
      const error = await refusing(stage, tooLarge)
      expect((error as InvalidMessageError).reason).toBe('size')
      return error
    },
  },
  {
    what: '`publish()` of a proxy, or with getters, that throw',
    outcome: 'it rejects, `cause` is what was thrown; nothing is sent',
    code: 'INVALID_MESSAGE',
    commit: (stage) => refusing(stage, unreadable),
  },
  {
    what: '`metadata` that JSON can not carry: a `BigInt`, a cycle, a `toJSON` that throws, more than 100 levels',
    outcome: '`publish()` rejects; nothing is sent',
    code: 'SERIALIZATION',
    commit: (stage) =>
      refusing(
        stage,
        notJson.map((metadata) => ({ ...good, metadata: metadata as Json })),
      ),
  },
  {
    what: '`publish()` of what is frozen, has symbols as keys, or fields that are not of the wire format',
    outcome: 'published without those',
    code: 'none',
    async commit(stage) {
      const { handled } = await stage.watch()
      const publisher = await stage.publisher()
      const extra = {
        stream_id: '1-1',
        streamId: '1-1',
        append_id: 'a',
        prev: '',
        [Symbol('key')]: 1,
        __proto__: { x: 1 },
      }
      await publisher.publish(Object.freeze({ ...good, entityId: 'frozen', ...extra }))
      const keys = Object.assign(['user:1'], { toJSON: () => 'something else' })
      await publisher.invalidateBatch(keys)
      await handled.has('user:1')
      expect(handled.names).toEqual(['frozen', 'user:1'])
      expect(
        stage.log
          .entries()
          .map(({ frame }) => frame)
          .join(),
      ).not.toContain('1-1')
    },
  },
  {
    what: '`publish()` with options that are none, or a `signal` that is none',
    outcome: 'it rejects; nothing is sent',
    code: 'CONFIGURATION',
    async commit(stage) {
      const publisher = await stage.publisher()
      const error = await eachOf([null, 5, { signl: undefined }, { signal: {} }, { signal: 5 }], (options) =>
        publisher.publish(good, options as PublishOptions),
      )
      expect(stage.log.entries()).toEqual([])
      return error
    },
  },
  {
    what: '`invalidateTag()` with an option that is unknown, or a mode other than `evict` and `expire`',
    outcome: 'it rejects; nothing is sent',
    code: 'CONFIGURATION',
    async commit(stage) {
      const publisher = await stage.publisher()
      const error = await eachOf([null, 5, { mod: 'expire' }, { mode: 'soft' }, { mode: null }], (options) =>
        publisher.invalidateTag('posts', options as TagOptions),
      )
      expect(stage.log.entries()).toEqual([])
      return error
    },
  },
  {
    what: '`publish()` with a `signal` that is aborted already',
    outcome: "it rejects with the signal's reason; nothing is sent",
    code: 'none',
    async commit(stage) {
      const publisher = await stage.publisher()
      const reason = new Error('too late')
      const error = await rejectionOf(publisher.publish(good, { signal: AbortSignal.abort(reason) }))
      expect(error).toBe(reason)
      expect(stage.log.entries()).toEqual([])
      return error
    },
  },
  {
    what: '`buildCacheKey()`, `buildPattern()`, `parseCacheKey()`, `extractEntityType()` of what are no strings, or no key',
    outcome: 'they throw',
    code: 'INVALID_MESSAGE',
    commit() {
      const ways: (() => unknown)[] = [undefined, null, 7, {}, Symbol('odd'), revoked.proxy].flatMap((odd) => {
        const text = odd as string
        return [
          () => buildCacheKey('user', text),
          () => buildCacheKey(text, '1'),
          () => buildPattern(text),
          () => parseCacheKey(text),
          () => extractEntityType(text),
        ]
      })
      return eachOf([...ways, () => parseCacheKey('user'), () => extractEntityType('')], (way) => way())
    },
  },
]
