import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Delivery } from '../../../../src/subscriber/handling/delivery.js'
import { Dispatcher } from '../../../../src/subscriber/handling/dispatcher.js'
import { ClosedError } from '../../../../src/support/errors.js'
import { type Runtime, systemRuntime } from '../../../../src/support/runtime.js'
import { SubscriptionCounters } from '../../../../src/telemetry/counters.js'
import { VirtualRuntime } from '../../../support/virtual-runtime.js'
import { Bench, type Deferred, deferred, message, retry, twice } from './fixtures.js'

const never = { ...retry, forMs: 0 }

test('frames, and the messages of each, are handled in order, one at a time', async () => {
  const order: string[] = []
  const bench = new Bench(async ({ messageId }) => {
    order.push(`${messageId} begins`)
    await bench.runtime.yield()
    order.push(`${messageId} ends`)
  })
  bench.push(['a', 'b'], ['c'])
  await bench.idle()
  expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
  expect(bench.handled).toEqual(['a,b', 'c'])
})

test('whenever tasks are pushed, they are handled in order, one at a time', async () => {
  const waits = fc.array(fc.constantFrom('nothing', 'a tick', 'a turn'), { maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.record({ before: waits, during: waits }), { maxLength: 12 }), async (tasks) => {
      const order: string[] = []
      const bench = new Bench(
        async ({ messageId }) => {
          order.push(`${messageId} begins`)
          await waitFor(tasks[Number(messageId)]?.during)
          order.push(`${messageId} ends`)
        },
        { runtime: systemRuntime },
      )
      for (const [index, { before }] of tasks.entries()) {
        await waitFor(before)
        bench.push([String(index)])
      }
      await bench.ended()
      expect(order).toEqual(tasks.flatMap((_, index) => [`${index} begins`, `${index} ends`]))
    }),
    { numRuns: 300 },
  )
})

test.each([
  { order: 'any' as const, expected: ['a1', 'b1', 'c1', 'a2', 'a3'] },
  { order: 'strict' as const, expected: ['a1', 'a2', 'a3', 'b1', 'c1'] },
])('a message that is retried lets those behind it pass, or holds them up: $order', async ({ order, expected }) => {
  const tried: string[] = []
  const bench = new Bench(
    ({ messageId }, { attempt }) => {
      tried.push(`${messageId}${attempt}`)
      if (messageId === 'a' && attempt < 3) throw new Error('not yet')
    },
    { retry: { ...retry, order } },
  )
  bench.push(['a', 'b'], ['c'])
  await bench.idle()
  expect(tried).toEqual(expected)
  expect(bench.handled.toSorted()).toEqual(['a,b', 'c'])
})

test('a slice of the backlog is one task: its frames follow one another whatever the concurrency', async () => {
  let running = 0
  let mostRunning = 0
  const bench = new Bench(
    async () => {
      mostRunning = Math.max(mostRunning, ++running)
      await bench.runtime.yield()
      running--
    },
    { concurrency: 8 },
  )
  bench.dispatcher.push(['a', 'b', 'c'].map((id) => bench.work(id, [id])))
  await bench.idle()
  expect(mostRunning).toBe(1)
  expect(bench.handled).toEqual(['a', 'b', 'c'])
})

test('as many tasks run at once as concurrency says, and each frame is handled when its own messages are', async () => {
  const ends = new Map<string, Deferred<void>>()
  const bench = new Bench(
    ({ messageId }) => {
      const end = deferred()
      ends.set(messageId, end)
      return end.promise
    },
    { concurrency: 2 },
  )
  bench.push(['a'], ['b'], ['c'])
  await bench.runtime.settle()
  expect([...ends.keys()]).toEqual(['a', 'b'])
  ends.get('b')?.resolve()
  await bench.runtime.settle()
  expect(bench.handled).toEqual(['b'])
  expect([...ends.keys()]).toEqual(['a', 'b', 'c'])
  ends.get('a')?.resolve()
  ends.get('c')?.resolve()
  await bench.idle()
  expect(bench.handled).toEqual(['b', 'a', 'c'])
})

