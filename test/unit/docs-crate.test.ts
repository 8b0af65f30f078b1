import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  batchMessage,
  buildCacheKey,
  buildPattern,
  ConfigurationError,
  DEFAULT_CHANNEL,
  deleteMessage,
  extractEntityType,
  HandlerError,
  HandlerTimeoutError,
  InvalidationPublisher,
  InvalidationSubscriber,
  InvalidMessageError,
  parseCacheKey,
  patternMessage,
  PublishTimeoutError,
  RedisError,
  SerializationError,
  StatsCollector,
  Subscription,
  updateMessage,
  validateCacheKey,
  WaitTimeoutError,
} from '../../src/index.js'
import { decodeMessage } from '../../src/message/wire/decode.js'
import { MemoryLog } from '../../src/testing.js'
import { encodeCrateMessage } from '../support/crate-message.js'
import { Handled } from '../support/handled.js'
import { rowsUnder } from '../support/markdown.js'

const page = await readFile(new URL('../../docs/guide.md', import.meta.url), 'utf8')
const rows = rowsUnder(page, 'The crate and this library').map(([rust = '', here = '']) => ({ rust, here }))

let publisher: InvalidationPublisher
let subscriber: InvalidationSubscriber
let handled: Handled
let stats: StatsCollector

beforeEach(async () => {
  const log = new MemoryLog()
  stats = new StatsCollector()
  publisher = await InvalidationPublisher.connect(log, 'user-service', { stats })
  subscriber = await InvalidationSubscriber.connect(log, { stats })
  handled = new Handled()
  await subscriber.subscribe(handled.handler).caughtUp()
})

afterEach(async () => {
  await Promise.all([publisher.close(), subscriber.close()])
})

/** What the handler was given for what one of these calls published, all alike. */
async function published(...calls: (() => Promise<unknown>)[]): Promise<unknown> {
  for (const call of calls) await call()
  await handled.count(calls.length)
  const [first, ...others] = handled.messages.map(({ messageId, timestamp, ...rest }) => {
    expect([messageId, timestamp]).toEqual([expect.any(String), expect.any(String)])
    return rest
  })
  for (const other of others) expect(other).toEqual(first)
  return first
}

function entity(entityType: string) {
  return { action: 'delete', entityType, entityId: '1', sourceService: 'user-service' }
}

function read(fields: Readonly<Record<string, unknown>>) {
  return decodeMessage(encodeCrateMessage(fields))
}

const user = { entity_type: 'User', entity_id: '1', action: 'Delete' }

