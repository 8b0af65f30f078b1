import { describe, expect, test } from 'vitest'
import { changeCommands } from '../../../src/log/changed-commands.js'
import { MemoryLog } from '../../../src/log/memory/memory-log.js'
import { formatPosition } from '../../../src/log/model/position.js'
import type { Invalidation } from '../../../src/message/message.js'
import type { PublisherOptions } from '../../../src/publisher/options.js'
import { InvalidationPublisher } from '../../../src/publisher/publisher.js'
import {
  ClosedError,
  ConfigurationError,
  InvalidMessageError,
  RedisError,
  SerializationError,
} from '../../../src/support/errors.js'
import { silentLogger } from '../../support/silent-logger.js'
import { outcomeOf, VirtualPublisher } from '../../support/virtual-publisher.js'

describe('connecting', () => {
  test.each<[string, unknown, object]>([
    ['an unknown option', 's', { packingg: true }],
    ['a number out of range', 's', { maxQueued: 0 }],
    ['a packing that is neither', 's', { packing: 1 }],
    ['an unknown option of repair', 's', { repair: { a: 1 } }],
    ['a repair that is no group', 's', { repair: 'yes' }],
    ['no replicas', 's', { waitReplicas: { count: 0 } }],
    ['replicas that are no group', 's', { waitReplicas: 2 }],
    ['a null where a group may be', 's', { repair: null }],
    ['no service', undefined, {}],
    ['an empty service', ' ', {}],
    ['a service too long for the wire', 's'.repeat(10_000), {}],
    ['another channel than the log has', 's', { channel: 'other' }],
  ])('rejects for %s', async (_, service, options) => {
    const connecting = InvalidationPublisher.connect(new MemoryLog(), service as string, options)
    await expect(connecting).rejects.toThrow(ConfigurationError)
  })

  test('rejects for `cap`, and says what replaces it', async () => {
    const options = { cap: 5_000 } as PublisherOptions
    const connecting = InvalidationPublisher.connect(new MemoryLog(), 's', options)
    await expect(connecting).rejects.toThrow(ConfigurationError)
    await expect(connecting).rejects.toThrow(
      'Unknown option `cap` of InvalidationPublisher.connect: write `retention: { maxEntries: 5000 }` in its place',
    )
  })

  test('rejects for what is neither URL, client, options nor log', async () => {
    for (const redis of [null, undefined, 7, 'not a URL']) {
      const connecting = InvalidationPublisher.connect(redis as string, 's')
      await expect(connecting).rejects.toThrow(ConfigurationError)
    }
  })

  test('takes the channel of the log it is given', async () => {
    const log = new MemoryLog({ channel: 'mine' })
    await using publisher = await InvalidationPublisher.connect(log, 's', { channel: 'mine' })
    expect(publisher.channel).toBe('mine')
  })

  test('rejects for refused credentials, and closes what it opened', async () => {
    const log = new MemoryLog()
    let closed = false
    const refusing = changeCommands(log, (commands) => ({
      opened: () => Promise.reject(new RedisError('refused', 'WRONGPASS')),
      close: () => {
        closed = true
        return commands.close()
      },
    }))
    await expect(InvalidationPublisher.connect(refusing, 's')).rejects.toMatchObject({ kind: 'refused' })
    expect(closed).toBe(true)
  })

  test('resolves while Redis is down, and tells of the failed attempt those who listen then', async () => {
    const virtual = await VirtualPublisher.connect({}, { down: true })
    expect(virtual.publisher.health()).toMatchObject({ status: 'down', connected: false })
    expect(virtual.toldOf('error')).toMatchObject([{ kind: 'disconnected' }])
  })
})

