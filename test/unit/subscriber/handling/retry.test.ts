import { expect, test } from 'vitest'
import { HandlerError, HandlerTimeoutError } from '../../../../src/support/errors.js'
import { delay } from '../../../../src/support/runtime.js'
import { Bench, type Deferred, deferred, retry, twice } from './fixtures.js'

test('a handler that throws is tried again, and its frame is handled when a try succeeds', async () => {
  const attempts: number[] = []
  const bench = new Bench((_, { attempt }) => {
    attempts.push(attempt)
    if (attempt < 3) throw new Error('not yet')
  })
  bench.push(['a'])
  await bench.idle()
  expect(attempts).toEqual([1, 2, 3])
  expect(bench.handled).toEqual(['a'])
  expect(bench.givenUp).toEqual([])
})

test('what is handled, tried again and given up is counted once each', async () => {
  const bench = new Bench(
    ({ messageId }, { attempt }) => {
      if (messageId === 'bad' || (messageId === 'late' && attempt === 1)) throw new Error('no')
    },
    { retry: twice },
  )
  bench.push(['good', 'late'], ['bad'])
  await bench.idle()
  expect(bench.counters).toMatchObject({ retries: 1 + 1, deadLetters: 1, handledByAction: { delete: 2 } })
})

test('a handler that rejects is tried again', async () => {
  let tries = 0
  const bench = new Bench(async () => {
    await Promise.resolve()
    if (++tries < 2) throw new Error('not yet')
  })
  bench.push(['a'])
  await bench.idle()
  expect(tries).toBe(2)
  expect(bench.handled).toEqual(['a'])
})

test('when its time is over the message is tried once more, given up, and only then does its frame end', async () => {
  const order: string[] = []
  const stored = deferred()
  const bench = new Bench(
    ({ messageId }, { attempt }) => {
      order.push(`${messageId}${attempt} at ${bench.runtime.monotonic()}`)
      if (messageId === 'a') throw new TypeError('broken')
    },
    {
      retry: twice,
      onGivenUp: async ({ message: { messageId }, origin, error, tries }) => {
        bench.givenUp.push({ id: messageId, origin, error, tries })
        await stored.promise
        order.push('stored')
      },
    },
  )
  bench.push(['a', 'b'])
  await bench.runtime.advance(60_000)
  expect(order).toEqual(['a1 at 0', 'b1 at 0', 'a2 at 1000'])
  expect(bench.handled).toEqual([])
  stored.resolve()
  await bench.idle()
  expect(bench.handled).toEqual(['a,b'])
  const [letter] = bench.givenUp
  expect(letter).toMatchObject({ id: 'a', tries: 2, origin: { mode: 'live' } })
  expect(letter?.error).toBeInstanceOf(HandlerError)
  expect(letter?.error.message).toBe('The handler failed with message a (try 2): broken')
  expect(letter?.error.cause).toBeInstanceOf(TypeError)
})

test('a failure to give up is told, and the message still counts as finished', async () => {
  const bench = new Bench(
    () => {
      throw new Error('no')
    },
    { onGivenUp: () => Promise.reject(new Error('no room')) },
  )
  bench.push(['a'], ['b'])
  await bench.idle()
  expect(bench.errors.map((error) => error.message)).toEqual(['no room', 'no room'])
  expect(bench.handled.toSorted()).toEqual(['a', 'b'])
})

test('delays are drawn from nothing up to a ceiling that doubles and is bounded', async () => {
  const startedAt: number[] = []
  const bench = new Bench(
    (_, { attempt }) => {
      startedAt.push(bench.runtime.monotonic())
      if (attempt < 6) throw new Error('no')
    },
    { retry: { ...retry, forMs: 3_600_000, minDelayMs: 100, maxDelayMs: 500 } },
  )
  const rounds = 200
  for (let round = 0; round < rounds; round++) {
    bench.push(['a'])
    await bench.idle()
  }
  const delays = (attempt: number): number[] =>
    Array.from({ length: rounds }, (_, round) => {
      const [from = 0, to = 0] = startedAt.slice(round * 6 + attempt - 1)
      return to - from
    })
  for (const [attempt, ceiling] of [100, 200, 400, 500, 500].entries()) {
    const drawn = delays(attempt + 1)
    expect(Math.max(...drawn)).toBeLessThanOrEqual(ceiling)
    expect(Math.max(...drawn)).toBeGreaterThan(ceiling * 0.9)
    expect(Math.min(...drawn)).toBeLessThan(ceiling * 0.1)
  }
})

test('a try that outlives its limit fails with a timeout, and its signal is aborted with that error', async () => {
  const signals: AbortSignal[] = []
  const bench = new Bench(
    async (_, { attempt, signal }) => {
      signals.push(signal)
      if (attempt === 1) await new Promise<void>(() => undefined)
    },
    { handlerTimeoutMs: 1_000, retry: twice },
  )
  bench.push(['a'])
  await bench.runtime.advance(999)
  expect(signals[0]?.aborted).toBe(false)
  await bench.runtime.advance(1)
  expect(signals[0]?.reason).toBeInstanceOf(HandlerTimeoutError)
  expect(signals[0]?.reason).toMatchObject({
    message: expect.stringContaining('did not finish message a within 1000 ms (try 1)') as string,
  })
  await bench.idle()
  expect(signals).toHaveLength(2)
  expect(signals[1]?.aborted).toBe(false)
  expect(bench.handled).toEqual(['a'])
})

