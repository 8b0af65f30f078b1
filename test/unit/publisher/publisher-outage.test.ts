import { describe, expect, test } from 'vitest'
import { PublishTimeoutError, RedisError } from '../../../src/support/errors.js'
import { outcomeOf, VirtualPublisher } from '../../support/virtual-publisher.js'

const ids = (count: number, from = 0): string[] => Array.from({ length: count }, (_, n) => String(from + n))

describe('while Redis is away', () => {
  test('messages wait, and go out in order when it is back', async () => {
    const virtual = await VirtualPublisher.connect({}, { down: true })
    const published = ids(2_500).map((id) => virtual.publisher.invalidate('user', id))
    await virtual.runtime.advance(1_000)
    expect(virtual.publisher.health()).toMatchObject({ status: 'down', queued: 2_500, inFlight: 0 })
    virtual.log.comeBack()
    await virtual.runtime.runUntil(Promise.all(published), 1_000)
    expect(virtual.evicts).toEqual(ids(2_500))
    expect(virtual.publisher.health()).toEqual({
      status: 'up',
      connected: true,
      queued: 0,
      queuedBytes: 0,
      inFlight: 0,
    })
  })

  test('it is told once that messages have to wait, and once that none do', async () => {
    const virtual = await VirtualPublisher.connect()
    virtual.log.goDown()
    for (const id of ids(3)) void virtual.publisher.invalidate('user', id)
    await virtual.runtime.advance(500)
    virtual.log.comeBack()
    await virtual.runtime.advance(500)
    expect(virtual.told.map(([name]) => name)).toEqual(['disconnected', 'queued', 'error', 'connected', 'drained'])
    expect(virtual.toldOf('queued')).toEqual([{ queued: 1 }])
  })

  test('it is told of messages whose append failed a moment before the connection was seen to be down', async () => {
    let failures = 0
    const virtual = await VirtualPublisher.connect(
      {},
      {
        tap: (commands) => ({
          append: (...args) =>
            failures++ === 0 ? Promise.reject(new RedisError('disconnected', 'reset')) : commands.append(...args),
        }),
      },
    )
    const publishing = virtual.publisher.invalidate('user', '1')
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
    virtual.log.cut('commands')
    await virtual.runtime.runUntil(publishing, 1_000)
    expect(virtual.toldOf('queued')).toEqual([{ queued: 1 }])
    expect(virtual.told.at(-1)).toEqual(['drained'])
  })

  test('what was in flight is sent again first, and what waited follows', async () => {
    const virtual = await VirtualPublisher.connect({}, { latencyMs: 20 })
    const early = virtual.publisher.invalidate('user', 'early')
    await virtual.runtime.advance(5)
    virtual.log.cut()
    const late = virtual.publisher.invalidate('user', 'late')
    await virtual.runtime.runUntil(Promise.all([early, late]), 1_000)
    expect(virtual.evicts).toEqual(['early', 'late'])
    expect(virtual.frames).toHaveLength(2)
  })

  test('flush() waits for what is tried again', async () => {
    const virtual = await VirtualPublisher.connect({}, { latencyMs: 20 })
    void virtual.publisher.invalidate('user', '1')
    await virtual.runtime.advance(5)
    virtual.log.goDown()
    const flushed = outcomeOf(virtual.publisher.flush())
    await virtual.runtime.advance(1_000)
    expect(flushed.settled).toBe(false)
    virtual.log.comeBack()
    await virtual.runtime.advance(1_000)
    expect(flushed.settled).toBe(true)
    expect(virtual.evicts).toEqual(['1'])
  })

  test('an error is told once, however many attempts fail, and once more in the next outage', async () => {
    const virtual = await VirtualPublisher.connect()
    for (let outage = 1; outage <= 2; outage++) {
      virtual.log.goDown()
      await virtual.runtime.advance(10_000)
      virtual.log.comeBack()
      await virtual.runtime.advance(1_000)
      expect(virtual.toldOf('error')).toHaveLength(outage)
    }
  })
})