describe('publishing', () => {
  test('each method says what it is called for', async () => {
    const virtual = await VirtualPublisher.connect()
    const { publisher } = virtual
    const published = [
      publisher.invalidate('user', '1'),
      publisher.update('post', '2'),
      publisher.invalidatePattern('feed:*'),
      publisher.invalidateBatch(['user:1', 'post:2']),
      publisher.invalidateTag('tenant:42'),
      publisher.invalidateTag(['tenant:42', 'posts'], { mode: 'expire' }),
      publisher.invalidateUser('3'),
      publisher.invalidatePost('4'),
      publisher.invalidateComment('5'),
      publisher.invalidateNotification('6'),
      publisher.invalidateFeed('7'),
      publisher.invalidateCustom('session', '8'),
    ]
    await virtual.runtime.runUntil(Promise.all(published), 100)
    expect(virtual.messages).toMatchObject([
      { action: 'delete', entityType: 'user', entityId: '1', sourceService: 'user-service' },
      { action: 'update', entityType: 'post', entityId: '2' },
      { action: 'pattern', pattern: 'feed:*' },
      { action: 'batch', cacheKeys: ['user:1', 'post:2'] },
      { action: 'tag', tags: ['tenant:42'] },
      { action: 'tag', tags: ['tenant:42', 'posts'], mode: 'expire' },
      { action: 'delete', entityType: 'user', entityId: '3' },
      { action: 'delete', entityType: 'post', entityId: '4' },
      { action: 'delete', entityType: 'comment', entityId: '5' },
      { action: 'delete', entityType: 'notification', entityId: '6' },
      { action: 'delete', entityType: 'feed', entityId: '7' },
      { action: 'delete', entityType: 'session', entityId: '8' },
    ])
  })

  test('tags that wait are joined with equal ones of the same mode, and with no others', async () => {
    const virtual = await VirtualPublisher.connect()
    const { publisher } = virtual
    const published = [
      publisher.invalidateTag('posts'),
      publisher.invalidateTag('posts', { mode: 'expire' }),
      publisher.invalidateTag('posts', { mode: 'evict' }),
      publisher.invalidateTag(['posts'], { mode: 'expire' }),
      publisher.invalidateTag(['posts', 'users']),
    ]
    publisher.enqueue({ action: 'tag', tags: ['posts'], mode: 'expire' })
    const receipts = await virtual.runtime.runUntil(Promise.all(published), 100)
    expect(virtual.messages.map((message) => ('mode' in message ? message.mode : undefined))).toEqual([
      undefined,
      'expire',
      undefined,
    ])
    expect(virtual.evicts).toEqual(['posts', 'posts', 'posts,users'])
    const [evict, expire, evictAgain, expireAgain, both] = receipts.map(({ messageId }) => messageId)
    expect([evictAgain, expireAgain]).toEqual([evict, expire])
    expect(new Set([evict, expire, both]).size).toBe(3)
    expect(publisher.stats.snapshot()).toMatchObject({ messagesPublished: 6 })
  })

  test('tags are not doubtful, whatever they look like', async () => {
    const warnings: string[] = []
    const logger = { ...silentLogger, warn: (text: string) => warnings.push(text) }
    const { publisher, runtime } = await VirtualPublisher.connect({ logger })
    await runtime.runUntil(publisher.invalidateTag(['42', 'User:42', 'x'.repeat(8_182)]), 100)
    expect(warnings).toEqual([])
  })

  test('the receipt names the message on the wire, its position and who heard it', async () => {
    const { publisher, runtime, log } = await VirtualPublisher.connect()
    log.openFeed({ onUp: noop, onDown: noop, onError: noop, onMessage: noop })
    await runtime.settle()
    const receipt = await runtime.runUntil(publisher.invalidate('user', '1'), 100)
    const [entry] = log.entries()
    expect(entry && formatPosition(entry.position)).toBe(receipt.position)
    expect(receipt.receivers).toBe(1)
    expect(entry?.frame).toContain(`"message_id":"${receipt.messageId}"`)
  })

  test('a whole message is published as it is', async () => {
    const virtual = await VirtualPublisher.connect()
    const message = {
      action: 'update',
      entityType: 'user',
      entityId: '1',
      metadata: { tenant: 7 },
      messageId: 'a-message',
      timestamp: '2026-11-22T10:00:00.123456789Z',
      sourceService: 'another-service',
    } as const
    const receipt = await virtual.runtime.runUntil(virtual.publisher.publish(message), 100)
    expect(virtual.messages).toEqual([message])
    expect(receipt.messageId).toBe('a-message')
  })

  test('messages carry the time at which they were published', async () => {
    const virtual = await VirtualPublisher.connect()
    const timestamps: string[] = []
    for (let n = 0; n < 2; n++) {
      timestamps.push(new Date(virtual.runtime.now()).toISOString().replace('Z', '000Z'))
      await virtual.runtime.runUntil(virtual.publisher.invalidate('user', String(n)), 100)
      await virtual.runtime.advance(250)
    }
    expect(virtual.messages.map(({ timestamp }) => timestamp)).toEqual(timestamps)
  })

  test('messages of one turn share a frame; without packing none do', async () => {
    const packing = await VirtualPublisher.connect()
    const single = await VirtualPublisher.connect({ packing: false })
    for (const { publisher, runtime } of [packing, single]) {
      const published = ['1', '2', '3'].map((id) => publisher.invalidate('user', id))
      await runtime.runUntil(Promise.all(published), 100)
    }
    expect(packing.frames.map((frame) => frame.length)).toEqual([3])
    expect(single.frames.map((frame) => frame.length)).toEqual([1, 1, 1])
    expect(single.evicts).toEqual(['1', '2', '3'])
  })

  test('equal invalidations that wait together are sent as one, and settle together', async () => {
    const virtual = await VirtualPublisher.connect()
    const published = [1, 2, 3].map(() => virtual.publisher.invalidate('user', '1'))
    const [first, ...others] = await virtual.runtime.runUntil(Promise.all(published), 100)
    expect(virtual.messages.map(({ messageId }) => messageId)).toEqual([first?.messageId])
    expect(others).toEqual([first, first])
  })

  test('an invalidation equal to one in flight is sent by itself', async () => {
    const virtual = await VirtualPublisher.connect({}, { latencyMs: 20 })
    const first = virtual.publisher.invalidate('user', '1')
    await virtual.runtime.advance(5)
    expect(virtual.publisher.health()).toMatchObject({ inFlight: 1 })
    const second = virtual.publisher.invalidate('user', '1')
    const [a, b] = await virtual.runtime.runUntil(Promise.all([first, second]), 100)
    expect(a.messageId).not.toBe(b.messageId)
    expect(virtual.evicts).toEqual(['1', '1'])
  })
})

