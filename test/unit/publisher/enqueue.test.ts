import { describe, expect, test } from 'vitest'
import type { Invalidation } from '../../../src/message/message.js'
import { VirtualPublisher } from '../../support/virtual-publisher.js'

function user(entityId: string): Invalidation {
  return { action: 'delete', entityType: 'user', entityId }
}

describe('enqueue()', () => {
  test('returns nothing, and its message is appended in its turn, together with equal ones', async () => {
    const virtual = await VirtualPublisher.connect()
    const { publisher } = virtual
    publisher.enqueue(user('1'))
    const awaited = publisher.publish(user('2'))
    for (let times = 0; times < 3; times++) publisher.enqueue(user('2'))
    publisher.enqueue(user('3'))
    await virtual.runtime.runUntil(awaited, 1_000)
    expect(virtual.evicts).toEqual(['1', '2', '3'])
    expect(publisher.stats.snapshot()).toMatchObject({ messagesPublished: 6, publishFailures: 0 })
  })

  test.each([
    ['what is not an invalidation', { action: 'delete' } as unknown as Invalidation, 'INVALID_MESSAGE'],
    ['what JSON can not carry', { ...user('1'), metadata: { big: 1n } } as unknown as Invalidation, 'SERIALIZATION'],
  ])('throws for %s', async (_, invalidation, code) => {
    const { publisher, runtime, evicts } = await VirtualPublisher.connect()
    expect(() => publisher.enqueue(invalidation)).toThrow(expect.objectContaining({ code }) as Error)
    await runtime.advance(100)
    expect(evicts).toEqual([])
    expect(publisher.stats.snapshot().publishFailures).toBe(1)
  })

  test('throws when the publisher is closed', async () => {
    const { publisher, runtime } = await VirtualPublisher.connect()
    await runtime.runUntil(publisher.close(), 1_000)
    expect(() => publisher.enqueue(user('1'))).toThrow(expect.objectContaining({ code: 'CLOSED' }) as Error)
  })
})

describe('what becomes of an enqueued message', () => {
  test('that is not appended within publishTimeoutMs is emitted once per outage, counted, and it is still sent', async () => {
    const virtual = await VirtualPublisher.connect({ publishTimeoutMs: 500 })
    const { publisher, runtime, log } = virtual
    const timeouts = (): number => virtual.toldOf('error').filter(({ name }) => name === 'PublishTimeoutError').length
    log.goDown()
    for (let id = 1; id <= 50; id++) {
      publisher.enqueue(user(String(id)))
      await runtime.advance(50)
    }
    expect(timeouts()).toBe(1)
    expect(publisher.stats.snapshot().publishFailures).toBeGreaterThan(30)
    log.comeBack()
    await runtime.advance(3_000)
    expect(virtual.evicts).toEqual(Array.from({ length: 50 }, (_, index) => String(index + 1)))
    publisher.enqueue(user('in time'))
    await runtime.advance(100)
    log.goDown()
    publisher.enqueue(user('late again'))
    await runtime.advance(2_000)
    expect(timeouts()).toBe(2)
  })

  test('that times out again after an append is another outage, although none was appended in time', async () => {
    const virtual = await VirtualPublisher.connect({ publishTimeoutMs: 500, maxQueued: 5 })
    const timeouts = (): number => virtual.toldOf('error').filter(({ name }) => name === 'PublishTimeoutError').length
    for (const expected of [1, 2]) {
      virtual.log.refuseWrites('refused')
      virtual.publisher.enqueue(user(String(expected)))
      await virtual.runtime.advance(2_000)
      expect(timeouts()).toBe(expected)
      virtual.log.refuseWrites(undefined)
      await virtual.runtime.advance(5_000)
    }
  })

  test('that too few replicas confirm is emitted once', async () => {
    const virtual = await VirtualPublisher.connect({ waitReplicas: { count: 1, timeoutMs: 100 } })
    for (let id = 0; id < 5; id++) {
      virtual.publisher.enqueue(user(String(id)))
      await virtual.runtime.advance(200)
    }
    expect(virtual.toldOf('error')).toMatchObject([{ kind: 'replicas' }])
  })

  test('that closing gives up is emitted once, by close()', async () => {
    const virtual = await VirtualPublisher.connect({ closeTimeoutMs: 100 })
    virtual.log.goDown()
    for (let id = 0; id < 5; id++) virtual.publisher.enqueue(user(String(id)))
    await virtual.runtime.runUntil(virtual.publisher.close(), 1_000)
    await virtual.runtime.settle()
    const errors = virtual.toldOf('error').filter(({ name }) => name === 'ClosedError')
    expect(errors).toMatchObject([{ message: expect.stringContaining('5 invalidations not appended') as string }])
  })

  test('that overflows is covered by the one that evicts all', async () => {
    const virtual = await VirtualPublisher.connect({ maxQueued: 10 })
    for (let id = 0; id < 30; id++) virtual.publisher.enqueue(user(String(id)))
    await virtual.runtime.advance(1_000)
    expect(virtual.evicts).toEqual(['*'])
    expect(virtual.publisher.stats.snapshot().messagesPublished).toBe(30)
  })
})
