import { describe, expect, test } from 'vitest'
import { Batcher, type Frame, type FrameLimits, packedFrames, singleMessages } from '../../../src/publisher/batcher.js'
import { SendQueue } from '../../../src/publisher/send-queue.js'
import { RedisError } from '../../../src/support/errors.js'
import { VirtualRuntime } from '../../support/virtual-runtime.js'
import { prepared, settled, SlowServer, TestCaller } from './fixtures.js'

const packsThree: FrameLimits = { maxMessages: 3, maxBytes: 1_000, maxInFlight: 2 }

function createBatcher(limits: FrameLimits = packsThree): {
  readonly server: SlowServer
  readonly runtime: VirtualRuntime
  readonly batcher: Batcher
  readonly appended: string[]
  readonly errors: unknown[]
  readonly publish: (...messageIds: string[]) => Promise<void>
} {
  const server = new SlowServer()
  const runtime = new VirtualRuntime()
  const appended: string[] = []
  const errors: unknown[] = []
  const queue = new SendQueue(
    { maxQueued: 100_000, maxQueuedBytes: 1e9 },
    { makeEvictAll: () => prepared('*'), onCollapse: () => undefined, onOverflow: () => undefined },
  )
  const batcher = new Batcher({
    queue,
    limits,
    runtime,
    append: server.append,
    onAppended: ({ json }) => {
      appended.push(json)
      return undefined
    },
    onFailed: (error) => errors.push(error),
    onProgress: () => undefined,
  })
  batcher.open()
  return {
    server,
    runtime,
    batcher,
    appended,
    errors,
    publish: async (...messageIds) => {
      for (const id of messageIds) {
        queue.add({ ...prepared(id), json: id }, new TestCaller().caller)
        batcher.wake()
      }
      await settled()
    },
  }
}

/** A frame to append again, for which nobody waits. */
const repairFrame = (json: string): Frame => ({ messages: [], json, bytes: json.length, count: 1 })
const frameOf = (...messageIds: string[]) => `{"frame":[${messageIds.join(',')}]}`

describe('what shares a frame', () => {
  test('a lone message leaves at once, by itself', async () => {
    const { publish, server } = createBatcher()
    await publish('a')
    expect(server.frames).toEqual(['a'])
  })

  test('messages of one turn share a frame', async () => {
    const { publish, server } = createBatcher()
    await publish('a', 'b')
    expect(server.frames).toEqual([frameOf('a', 'b')])
  })

  test('messages that come while a frame is under way share the next one', async () => {
    const { publish, server } = createBatcher()
    await publish('a')
    await publish('b')
    await publish('c')
    expect(server.frames).toEqual(['a'])
    await server.acknowledge()
    expect(server.frames).toEqual(['a', frameOf('b', 'c')])
  })

  test('a full frame leaves although others are under way, as long as they are few', async () => {
    const { publish, server } = createBatcher({ ...packsThree, maxInFlight: 3 })
    await publish('a')
    await publish('b', 'c', 'd')
    await publish('e', 'f', 'g', 'h', 'i', 'j')
    const [ab, cd] = [frameOf('b', 'c', 'd'), frameOf('e', 'f', 'g')]
    expect(server.frames).toEqual(['a', ab, cd])
    await server.acknowledge()
    expect(server.frames).toEqual(['a', ab, cd, frameOf('h', 'i', 'j')])
  })

  test('a frame is full by its bytes as well', async () => {
    const { publish, server } = createBatcher({ ...packsThree, maxBytes: 20 })
    await publish('a')
    await publish('b', 'c')
    expect(server.frames).toEqual(['a', frameOf('b', 'c')])
  })

  test('at most 8 packed frames are under way, however much waits', async () => {
    const { publish, server, batcher } = createBatcher(packedFrames)
    await publish(...Array.from({ length: 20_000 }, (_, n) => `m${n}`))
    expect([server.frames.length, batcher.inFlight]).toEqual([8, 8])
  })

  test('without packing each message is a frame of its own, and at most 64 are under way', async () => {
    const { publish, server } = createBatcher(singleMessages)
    const ids = Array.from({ length: 100 }, (_, n) => `m${n}`)
    await publish(...ids)
    expect(server.frames).toEqual(ids.slice(0, 64))
    await server.acknowledge()
    expect(server.frames).toEqual(ids.slice(0, 65))
  })
})