describe('what is not accepted', () => {
  const cycle: unknown[] = []
  cycle.push(cycle)
  const hostile = Object.defineProperty({}, 'action', {
    get() {
      throw new TypeError('not today')
    },
  })

  test.each<[string, unknown, new (...args: never[]) => Error]>([
    ['nothing', undefined, InvalidMessageError],
    ['an unknown action', { action: 'evict', entityType: 'user', entityId: '1' }, InvalidMessageError],
    ['an id that is no text', { action: 'delete', entityType: 'user', entityId: 1 }, InvalidMessageError],
    ['an empty batch', { action: 'batch', cacheKeys: [] }, InvalidMessageError],
    ['no tags', { action: 'tag', tags: [] }, InvalidMessageError],
    ['a mode of tags that is none', { action: 'tag', tags: ['a'], mode: 'soft' }, InvalidMessageError],
    ['metadata that JSON can not carry', { action: 'pattern', pattern: '*', metadata: cycle }, SerializationError],
    ['an object that throws', hostile, InvalidMessageError],
  ])('%s rejects, is not sent, and never throws', async (_, given, kind) => {
    const virtual = await VirtualPublisher.connect()
    const publishing = virtual.publisher.publish(given as Invalidation)
    await expect(publishing).rejects.toThrow(kind)
    await virtual.runtime.advance(10)
    expect(virtual.messages).toEqual([])
  })

  test('a signal that is aborted already rejects with its reason before the message is accepted', async () => {
    const virtual = await VirtualPublisher.connect()
    const reason = new Error('the request is gone')
    const publishing = virtual.publisher.publish(evictUser, { signal: AbortSignal.abort(reason) })
    await expect(publishing).rejects.toBe(reason)
    await virtual.runtime.advance(10)
    expect(virtual.messages).toEqual([])
  })

  test('after close() publishing rejects', async () => {
    const virtual = await VirtualPublisher.connect()
    await virtual.runtime.runUntil(virtual.publisher.close(), 100)
    await expect(virtual.publisher.invalidate('user', '1')).rejects.toThrow(ClosedError)
    expect(virtual.messages).toEqual([])
  })
})

describe('waiting', () => {
  test('a signal ends the wait, not the publishing', async () => {
    const virtual = await VirtualPublisher.connect({}, { latencyMs: 20 })
    const controller = new AbortController()
    const publishing = virtual.publisher.publish(evictUser, { signal: controller.signal })
    controller.abort(new Error('the request is gone'))
    await expect(publishing).rejects.toThrow('the request is gone')
    await virtual.runtime.advance(100)
    expect(virtual.evicts).toEqual(['1'])
  })

  test('flush() resolves when all that was accepted before is appended, and waits for nothing later', async () => {
    const virtual = await VirtualPublisher.connect({}, { latencyMs: 20 })
    const ids = ['1', '2', '3']
    for (const id of ids) void virtual.publisher.invalidate('user', id)
    const flushed = virtual.publisher.flush()
    await virtual.runtime.advance(5)
    void virtual.publisher.invalidate('user', 'later')
    await virtual.runtime.runUntil(flushed, 1_000)
    expect(virtual.evicts).toEqual(ids)
    await virtual.runtime.advance(100)
    expect(virtual.evicts.at(-1)).toBe('later')
  })

  test('flush() of an empty publisher resolves at once', async () => {
    const virtual = await VirtualPublisher.connect()
    const flushed = outcomeOf(virtual.publisher.flush())
    await Promise.resolve()
    expect(flushed.settled).toBe(true)
  })
})