/** What holds of each row of the table, by its left cell. */
const checks: Readonly<Record<string, () => unknown>> = {
  '`InvalidationPublisher::new(redis_url, service)`': () => {
    expect(publisher).toBeInstanceOf(InvalidationPublisher)
  },
  '`InvalidationPublisher::with_channel(redis_url, service, channel)`': async () => {
    const other = await InvalidationPublisher.connect(new MemoryLog({ channel: 'orders' }), 'a', { channel: 'orders' })
    expect(other.channel).toBe('orders')
    await other.close()
  },
  '`InvalidationPublisher::DEFAULT_CHANNEL`': () => {
    expect([DEFAULT_CHANNEL, publisher.channel, subscriber.channel]).toEqual(Array(3).fill('cache:invalidate'))
  },
  '`publish(msg)`, which returns how many received it': async () => {
    expect(await publisher.publish(deleteMessage('user', '1', 'a'))).toMatchObject({ receivers: 1 })
    expect(await publisher.publish({ action: 'delete', entityType: 'user', entityId: '1' })).toMatchObject({
      receivers: 1,
    })
  },
  '`invalidate_user(id)`': async () => {
    const calls = [() => publisher.invalidateUser('1'), () => publisher.invalidate('user', '1')]
    expect(await published(...calls)).toEqual(entity('user'))
  },
  '`invalidate_post(id)`': async () => {
    const calls = [() => publisher.invalidatePost('1'), () => publisher.invalidate('post', '1')]
    expect(await published(...calls)).toEqual(entity('post'))
  },
  '`invalidate_comment(id)`': async () => {
    const calls = [() => publisher.invalidateComment('1'), () => publisher.invalidate('comment', '1')]
    expect(await published(...calls)).toEqual(entity('comment'))
  },
  '`invalidate_notification(id)`': async () => {
    const calls = [() => publisher.invalidateNotification('1'), () => publisher.invalidate('notification', '1')]
    expect(await published(...calls)).toEqual(entity('notification'))
  },
  '`publish` of an `InvalidationMessage::delete(EntityType::Feed, …)`': async () => {
    const calls = [() => publisher.invalidateFeed('1'), () => publisher.invalidate('feed', '1')]
    expect(await published(...calls)).toEqual(entity('feed'))
  },
  '`invalidate_custom(type, id)`': async () => {
    const calls = [() => publisher.invalidateCustom('session', '1'), () => publisher.invalidate('session', '1')]
    expect(await published(...calls)).toEqual(entity('session'))
  },
  '`invalidate_pattern(pattern)`': async () => {
    expect(await published(() => publisher.invalidatePattern('a:*'))).toMatchObject({ pattern: 'a:*' })
  },
  '`invalidate_batch(keys)`': async () => {
    expect(await published(() => publisher.invalidateBatch(['a:1']))).toMatchObject({ cacheKeys: ['a:1'] })
  },
  '`InvalidationSubscriber::new(redis_url)`': () => {
    expect(subscriber).toBeInstanceOf(InvalidationSubscriber)
  },
  '`InvalidationSubscriber::with_channel(redis_url, channel)`': async () => {
    const other = await InvalidationSubscriber.connect(new MemoryLog({ channel: 'orders' }), { channel: 'orders' })
    expect(other.channel).toBe('orders')
    await other.close()
  },
  '`subscribe(callback)`, which returns a `JoinHandle`': async () => {
    const subscription = subscriber.subscribe(() => undefined)
    expect(subscription).toBeInstanceOf(Subscription)
    await subscription.caughtUp()
  },
  '`unsubscribe(handle)`': async () => {
    const [one, other] = [subscriber.subscribe(() => undefined), subscriber.subscribe(() => undefined)]
    await Promise.all([subscriber.unsubscribe(one), other.close()])
    expect([one.state, other.state]).toEqual(['closed', 'closed'])
  },
  '`InvalidationMessage::delete(type, id, service)`': () => {
    expect(deleteMessage('user', '1', 'user-service')).toMatchObject(entity('user'))
  },
  '`InvalidationMessage::update(type, id, service)`': () => {
    expect(updateMessage('user', '1', 'user-service')).toMatchObject({ ...entity('user'), action: 'update' })
  },
  '`InvalidationMessage::pattern(pattern, service)`': () => {
    expect(patternMessage('a:*', 'a')).toMatchObject({ action: 'pattern', pattern: 'a:*' })
  },
  '`InvalidationMessage::batch(keys, service)`': () => {
    expect(batchMessage(['a:1'], 'a')).toMatchObject({ action: 'batch', cacheKeys: ['a:1'] })
  },
  '`message_id`, `timestamp`, `source_service`, `metadata`': () => {
    const timestamp = '2025-11-11T00:00:00.123456789Z'
    const fields = { ...user, message_id: 'm', timestamp, source_service: 's', metadata: { why: 1 } }
    expect(read(fields)).toMatchObject({ messageId: 'm', timestamp, sourceService: 's', metadata: { why: 1 } })
    expect(read({ ...user, metadata: null })).not.toHaveProperty('metadata')
  },
  '`entity_type`, `entity_id`': () => {
    expect(read(user)).toMatchObject({ entityType: 'user', entityId: '1' })
    expect(read({ entity_type: 'User', entity_ids: ['1'] })).toMatchObject({ entityType: 'user' })
    for (const untyped of [{ entity_ids: ['user:1'] }, { action: 'Pattern', pattern: '*' }]) {
      expect(read(untyped)).not.toHaveProperty('entityType')
    }
  },
  '`pattern`, `entity_ids`': () => {
    expect(read({ action: 'Pattern', pattern: 'a:*' })).toMatchObject({ pattern: 'a:*' })
    expect(read({ entity_ids: ['user:1'] })).toMatchObject({ cacheKeys: ['user:1'] })
    expect(read(user)).not.toHaveProperty('pattern')
  },
  '`InvalidationAction::Delete`, `Update`, `Pattern`, `Batch`': () => {
    const actions = ['Delete', 'Update', 'Pattern', 'Batch'].map((action) =>
      read({ ...user, pattern: '*', entity_ids: [], action }),
    )
    expect(actions.map(({ action }) => action)).toEqual(['delete', 'update', 'pattern', 'batch'])
  },
  '`EntityType::User`, and its `Display`': () => {
    const types = ['User', 'Post', 'Comment', 'Notification', 'Feed'].map((type) =>
      read({ ...user, entity_type: type }),
    )
    const names = ['user', 'post', 'comment', 'notification', 'feed']
    expect(types).toMatchObject(names.map((entityType) => ({ entityType })))
  },
  '`EntityType::Custom(name)`': () => {
    expect(read({ ...user, entity_type: { Custom: 'session' } })).toMatchObject({ entityType: 'session' })
  },
  '`build_cache_key(type, id)`': () => {
    expect(buildCacheKey('user', '1')).toBe('user:1')
  },
  '`parse_cache_key(key)`, `Err` if the key has no colon': () => {
    expect(parseCacheKey('user:1')).toEqual({ entityType: 'user', entityId: '1' })
    expect(() => parseCacheKey('user')).toThrow(InvalidMessageError)
  },
  '`build_pattern(type, rest)`, where `rest` may be `None`': () => {
    expect([buildPattern('feed'), buildPattern('feed', '1:*')]).toEqual(['feed:*', 'feed:1:*'])
  },
  '`extract_entity_type(key)`, `None` (in some versions the whole key) if the key has no colon': () => {
    expect(extractEntityType('user:1')).toBe('user')
    expect(() => extractEntityType('user')).toThrow(InvalidMessageError)
  },
  '`validate_cache_key(key)`': () => {
    expect(['user:1', 'user:', ':1', 'user'].map(validateCacheKey)).toEqual([true, false, false, false])
  },
  '`StatsCollector::new()`, `record_publish()` and its like': async () => {
    await published(() => publisher.invalidateUser('1'))
    expect(stats.snapshot()).toMatchObject({ messagesPublished: 1 })
  },
  '`StatsCollector::snapshot()`, `reset()`': async () => {
    await published(() => publisher.invalidateUser('1'))
    stats.reset()
    expect(stats.snapshot()).toMatchObject({ messagesPublished: 0 })
  },
  '`InvalidationStats`: `messages_published`, `messages_received`, `errors`': async () => {
    await published(() => publisher.invalidateUser('1'))
    expect(stats.snapshot()).toMatchObject({ messagesPublished: 1, messagesReceived: 1, errors: 0 })
  },
  '`latency_p50_ms`, `latency_p99_ms`: 0 if nothing was recorded': async () => {
    expect(stats.snapshot().propagationMs).toBeUndefined()
    const { position } = await publisher.invalidateUser('1')
    await subscriber.subscribe(() => undefined).waitFor(position)
    const { p50, p99 } = stats.snapshot().propagationMs ?? {}
    expect([p50, p99]).toEqual([expect.any(Number), expect.any(Number)])
  },
  '`InvalidationError::Redis`': () => {
    expect(new RedisError('refused', '')).toHaveProperty('kind', 'refused')
  },
  '`InvalidationError::Serialization`': async () => {
    const unreadable = () => read({ action: 'Delete' })
    expect(unreadable).toThrow(InvalidMessageError)
    const metadata = JSON.parse('{}') as Record<string, never>
    const cyclic = Object.assign(metadata, { metadata })
    const publishing = publisher.publish({ action: 'pattern', pattern: '*', metadata: cyclic })
    await expect(publishing).rejects.toThrow(SerializationError)
  },
  '`InvalidationError::InvalidMessage`': () => {
    expect(new InvalidMessageError('', { reason: 'size' })).toHaveProperty('reason', 'size')
  },
  '`InvalidationError::CallbackFailed`': () => {
    const cause = new Error('fails')
    expect(new HandlerError('', { cause })).toMatchObject({ code: 'HANDLER', cause })
  },
  '`InvalidationError::Timeout`': () => {
    const timeouts = [PublishTimeoutError, WaitTimeoutError, HandlerTimeoutError].map((each) => new each('').code)
    expect(timeouts).toEqual(['PUBLISH_TIMEOUT', 'WAIT_TIMEOUT', 'HANDLER_TIMEOUT'])
    expect(new RedisError('timeout', '')).toHaveProperty('kind', 'timeout')
  },
  '`InvalidationError::Configuration`': () => {
    expect(() => subscriber.subscribe(() => undefined, { concurrency: 0 })).toThrow(ConfigurationError)
  },
}

test('every row of the table is checked, and no other', () => {
  expect(Object.keys(checks)).toEqual(rows.map(({ rust }) => rust))
})

test.each(rows)('$rust is here $here', async ({ rust }) => {
  await checks[rust]?.()
})