test('a signal that is asked for only after the timeout is aborted already', async () => {
  const seen = deferred<unknown>()
  const bench = new Bench(
    async (_, delivery) => {
      await new Promise<void>((resolve) => bench.runtime.after(2_000, resolve))
      seen.resolve(delivery.signal.reason)
    },
    { handlerTimeoutMs: 1_000, retry: { ...retry, forMs: 0 } },
  )
  bench.push(['a'])
  expect(await bench.runtime.runUntil(seen.promise, 5_000)).toBeInstanceOf(HandlerTimeoutError)
  expect(bench.givenUp[0]?.error).toBeInstanceOf(HandlerTimeoutError)
})

test('the signal of a try that ended in time is left alone', async () => {
  let signal: AbortSignal | undefined
  const bench = new Bench(
    async (_, delivery) => {
      signal = delivery.signal
      await Promise.resolve()
    },
    { handlerTimeoutMs: 1_000 },
  )
  bench.push(['a'])
  await bench.idle()
  await bench.runtime.advance(10_000)
  expect(signal?.aborted).toBe(false)
})

test('a retry never overlaps the try before it, unless that one outlived its limit', async () => {
  let running = 0
  let mostRunning = 0
  const ends: Deferred<void>[] = []
  const bench = new Bench(
    async () => {
      mostRunning = Math.max(mostRunning, ++running)
      const end = deferred()
      ends.push(end)
      await end.promise.finally(() => running--)
    },
    { handlerTimeoutMs: 1_000, retry: { ...retry, forMs: 10_000, minDelayMs: 10, maxDelayMs: 10 } },
  )
  bench.push(['a'])
  await bench.runtime.advance(900)
  expect(ends).toHaveLength(1)
  ends[0]?.reject(new Error('slow and broken'))
  await bench.runtime.advance(900)
  expect(ends).toHaveLength(2)
  expect(mostRunning).toBe(1)
  await bench.runtime.advance(900)
  expect(ends).toHaveLength(3)
  expect(mostRunning).toBe(2)
  ends[2]?.resolve()
  await bench.idle()
  ends[1]?.resolve()
  expect(bench.handled).toEqual(['a'])
})

test('what a try comes to after its limit changes nothing; a failure that is not the abort is told', async () => {
  const late = [deferred(), deferred(), deferred()]
  const bench = new Bench((_, { attempt }) => late[attempt - 1]?.promise, {
    handlerTimeoutMs: 1_000,
    retry: { ...retry, forMs: 2_000, minDelayMs: 0 },
  })
  bench.push(['a'])
  await bench.idle()
  expect(bench.givenUp).toHaveLength(1)
  late[0]?.resolve()
  late[1]?.reject(new DOMException('This operation was aborted', 'AbortError'))
  late[2]?.reject(new Error('disk full'))
  await bench.runtime.settle()
  expect(bench.errors.map((error) => error.message)).toEqual(['The handler failed with message a (try 3): disk full'])
  expect(bench.handled).toEqual(['a'])
})

test('a handler that passes its abort on is not told as a failure besides the timeout', async () => {
  const bench = new Bench(
    (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error)
        })
      }),
    { handlerTimeoutMs: 1_000, retry: twice },
  )
  bench.push(['a'])
  await bench.idle()
  expect(bench.givenUp[0]?.error).toBeInstanceOf(HandlerTimeoutError)
  expect(bench.errors).toEqual([])
})

test('a handler that returns what throws when it is asked for a promise has failed like any other', async () => {
  const bench = new Bench(
    ({ messageId }) => {
      if (messageId !== 'a') return undefined
      return {
        get then() {
          throw new Error('no promise')
        },
      }
    },
    { retry: twice },
  )
  bench.push(['a', 'b'])
  await bench.idle()
  expect(bench.givenUp).toMatchObject([{ id: 'a', tries: 2 }])
  expect(bench.handled).toEqual(['a,b'])
})

test('failures after the time limit are reported once, until a try succeeds', async () => {
  let fails = true
  const bench = new Bench(
    async () => {
      await delay(bench.runtime, fails ? 200 : 10)
      if (fails) throw new Error('too late')
    },
    { handlerTimeoutMs: 100, retry: { ...retry, forMs: 60_000, minDelayMs: 10, maxDelayMs: 10 } },
  )
  bench.push(['a'], ['b'], ['c'])
  await bench.runtime.advance(3_000)
  expect(bench.errors.filter(({ message }) => message.includes('too late'))).toHaveLength(1)
  fails = false
  await bench.idle()
  fails = true
  bench.push(['d'])
  await bench.runtime.advance(1_000)
  expect(bench.errors.filter(({ message }) => message.includes('too late'))).toHaveLength(2)
})
