import { describe, expect, test } from 'vitest'
import { type Overflow, SendQueue } from '../../../src/publisher/send-queue.js'
import { prepared, TestCaller } from './fixtures.js'

const noLimit = [Infinity, Infinity] as const
const evictAll = prepared('evict-all', { bytes: 5 })

function createQueue({ maxQueued = 1_000, maxQueuedBytes = 1_000_000 } = {}): {
  readonly queue: SendQueue
  readonly overflows: Overflow[]
  readonly publish: (messageId: string, options?: Parameters<typeof prepared>[1]) => TestCaller
  readonly take: (maxMessages: number, maxBytes: number) => string[]
} {
  const overflows: Overflow[] = []
  const queue = new SendQueue(
    { maxQueued, maxQueuedBytes },
    {
      makeEvictAll: () => evictAll,
      onCollapse: () => undefined,
      onOverflow: (overflow) => overflows.push(overflow),
    },
  )
  return {
    queue,
    overflows,
    publish: (messageId, options) => {
      const caller = new TestCaller()
      queue.add(prepared(messageId, options), caller.caller)
      return caller
    },
    take: (...limits) => queue.take(...limits).map((message) => message.prepared.messageId),
  }
}

const receipt = { position: '1-0@a', receivers: 0 }

describe('taking', () => {
  test('gives messages in order, as many as the limit allows', () => {
    const { publish, take, queue } = createQueue()
    for (const id of ['a', 'b', 'c']) publish(id)
    expect(take(2, Infinity)).toEqual(['a', 'b'])
    expect(queue.length).toBe(1)
    expect(take(2, Infinity)).toEqual(['c'])
    expect(take(2, Infinity)).toEqual([])
  })

  test('gives as many bytes as the limit allows, but at least one message', () => {
    const { publish, take, queue } = createQueue()
    publish('big', { bytes: 500 })
    for (const id of ['a', 'b', 'c']) publish(id, { bytes: 40 })
    expect(take(10, 100)).toEqual(['big'])
    expect(queue.bytes).toBe(120)
    expect(take(10, 100)).toEqual(['a', 'b'])
  })

  test('counts what messages take in a frame of many, beside what they take in memory', () => {
    const { publish, take, queue } = createQueue()
    for (const id of ['a', 'b', 'c']) publish(id, { bytes: 200, packedBytes: 16 })
    expect([queue.bytes, queue.packedBytes]).toEqual([600, 48])
    expect(take(10, 40)).toEqual(['a', 'b'])
    expect([queue.bytes, queue.packedBytes]).toEqual([200, 16])
  })

  test('counts the links to the traces of all that a message covers', () => {
    const trace = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
    const { publish, take } = createQueue()
    for (const id of ['a', 'b', 'c']) {
      for (let time = 0; time < 5; time++) publish(`${id}${time}`, { key: id, bytes: 200, packedBytes: 16, trace })
    }
    expect(take(10, 1_000)).toEqual(['a0', 'b0'])
  })
})

describe('equal invalidations', () => {
  test('become one that waits, and settle together with the id that went on the wire', () => {
    const { publish, queue } = createQueue()
    const first = publish('first', { key: 'user:1' })
    publish('other')
    const second = publish('second', { key: 'user:1' })
    const [message, ...others] = queue.take(...noLimit)
    expect(message?.count).toBe(2)
    expect(others).toHaveLength(1)
    message?.resolve({ messageId: message.prepared.messageId, ...receipt })
    expect([first.outcome, second.outcome]).toEqual(['first', 'first'])
  })

  test('never become one with a message that was taken out', () => {
    const { publish, take, queue } = createQueue()
    publish('first', { key: 'user:1' })
    publish('waiting')
    expect(take(1, Infinity)).toEqual(['first'])
    publish('second', { key: 'user:1' })
    expect(queue.count).toBe(2)
    expect(take(...noLimit)).toEqual(['waiting', 'second'])
    publish('third', { key: 'user:1' })
    expect(take(...noLimit)).toEqual(['third'])
  })

  test('still become one after very many others have come and gone', () => {
    const { publish, take, queue } = createQueue({ maxQueued: 100_000 })
    for (let n = 0; n < 5_000; n++) publish(`m${n}`)
    take(4_900, Infinity)
    publish('again', { key: 'm4950' })
    expect(queue.length).toBe(100)
    publish('new', { key: 'm0' })
    expect(queue.length).toBe(101)
  })
})

describe('overflow', () => {
  test('makes one message that evicts all out of everything that waits, for all callers', () => {
    const { publish, overflows, queue } = createQueue({ maxQueued: 3 })
    const callers = [publish('a'), publish('b'), publish('b2', { key: 'b' }), publish('c'), publish('d')]
    queue.reportOverflow()
    expect(overflows).toEqual([{ collapsed: 5, total: 5 }])
    expect([queue.length, queue.bytes]).toEqual([1, 5])
    const [message] = queue.take(...noLimit)
    message?.resolve({ messageId: message.prepared.messageId, ...receipt })
    expect(callers.map(({ outcome }) => outcome)).toEqual(Array(5).fill('evict-all'))
  })

  test('comes with too many bytes as well', () => {
    const { publish, overflows, take } = createQueue({ maxQueuedBytes: 100 })
    publish('a', { bytes: 60 })
    publish('b', { bytes: 60 })
    expect(take(...noLimit)).toEqual(['evict-all'])
    expect(overflows).toEqual([{ collapsed: 2, total: 2 }])
  })

  test('is counted anew each time', () => {
    const { publish, overflows, take } = createQueue({ maxQueued: 1 })
    for (let time = 0; time < 2; time++) {
      for (const id of ['a', 'b']) publish(`${id}${time}`)
      take(...noLimit)
    }
    expect(overflows).toEqual([
      { collapsed: 2, total: 2 },
      { collapsed: 2, total: 2 },
    ])
  })

  test('never comes of a single message, however large', () => {
    const { publish, overflows, take } = createQueue({ maxQueuedBytes: 100 })
    publish('a', { bytes: 600 })
    expect(overflows).toEqual([])
    expect(take(...noLimit)).toEqual(['a'])
  })

  test('takes in all that comes while that message waits, and nothing that comes later', () => {
    const { publish, overflows, queue, take } = createQueue({ maxQueued: 2 })
    for (let n = 0; n < 40; n++) publish(`m${n}`)
    queue.reportOverflow()
    queue.reportOverflow()
    for (let n = 40; n < 100; n++) publish(`m${n}`)
    const [message] = queue.take(...noLimit)
    expect(message?.count).toBe(100)
    expect(overflows, 'their numbers add up').toEqual([
      { collapsed: 40, total: 40 },
      { collapsed: 60, total: 100 },
    ])
    publish('later', { key: 'user:1' })
    publish('equal', { key: 'user:1' })
    expect(take(...noLimit)).toEqual(['later'])
  })
})

describe('leaving the send queue', () => {
  test('is told to the span of each who still waits, once', () => {
    const { publish, take } = createQueue({ maxQueued: 2 })
    const callers = [publish('a'), publish('same', { key: 'a' }), publish('b'), publish('c'), publish('joins')]
    for (const caller of callers) caller.withSpan()
    callers[1]?.caller.reject(new Error('timed out'))
    expect(take(...noLimit)).toEqual(['evict-all'])
    expect(callers.map(({ toldSent }) => toldSent)).toEqual([1, 0, 1, 1, 1])
  })
})