describe('when an attempt fails', () => {
  test('the frame is sent again as it was, under another append id', async () => {
    const { publish, server, runtime, appended } = createBatcher()
    await publish('a', 'b')
    await server.fail()
    await runtime.advance(100)
    expect(server.frames).toEqual([frameOf('a', 'b'), frameOf('a', 'b')])
    expect(server.attempts[0]?.appendId).not.toBe(server.attempts[1]?.appendId)
    await server.acknowledge()
    expect(appended).toEqual([frameOf('a', 'b')])
  })

  test('the rest come back before anything is sent again, and the failed are first in line, in order', async () => {
    const { publish, server, runtime, appended } = createBatcher({ ...packsThree, maxInFlight: 4 })
    await publish('a')
    await publish('b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j')
    expect(server.frames).toHaveLength(4)
    await publish('k', 'l', 'm')
    await server.fail()
    await server.acknowledge()
    await server.fail()
    await runtime.advance(1_000)
    expect(server.frames).toHaveLength(4)
    await server.acknowledge()
    expect(appended).toEqual([frameOf('b', 'c', 'd'), frameOf('h', 'i', 'j')])
    await runtime.advance(100)
    expect(server.frames.slice(4)).toEqual(['a', frameOf('e', 'f', 'g'), frameOf('k', 'l', 'm')])
  })

  test('what could not be tried again yet stays behind what failed again', async () => {
    const { server, runtime, batcher } = createBatcher({ ...packsThree, maxInFlight: 2 })
    const again = ['a', 'b', 'c', 'd']
    batcher.repeat(again.map((json) => repairFrame(json)))
    await settled()
    await server.fail()
    await server.fail()
    await runtime.advance(100)
    for (let n = 0; n < 4; n++) await server.acknowledge()
    expect(server.frames.slice(2)).toEqual(again)
  })

  test('because the link was lost, the backoff does not grow: the link has one of its own', async () => {
    const { publish, server, runtime } = createBatcher()
    await publish('a')
    for (let attempt = 1; attempt < 10; attempt++) {
      await server.fail(new RedisError('disconnected', 'gone'))
      await runtime.advance(100)
      expect(server.frames).toHaveLength(attempt + 1)
    }
  })

  test('it backs off, from half of 50 ms up to 2 s, until an attempt succeeds', async () => {
    const { publish, server, runtime } = createBatcher()
    await publish('a')
    const delays: number[] = []
    for (let attempt = 0; attempt < 10; attempt++) {
      const failedAt = runtime.monotonic()
      await server.fail()
      while (server.frames.length === attempt + 1) await runtime.advance(1)
      delays.push(runtime.monotonic() - failedAt)
    }
    for (const [attempt, delay] of delays.entries()) {
      const ceiling = Math.min(2_000, 50 * 2 ** attempt)
      expect(delay).toBeGreaterThanOrEqual(ceiling / 2)
      expect(delay).toBeLessThanOrEqual(ceiling + 1)
    }
    expect(new Set(delays.slice(-4)).size).toBeGreaterThan(1)
    await server.acknowledge()
    await publish('b')
    await server.fail()
    await runtime.advance(100)
    expect(server.frames.at(-1)).toBe('b')
    expect(server.frames).toHaveLength(13)
  })

  test('every error is told', async () => {
    const { publish, server, errors } = createBatcher()
    const error = new RedisError('timeout', 'no reply')
    await publish('a')
    await server.fail(error)
    expect(errors).toEqual([error])
  })
})

describe('the gate', () => {
  test('while it is shut nothing is sent; when it opens, what waits is', async () => {
    const { publish, server, batcher } = createBatcher()
    batcher.shut()
    await publish('a')
    expect(server.frames).toEqual([])
    batcher.open()
    await settled()
    expect(server.frames).toEqual(['a'])
  })

  test('a link that comes back at once does not end the backoff', async () => {
    const { publish, server, batcher, runtime } = createBatcher()
    await publish('a')
    await server.fail()
    batcher.shut()
    batcher.open()
    await settled()
    expect(server.frames).toEqual(['a'])
    await runtime.advance(100)
    expect(server.frames).toEqual(['a', 'a'])
  })

  test('quiescing waits for what is under way', async () => {
    const { publish, server, batcher } = createBatcher()
    let quiet = false
    await publish('a')
    void batcher.quiesce().then(() => (quiet = true))
    await publish('b')
    expect(quiet).toBe(false)
    await server.acknowledge()
    expect(quiet).toBe(true)
    expect(server.frames).toEqual(['a'])
  })

  test('what is repeated goes ahead of all that waits, in order', async () => {
    const { publish, server, batcher, runtime } = createBatcher()
    await publish('failed')
    await server.fail()
    batcher.shut()
    await publish('new')
    batcher.repeat([repairFrame('old1'), repairFrame('old2')])
    batcher.open()
    await runtime.advance(100)
    for (let n = 0; n < 4; n++) await server.acknowledge()
    expect(server.frames.slice(1)).toEqual(['old1', 'old2', 'failed', 'new'])
  })
})