describe('an acknowledgement that got lost', () => {
  test('makes an entry twice and never loses one: the receipt names the one that was acknowledged', async () => {
    const virtual = await VirtualPublisher.connect()
    virtual.log.loseAcknowledgements(1)
    const receipt = await virtual.runtime.runUntil(virtual.publisher.invalidate('user', '1'), 1_000)
    expect(virtual.evicts).toEqual(['1', '1'])
    const [first, second] = virtual.log.entries()
    expect(first?.position.appendId).not.toBe(second?.position.appendId)
    expect(receipt.position).toContain(second?.position.appendId)
  })
})

describe('order', () => {
  test.each([1, 2, 3, 4, 5])('is kept through cuts and lost acknowledgements (seed %i)', async (seed) => {
    const virtual = await VirtualPublisher.connect({ publishTimeoutMs: 600_000 }, { latencyMs: 10 })
    const { runtime, log, publisher } = virtual
    for (let n = 0; n < seed; n++) runtime.random()
    const published: Promise<unknown>[] = []
    for (let turn = 0; turn < 200; turn++) {
      const count = Math.floor(runtime.random() * 60)
      for (const id of ids(count, published.length)) published.push(publisher.invalidate('user', id))
      if (runtime.random() < 0.05) log.cut()
      if (runtime.random() < 0.05) log.loseAcknowledgements(1)
      await runtime.advance(runtime.random() * 8)
    }
    await runtime.runUntil(Promise.all(published), 10_000)
    expect(virtual.evicts.length).toBeGreaterThan(published.length)
    expect([...new Set(virtual.evicts)]).toEqual(ids(published.length))
  })
})

describe('a server that refuses', () => {
  test('is tried again until it takes what waits; the refusal is told once', async () => {
    const virtual = await VirtualPublisher.connect()
    virtual.log.refuseWrites('refused')
    const published = ids(3).map((id) => virtual.publisher.invalidate('user', id))
    await virtual.runtime.advance(4_000)
    expect(virtual.publisher.health()).toMatchObject({ status: 'degraded', connected: true, queued: 3 })
    expect(virtual.toldOf('error')).toMatchObject([{ kind: 'refused' }])
    expect(virtual.toldOf('queued')).toEqual([{ queued: 3 }])
    virtual.log.refuseWrites(undefined)
    await virtual.runtime.runUntil(Promise.all(published), 2_100)
    expect(virtual.evicts).toEqual(ids(3))
    expect(virtual.publisher.health().status).toBe('up')

    virtual.log.refuseWrites('refused')
    void virtual.publisher.invalidate('user', 'more')
    await virtual.runtime.advance(1_000)
    const refusals = virtual.toldOf('error').filter(({ message }) => message.includes('append'))
    expect(refusals).toHaveLength(2)
  })

  test('because it is a replica is left for another connection', async () => {
    const virtual = await VirtualPublisher.connect()
    virtual.log.refuseWrites('readonly')
    const publishing = virtual.publisher.invalidate('user', '1')
    await virtual.runtime.advance(100)
    expect(virtual.toldOf('disconnected').length).toBeGreaterThan(0)
    virtual.log.refuseWrites(undefined)
    await virtual.runtime.runUntil(publishing, 3_000)
    expect(virtual.evicts).toEqual(['1'])
  })
})