test('a handler is told how the message came', async () => {
  const deliveries: Delivery[] = []
  const bench = new Bench((_, delivery) => {
    deliveries.push(delivery)
  })
  bench.dispatcher.push([
    bench.work('live', ['a'], { mode: 'live', position: '1-1@abcdefgh1' }),
    bench.work('foreign', ['b'], { mode: 'live' }),
    bench.work('replay', ['c'], { mode: 'replay', position: '2-1@abcdefgh2' }),
    bench.work('resync', ['d'], { mode: 'resync', reason: 'trimmed', missed: 7 }),
    bench.work('unknown', ['e'], { mode: 'resync', reason: 'forked' }),
  ])
  await bench.idle()
  expect(deliveries.map((delivery) => ({ ...delivery }))).toStrictEqual([
    { attempt: 1, mode: 'live', position: '1-1@abcdefgh1' },
    { attempt: 1, mode: 'live' },
    { attempt: 1, mode: 'replay', position: '2-1@abcdefgh2' },
    { attempt: 1, mode: 'resync', reason: 'trimmed', missed: 7 },
    { attempt: 1, mode: 'resync', reason: 'forked' },
  ])
  expect(deliveries[0]?.signal.aborted).toBe(false)
  expect(deliveries[0]?.signal).toBe(deliveries[0]?.signal)
})

test('push returns before the handler is called', async () => {
  let called = false
  const bench = new Bench(() => {
    called = true
  })
  bench.push(['a'])
  expect(called).toBe(false)
  await bench.idle()
  expect(called).toBe(true)
})

test('a work without messages has its turn and counts for nothing', async () => {
  const end = deferred()
  const bench = new Bench(() => end.promise)
  bench.push(['a'], [])
  expect(bench.dispatcher.pending).toBe(1)
  await bench.runtime.settle()
  expect(bench.handled).toEqual([])
  end.resolve()
  await bench.idle()
  expect(bench.handled).toEqual(['a', ''])
})

test('pending counts messages until they are handled or given up', async () => {
  const pending: number[] = []
  const bench = new Bench(
    ({ messageId }) => {
      pending.push(bench.dispatcher.pending)
      if (messageId === 'b') throw new Error('no')
    },
    { retry: never },
  )
  bench.push(['a', 'b'], ['c'])
  expect(bench.dispatcher.pending).toBe(3)
  await bench.idle()
  expect(pending).toEqual([3, 2, 1])
  expect(bench.dispatcher.pending).toBe(0)
})

test('when resolves as soon as its condition on what is pending is met, within a frame too', async () => {
  const ends = Array.from({ length: 4 }, () => deferred())
  let next = 0
  const bench = new Bench(() => ends[next++]?.promise)
  const reached: number[] = []
  const below = (limit: number): Promise<void> => bench.dispatcher.when(() => bench.dispatcher.pending < limit)
  await below(1)
  bench.push(['a', 'b', 'c', 'd'])
  for (const limit of [1, 3, 4]) void below(limit).then(() => reached.push(limit))
  await below(5)
  expect(reached).toEqual([])
  ends[0]?.resolve()
  await bench.runtime.settle()
  expect(reached).toEqual([4])
  ends[1]?.resolve()
  await bench.runtime.settle()
  expect(reached).toEqual([4, 3])
  ends[2]?.resolve()
  ends[3]?.resolve()
  await bench.idle()
  expect(reached).toEqual([4, 3, 1])
})

test('a work that throws when it is told that it was handled is reported and stops nothing', async () => {
  const bench = new Bench(() => undefined)
  const broken = { ...bench.work('a', ['a']), handled: () => expect.unreachable('broken books') }
  bench.dispatcher.push([broken, bench.work('b', ['b'])])
  await bench.idle()
  expect(bench.errors).toEqual([
    expect.objectContaining({ message: expect.stringContaining('broken books') as string }),
  ])
  expect(bench.handled).toEqual(['b'])
})

/** Runs handlers that each block for a millisecond; returns how often the loop was given a turn before each frame ended. */
async function turnsAtEnd(frames: readonly (readonly string[])[]): Promise<number[]> {
  let clock = 1_000_000
  let turns = 0
  const runtime: Runtime = {
    ...systemRuntime,
    monotonic: () => clock,
    yield: () => {
      turns++
      return systemRuntime.yield()
    },
  }
  const bench = new Bench(
    () => {
      clock++
    },
    { runtime },
  )
  const turnsAt: number[] = []
  for (const ids of frames) bench.dispatcher.push([{ ...bench.work('', ids), handled: () => turnsAt.push(turns) }])
  await bench.ended()
  return turnsAt
}