describe('replicas', () => {
  test('publish() resolves when enough replicas confirm', async () => {
    const virtual = await VirtualPublisher.connect({ waitReplicas: { count: 2, timeoutMs: 100 } })
    virtual.log.setReplicas(2)
    const receipt = await virtual.runtime.runUntil(virtual.publisher.invalidate('user', '1'), 50)
    expect(receipt.position).toContain('@')
  })

  test('with fewer it rejects, although the invalidation stands', async () => {
    const virtual = await VirtualPublisher.connect({ waitReplicas: { count: 2, timeoutMs: 100 } })
    virtual.log.setReplicas(1)
    const publishing = virtual.runtime.runUntil(virtual.publisher.invalidate('user', '1'), 200)
    await expect(publishing).rejects.toMatchObject({
      kind: 'replicas',
      message: expect.stringContaining('but 1 did') as string,
    })
    await virtual.runtime.advance(1_000)
    expect(virtual.evicts).toEqual(['1'])
  })

  test('where they could not be asked it rejects as well, and is not sent again', async () => {
    const virtual = await VirtualPublisher.connect({ waitReplicas: { count: 1, timeoutMs: 5_000 } })
    const publishing = outcomeOf(virtual.publisher.invalidate('user', '1'))
    await virtual.runtime.advance(100)
    virtual.log.cut()
    await virtual.runtime.advance(1_000)
    expect(publishing.error).toMatchObject({ kind: 'replicas', cause: { kind: 'disconnected' } })
    expect(virtual.evicts).toEqual(['1'])
  })
})

describe('closing', () => {
  test('appends what waits first', async () => {
    const virtual = await VirtualPublisher.connect({}, { latencyMs: 20 })
    const published = ['1', '2'].map((id) => virtual.publisher.invalidate('user', id))
    await virtual.runtime.runUntil(virtual.publisher.close(), 1_000)
    expect(await Promise.all(published)).toHaveLength(2)
    expect(virtual.evicts).toEqual(['1', '2'])
    expect(virtual.publisher.health()).toMatchObject({ status: 'down', connected: false })
    expect(virtual.toldOf('error')).toEqual([])
  })

  test('gives up after closeTimeoutMs, and says how much was not appended', async () => {
    const virtual = await VirtualPublisher.connect({ closeTimeoutMs: 300, publishTimeoutMs: 100 })
    virtual.log.goDown()
    const early = outcomeOf(virtual.publisher.invalidate('user', '1'))
    await virtual.runtime.advance(150)
    const late = outcomeOf(virtual.publisher.invalidate('user', '2'))
    const equal = outcomeOf(virtual.publisher.invalidate('user', '2'))
    const flushed = outcomeOf(virtual.publisher.flush())
    const closing = outcomeOf(virtual.publisher.close())
    await virtual.runtime.advance(90)
    expect([late.settled, closing.settled]).toEqual([false, false])
    await virtual.runtime.advance(300)
    expect(closing.settled).toBe(true)
    expect(early.error).toMatchObject({ code: 'PUBLISH_TIMEOUT' })
    expect([late.settled, equal.settled]).toEqual([true, true])
    expect(flushed.error).toBeInstanceOf(ClosedError)
    const [told] = virtual.toldOf('error').filter((error) => error instanceof ClosedError)
    expect(told?.message).toContain('with 3 invalidations not appended')
  })

  test('is idempotent, and what the disposal of `await using` does', async () => {
    const virtual = await VirtualPublisher.connect()
    expect(virtual.publisher.close()).toBe(virtual.publisher.close())
    await virtual.runtime.runUntil(virtual.publisher[Symbol.asyncDispose](), 100)
    expect(virtual.publisher.health().connected).toBe(false)
  })

  test('leaves no timer behind, whatever went on', async () => {
    const virtual = await VirtualPublisher.connect({ closeTimeoutMs: 10 })
    virtual.log.refuseWrites('refused')
    virtual.publisher.invalidate('user', '1').catch(noop)
    await virtual.runtime.advance(3_000)
    await virtual.runtime.runUntil(virtual.publisher.close(), 100)
    const never = virtual.runtime.runUntil(new Promise(noop), 1_000_000)
    await expect(never).rejects.toThrow('no timer is left')
  })
})

const evictUser = { action: 'delete', entityType: 'user', entityId: '1' } as const

function noop(): void {}