describe('the publish timeout', () => {
  test('rejects; the message stays queued and is appended later', async () => {
    const virtual = await VirtualPublisher.connect({ publishTimeoutMs: 1_000 }, { down: true })
    const publishing = outcomeOf(virtual.publisher.invalidate('user', '1'))
    await virtual.runtime.advance(999)
    expect(publishing.settled).toBe(false)
    await virtual.runtime.advance(1)
    expect(publishing.error).toBeInstanceOf(PublishTimeoutError)
    expect(publishing.error).toHaveProperty('message', expect.stringContaining('stays queued'))
    virtual.log.comeBack()
    await virtual.runtime.advance(1_000)
    expect(virtual.evicts).toEqual(['1'])
  })

  test('is that of each caller, also where one message stands for many', async () => {
    const virtual = await VirtualPublisher.connect({ publishTimeoutMs: 1_000 }, { down: true })
    const first = outcomeOf(virtual.publisher.invalidate('user', '1'))
    await virtual.runtime.advance(600)
    const second = outcomeOf(virtual.publisher.invalidate('user', '1'))
    await virtual.runtime.advance(500)
    expect([first.settled, second.settled]).toEqual([true, false])
    virtual.log.comeBack()
    await virtual.runtime.advance(200)
    expect(first.error).toBeInstanceOf(PublishTimeoutError)
    expect(second.value).toMatchObject({ messageId: virtual.messages[0]?.messageId })
  })

  test('comes at most 1 % late, whenever callers began to wait', async () => {
    const virtual = await VirtualPublisher.connect({ publishTimeoutMs: 1_000 }, { down: true })
    const late: number[] = []
    for (const id of ids(300)) {
      const due = virtual.runtime.monotonic() + 1_000
      virtual.publisher.invalidate('user', id).catch(() => late.push(virtual.runtime.monotonic() - due))
      await virtual.runtime.advance(7)
    }
    await virtual.runtime.advance(1_100)
    expect(late).toHaveLength(300)
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...late)).toBeLessThanOrEqual(10)
  })
})

describe('overflow', () => {
  test('makes one message that evicts all, which settles all who wait', async () => {
    const virtual = await VirtualPublisher.connect({ maxQueued: 100 }, { down: true })
    const published = ids(1_000).map((id) => virtual.publisher.invalidate('user', id))
    expect(virtual.publisher.health()).toMatchObject({ queued: 1 })
    await virtual.runtime.settle()
    expect(virtual.toldOf('overflow')).toEqual([{ collapsed: 1_000, total: 1_000 }])
    virtual.log.comeBack()
    const receipts = await virtual.runtime.runUntil(Promise.all(published), 1_000)
    expect(virtual.messages).toMatchObject([{ action: 'pattern', pattern: '*', metadata: { evictAll: 'overflow' } }])
    expect(new Set(receipts.map(({ messageId }) => messageId))).toEqual(new Set([virtual.messages[0]?.messageId]))
  })

  test('is reported at the end of the turn and when its message leaves: the numbers add up, as the counts do', async () => {
    const virtual = await VirtualPublisher.connect({ maxQueued: 100 }, { down: true })
    for (let time = 0; time < 50; time++) {
      for (const id of ids(100)) virtual.publisher.enqueue({ action: 'pattern', pattern: `${time}:${id}` })
      await virtual.runtime.advance(10)
    }
    virtual.log.comeBack()
    await virtual.runtime.advance(1_000)
    expect(virtual.toldOf('overflow')).toEqual([
      { collapsed: 200, total: 200 },
      { collapsed: 4_800, total: 5_000 },
    ])
    expect(virtual.publisher.stats.snapshot().messagesPublished).toBe(5_000)
    expect(virtual.evicts).toEqual(['*'])
  })

  test('is reported in full when the publisher closes first', async () => {
    const virtual = await VirtualPublisher.connect({ maxQueued: 10, closeTimeoutMs: 10 }, { down: true })
    for (const id of ids(20)) virtual.publisher.enqueue({ action: 'pattern', pattern: id })
    await virtual.runtime.advance(1)
    for (const id of ids(30)) virtual.publisher.enqueue({ action: 'pattern', pattern: id })
    await virtual.runtime.runUntil(virtual.publisher.close(), 1_000)
    expect(virtual.toldOf('overflow').map(({ total }) => total)).toEqual([20, 50])
  })

  test('takes in nothing that comes while it is in flight, also if it fails', async () => {
    const virtual = await VirtualPublisher.connect({ maxQueued: 2 }, { down: true, latencyMs: 20 })
    for (const id of ids(10)) void virtual.publisher.invalidate('user', id)
    virtual.log.comeBack()
    while (virtual.publisher.health().inFlight === 0) await virtual.runtime.advance(1)
    const later = virtual.publisher.invalidate('user', 'later')
    virtual.log.cut()
    await virtual.runtime.runUntil(later, 1_000)
    expect(virtual.evicts).toEqual(['*', 'later'])
  })
})