test('the event loop has a turn every ten milliseconds while handlers that never wait work off a long frame', async () => {
  const [turns] = await turnsAtEnd([Array.from({ length: 600 }, (_, index) => `${index}`)])
  expect(turns).toBeGreaterThanOrEqual(59)
  expect(turns).toBeLessThanOrEqual(61)
})

test('the event loop has a turn every ten milliseconds while handlers that never wait work off many frames', async () => {
  const turns = (await turnsAtEnd(Array.from({ length: 600 }, (_, index) => [`${index}`]))).at(-1)
  expect(turns).toBeGreaterThanOrEqual(59)
  expect(turns).toBeLessThanOrEqual(61)
})

test('a lone message is handled without waiting for a turn of the event loop', async () => {
  expect(await turnsAtEnd([['a']])).toEqual([0])
})

test('close starts nothing more, waits for what runs, and what was not started never counts as handled', async () => {
  const end = deferred()
  const started: string[] = []
  const bench = new Bench(({ messageId }) => {
    started.push(messageId)
    return end.promise
  })
  bench.push(['a', 'b'], ['c'], [])
  await bench.runtime.settle()
  const closing = bench.dispatcher.close(1_000)
  await bench.runtime.advance(900)
  end.resolve()
  expect(await bench.runtime.runUntil(closing, 1_000)).toBe(true)
  const { pending } = bench.dispatcher
  bench.push(['d'], [])
  expect(bench.dispatcher.pending).toBe(pending)
  await bench.runtime.advance(60_000)
  expect(started).toEqual(['a'])
  expect(bench.handled).toEqual([])
})

test('a frame whose last message was running when close began counts as handled', async () => {
  const end = deferred()
  const bench = new Bench(() => end.promise)
  bench.push(['a'])
  await bench.runtime.settle()
  const closing = bench.dispatcher.close(1_000)
  end.resolve()
  expect(await bench.runtime.runUntil(closing, 1_000)).toBe(true)
  expect(bench.handled).toEqual(['a'])
})

test('close in the turn of the push starts nothing', async () => {
  const started: string[] = []
  const bench = new Bench(({ messageId }) => {
    started.push(messageId)
  })
  bench.push(['a'], ['b'])
  expect(await bench.dispatcher.close(1_000)).toBe(true)
  expect(started).toEqual([])
  expect(bench.handled).toEqual([])
})

test.each([0, 1_000])(
  'close aborts what still runs at the limit, and what that comes to counts for nothing, with retries for %i ms',
  async (forMs) => {
    const end = deferred()
    let signal: AbortSignal | undefined
    const bench = new Bench(
      (_, delivery) => {
        signal = delivery.signal
        return end.promise
      },
      { retry: { ...retry, forMs, minDelayMs: 0, maxDelayMs: 0 } },
    )
    bench.push(['a'])
    await bench.runtime.settle()
    const closing = bench.dispatcher.close(1_000)
    await bench.runtime.advance(999)
    expect(signal?.aborted).toBe(false)
    await bench.runtime.advance(1)
    expect(await closing).toBe(false)
    expect(signal?.reason).toBeInstanceOf(ClosedError)
    end.resolve()
    await bench.runtime.advance(60_000)
    expect(bench.handled).toEqual([])
    expect(bench.givenUp).toEqual([])
    expect(bench.errors).toEqual([])
  },
)

test('close does not wait beyond its limit for a dead letter to be stored', async () => {
  const bench = new Bench(
    () => {
      throw new Error('no')
    },
    { retry: never, onGivenUp: () => stored.promise },
  )
  const stored = deferred()
  bench.push(['a'])
  await bench.runtime.settle()
  expect(await bench.runtime.runUntil(bench.dispatcher.close(1_000), 1_000)).toBe(false)
  stored.resolve()
  await bench.runtime.settle()
  expect(bench.handled).toEqual([])
})

test('close cuts a wait for the next try short: the failure is told, and the message does not count', async () => {
  let tries = 0
  const bench = new Bench(
    () => {
      tries++
      throw new Error('no')
    },
    { retry: { ...twice, forMs: 7_200_000 } },
  )
  bench.push(['a'])
  await bench.runtime.settle()
  expect(await bench.dispatcher.close(1_000)).toBe(true)
  expect(bench.runtime.monotonic()).toBe(0)
  await bench.runtime.advance(7_200_000)
  expect(tries).toBe(1)
  expect(bench.handled).toEqual([])
  expect(bench.givenUp).toEqual([])
  expect(bench.errors).toEqual([
    expect.objectContaining({
      message: expect.stringMatching(
        /^The subscription was closed while a message waited .*message a \(try 1\): no$/,
      ) as string,
    }),
  ])
})

test('a handler that fails while closing is not tried again', async () => {
  const ends: Deferred<void>[] = []
  const bench = new Bench(() => {
    const end = deferred()
    ends.push(end)
    return end.promise
  })
  bench.push(['a'])
  await bench.runtime.settle()
  const closing = bench.dispatcher.close(1_000)
  ends[0]?.reject(new Error('no'))
  expect(await bench.runtime.runUntil(closing, 1_000)).toBe(true)
  await bench.runtime.advance(60_000)
  expect(ends).toHaveLength(1)
  expect(bench.handled).toEqual([])
  expect(bench.errors).toHaveLength(1)
})

test('a handler may close: it is waited for no longer than the limit', async () => {
  const outcome = deferred<boolean>()
  const bench = new Bench(async () => {
    outcome.resolve(await bench.dispatcher.close(1_000))
  })
  bench.push(['a'], ['b'])
  expect(await bench.runtime.runUntil(outcome.promise, 1_000)).toBe(false)
  expect(bench.handled).toEqual([])
})

test('nothing is left of a time limit after close: a timer that ran on would keep the process alive', async () => {
  const runtime = new VirtualRuntime()
  let timers = 0
  const counting: Runtime = {
    now: () => runtime.now(),
    monotonic: () => runtime.monotonic(),
    yield: () => runtime.yield(),
    random: () => runtime.random(),
    uuid: () => runtime.uuid(),
    after(delayMs, callback) {
      timers++
      const timer = runtime.after(delayMs, callback)
      return {
        cancel() {
          timers--
          timer.cancel()
        },
      }
    },
  }
  const dispatcher = new Dispatcher({
    handler: () => Promise.resolve(),
    concurrency: 1,
    handlerTimeoutMs: 30_000,
    runtime: counting,
    counters: new SubscriptionCounters(),
    retry,
    reportAfterMs: Infinity,
    onGivenUp: () => undefined,
    onError: () => undefined,
  })
  dispatcher.push([{ messages: [message('a')], origin: { mode: 'live' }, handled: () => undefined }])
  await dispatcher.when(() => dispatcher.pending === 0)
  expect(timers).toBe(1)
  expect(await dispatcher.close(1_000)).toBe(true)
  expect(timers).toBe(0)
})

test('closing again has the outcome of the first time', async () => {
  const bench = new Bench(() => new Promise(() => undefined))
  bench.push(['a'])
  await bench.runtime.settle()
  const first = bench.dispatcher.close(1_000)
  const second = bench.dispatcher.close(60_000)
  await bench.runtime.advance(1_000)
  expect(await Promise.all([first, second])).toEqual([false, false])
})

test('who waits for room or for the end is let go at close', async () => {
  const bench = new Bench(() => new Promise(() => undefined))
  bench.push(['a'], ['b'])
  const waiting = Promise.all([bench.dispatcher.when(() => false), bench.ended()])
  void bench.dispatcher.close(60_000)
  await waiting
  await Promise.all([bench.dispatcher.when(() => false), bench.ended()])
  expect(bench.dispatcher.pending).toBe(2)
})

async function waitFor(waits: readonly ('nothing' | 'a tick' | 'a turn')[] = []): Promise<void> {
  for (const wait of waits) {
    if (wait === 'a tick') await Promise.resolve()
    if (wait === 'a turn') await systemRuntime.yield()
  }
}
