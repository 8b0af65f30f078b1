import { expect, test } from 'vitest'
import type { InvalidationMessage } from '../../../../src/message/message.js'
import type { Delivery, Work } from '../../../../src/subscriber/handling/delivery.js'
import { Bench, type Deferred, deferred, message, retry, twice } from './fixtures.js'

const evictAll: InvalidationMessage = {
  action: 'pattern',
  pattern: '*',
  messageId: '*',
  timestamp: '2026-11-22T10:00:00.000Z',
  sourceService: 'user-service',
}

/** The work of a resync for dead letters. */
const resync: Work = {
  messages: [evictAll],
  origin: { mode: 'resync', reason: 'dead-letter' },
  handled: () => undefined,
}

const patient = { ...retry, forMs: 3_600_000, minDelayMs: 1_000, maxDelayMs: 1_000 }

/** A handler that fails with these messages until they are removed from the set. */
function failingWith(ids: ReadonlySet<string>, tried: string[] = []) {
  return ({ messageId }: InvalidationMessage, { attempt }: Delivery): void => {
    tried.push(`${messageId}${attempt}`)
    if (ids.has(messageId)) throw new Error('no')
  }
}

test('a frame is handled when the last of its messages is, also of those that failed; later frames do not wait', async () => {
  const failing = new Set(['a', 'b'])
  const bench = new Bench(failingWith(failing), { retry: patient })
  bench.push(['a', 'x', 'b'], ['y'])
  await bench.runtime.settle()
  expect(bench.handled).toEqual(['y'])
  expect(bench.dispatcher.pending).toBe(2)
  expect(bench.dispatcher.retrying).toBe(2)
  failing.delete('a')
  await bench.runtime.advance(5_000)
  expect(bench.dispatcher.retrying).toBe(1)
  expect(bench.handled).toEqual(['y'])
  failing.clear()
  await bench.idle()
  expect(bench.handled).toEqual(['y', 'a,x,b'])
  expect(bench.dispatcher).toMatchObject({
    pending: 0,
    retrying: 0,
    aside: 0,
    pendingBytes: 0,
    failingSince: undefined,
  })
})

test('when as many wait as may, a message that fails holds up its line, and nothing more has room', async () => {
  const failing = new Set(['a', 'b', 'c', 'd'])
  const tried: string[] = []
  const bench = new Bench(failingWith(failing, tried), { retry: { ...twice, forMs: 60_000, maxWaiting: 2 } })
  bench.push(['a', 'b'], ['c', 'd'], ['e'])
  expect(bench.dispatcher.isFull).toBe(false)
  await bench.runtime.settle()
  expect(tried).toEqual(['a1', 'b1', 'c1'])
  expect(bench.dispatcher).toMatchObject({ retrying: 3, isFull: true })
  failing.clear()
  await bench.idle()
  expect(tried.toSorted()).toEqual(['a1', 'a2', 'b1', 'b2', 'c1', 'c2', 'd1', 'e1'])
  expect(bench.dispatcher.isFull).toBe(false)
})

test.each([1, 2, 3, 5])(
  'with %i lines, no more fail at once than may wait and one for each line',
  async (concurrency) => {
    let mostRetrying = 0
    const bench = new Bench(
      () => {
        mostRetrying = Math.max(mostRetrying, bench.dispatcher.retrying)
        if (bench.runtime.monotonic() < 5_000) throw new Error('no')
      },
      { concurrency, retry: { ...patient, minDelayMs: 100, maxWaiting: 3 } },
    )
    for (let index = 0; index < 40; index++) bench.push([String(index)])
    await bench.runtime.advance(4_000)
    expect(bench.dispatcher.retrying).toBe(3 + concurrency)
    await bench.idle()
    expect(mostRetrying).toBe(3 + concurrency)
    expect(bench.handled).toHaveLength(40)
  },
)

test('each line goes on once its message is no longer one too many', async () => {
  const ends: Deferred<void>[] = []
  const bench = new Bench(
    async ({ messageId }, { attempt }) => {
      if (messageId.startsWith('failed')) {
        if (attempt === 1) throw new Error('no')
        return
      }
      const end = deferred()
      ends.push(end)
      await end.promise
    },
    { concurrency: 3, retry: { ...retry, maxWaiting: 1 }, handlerTimeoutMs: 3_600_000 },
  )
  bench.push(['failed1'], ['failed2'], ['failed3'], ['failed4'])
  await bench.runtime.advance(5_000)
  bench.push(['1'], ['2'], ['3'])
  await bench.runtime.settle()
  expect(ends).toHaveLength(3)
  for (const end of ends) end.resolve()
  await bench.idle()
})

test('at most ten messages that failed are tried at once, however many are due', async () => {
  let running = 0
  let mostRunning = 0
  const ends: Deferred<void>[] = []
  const bench = new Bench(
    async (_, { attempt }) => {
      if (attempt === 1) throw new Error('no')
      mostRunning = Math.max(mostRunning, ++running)
      const end = deferred()
      ends.push(end)
      await end.promise.finally(() => running--)
    },
    { retry: patient, handlerTimeoutMs: 3_600_000 },
  )
  bench.push(Array.from({ length: 50 }, (_, index) => String(index)))
  await bench.runtime.advance(10_000)
  expect(running).toBe(10)
  const ended = bench.ended()
  while (bench.dispatcher.pending > 0) {
    for (const end of ends) end.resolve()
    await bench.runtime.settle()
  }
  await ended
  expect(mostRunning).toBe(10)
  expect(ends).toHaveLength(50)
})

test('what evicts everything covers the messages that failed before its try began, and no other', async () => {
  const failing = new Set(['old', 'young'])
  const end = deferred()
  const bench = new Bench(
    async (given, delivery) => {
      if (given.messageId === '*') await end.promise
      else failingWith(failing)(given, delivery)
    },
    { concurrency: 2, retry: patient },
  )
  bench.push(['old'])
  await bench.runtime.settle()
  bench.dispatcher.push([{ messages: [evictAll], origin: { mode: 'live' }, handled: () => bench.handled.push('*') }])
  await bench.runtime.settle()
  bench.push(['young'])
  await bench.runtime.settle()
  end.resolve()
  await bench.runtime.settle()
  expect(bench.handled.toSorted()).toEqual(['*', 'old'])
  expect(bench.dispatcher.retrying).toBe(1)
  expect(bench.counters.handledByAction).toMatchObject({ delete: 0, pattern: 1 })
  failing.clear()
  await bench.idle()
  expect(bench.givenUp).toEqual([])
})

test('a try that runs when its message is covered is waited for, and its failure counts for nothing', async () => {
  const late = deferred()
  const bench = new Bench(
    ({ messageId }, { attempt }) => {
      if (messageId === '*') return undefined
      return attempt === 1 ? Promise.reject(new Error('no')) : late.promise
    },
    { retry: { ...twice, forMs: 10 } },
  )
  bench.push(['a'])
  await bench.runtime.advance(10)
  bench.dispatcher.push([{ messages: [evictAll], origin: { mode: 'live' }, handled: () => undefined }])
  await bench.runtime.settle()
  expect(bench.handled).toEqual([])
  late.reject(new Error('no'))
  await bench.idle()
  expect(bench.handled).toEqual(['a'])
  expect(bench.givenUp).toEqual([])
})

test('a message is given up after so many tries, though its time is not over', async () => {
  const bench = new Bench(() => Promise.reject(new Error('no')), { retry: { ...retry, forMs: 3_600_000, tries: 3 } })
  bench.push(['a'])
  await bench.idle()
  expect(bench.givenUp).toMatchObject([{ tries: 3 }])
})

test('what evicts everything is tried without end', async () => {
  let tries = 0
  const bench = new Bench(
    () => {
      if (++tries < 1_000) throw new Error('no')
    },
    { retry: { ...retry, tries: 3, maxDelayMs: 1_000 } },
  )
  bench.dispatcher.push([resync])
  await bench.runtime.runUntil(bench.ended(), 24 * 3_600_000)
  expect(tries).toBe(1_000)
  expect(bench.givenUp).toEqual([])
  expect(bench.counters.deadLetters).toBe(0)
})

/** Begins resyncs for dead letters, and notes when. */
function resyncing(bench: () => Bench, begun: number[], work: Work | undefined = resync) {
  return {
    onDeadLetter: 'resync' as const,
    resync: (): Work | undefined => {
      begun.push(bench().runtime.monotonic())
      return work
    },
  }
}

test('a message that was given up counts as finished when everything has been evicted', async () => {
  const begun: number[] = []
  const end = deferred()
  const bench: Bench = new Bench(
    ({ messageId }) => (messageId === '*' ? end.promise : Promise.reject(new Error('no'))),
    {
      retry: twice,
      ...resyncing(() => bench, begun),
    },
  )
  bench.push(['a'])
  await bench.runtime.advance(20_000)
  expect(bench.givenUp).toMatchObject([{ id: 'a' }])
  expect(begun).toEqual([1_000])
  expect(bench.handled).toEqual([])
  end.resolve()
  await bench.idle()
  expect(bench.handled).toEqual(['a'])
})

test('resyncs for dead letters come at most once a minute, and one serves all that were given up meanwhile', async () => {
  const begun: number[] = []
  const bench: Bench = new Bench(failingWith(new Set(['a', 'b', 'c'])), {
    retry: twice,
    ...resyncing(() => bench, begun),
  })
  bench.push(['a'])
  await bench.runtime.advance(10_000)
  bench.push(['b'])
  await bench.runtime.advance(10_000)
  bench.push(['c'])
  await bench.runtime.advance(10_000)
  expect(bench.handled).toEqual(['a'])
  await bench.idle()
  expect(bench.handled).toEqual(['a', 'b', 'c'])
  expect(begun).toEqual([1_000, 61_000])
  await bench.runtime.advance(3_600_000)
  expect(begun).toHaveLength(2)
})

test('a resync for dead letters that would come is not needed when everything has been evicted anyway', async () => {
  const begun: number[] = []
  const bench: Bench = new Bench(failingWith(new Set(['a', 'b'])), { retry: twice, ...resyncing(() => bench, begun) })
  bench.push(['a'])
  await bench.runtime.advance(10_000)
  bench.push(['b'])
  await bench.runtime.advance(10_000)
  bench.dispatcher.push([{ messages: [evictAll], origin: { mode: 'live' }, handled: () => undefined }])
  await bench.idle()
  expect(bench.handled).toEqual(['a', 'b'])
  await bench.runtime.advance(3_600_000)
  expect(begun).toEqual([1_000])
})

test('a resync for dead letters that hands nothing over finishes them at once', async () => {
  const begun: number[] = []
  const bench: Bench = new Bench(failingWith(new Set(['a'])), {
    retry: twice,
    onDeadLetter: 'resync',
    resync: () => {
      begun.push(bench.runtime.monotonic())
      return undefined
    },
  })
  bench.push(['a'])
  await bench.idle()
  expect(begun).toEqual([1_000])
  expect(bench.handled).toEqual(['a'])
})

test('a message that held up its line lets it go on when it is given up, and waits for the resync beside it', async () => {
  const begun: number[] = []
  const bench: Bench = new Bench(failingWith(new Set(['a', 'b'])), {
    retry: { ...twice, order: 'strict' },
    ...resyncing(() => bench, begun),
  })
  bench.push(['a'])
  await bench.runtime.advance(10_000)
  bench.push(['b'], ['c'])
  await bench.runtime.advance(10_000)
  expect(bench.handled).toEqual(['a', 'c'])
  expect(bench.dispatcher).toMatchObject({ pending: 1, aside: 1 })
  await bench.idle()
  expect(bench.handled).toEqual(['a', 'c', 'b'])
})

test('the failures of an outage are reported once, when a message has failed for longer than it may', async () => {
  const failing = new Set(['a', 'b'])
  const bench = new Bench(failingWith(failing), { retry: { ...patient, minDelayMs: 100 }, reportAfterMs: 1_000 })
  bench.push(['a'], ['b'])
  await bench.runtime.advance(500)
  expect(bench.errors).toEqual([])
  await bench.runtime.advance(30_000)
  expect(bench.errors).toHaveLength(1)
  failing.clear()
  await bench.idle()
  failing.add('c')
  bench.push(['c'])
  await bench.runtime.advance(30_000)
  expect(bench.errors).toHaveLength(2)
})

test('close cuts short what waits: it is not handled, and reported as one; a try that runs still counts', async () => {
  const end = deferred()
  const bench = new Bench(
    ({ messageId }, { attempt }) => {
      if (messageId !== 'late' || attempt === 1) throw new Error('no')
      return end.promise
    },
    { retry: { ...twice, forMs: 3_600_000, maxWaiting: 4 } },
  )
  bench.push(['late'])
  await bench.runtime.advance(3_600_000)
  bench.push(['a', 'b'], ['c', 'd', 'e'], ['f'])
  await bench.runtime.settle()
  const closing = bench.dispatcher.close(1_000)
  await bench.runtime.settle()
  end.resolve()
  expect(await bench.runtime.runUntil(closing, 500)).toBe(true)
  expect(bench.handled).toEqual(['late'])
  expect(bench.errors.map(({ message: text }) => text)).toEqual([
    expect.stringContaining('closed while 4 messages waited') as string,
  ])
})

test('close while a message that was given up waits for a resync does not count it as handled', async () => {
  const begun: number[] = []
  const bench: Bench = new Bench(failingWith(new Set(['a', 'b'])), { retry: twice, ...resyncing(() => bench, begun) })
  bench.push(['a'])
  await bench.runtime.advance(10_000)
  bench.push(['b'])
  await bench.runtime.advance(10_000)
  expect(await bench.runtime.runUntil(bench.dispatcher.close(1_000), 500)).toBe(true)
  await bench.runtime.advance(3_600_000)
  expect(bench.handled).toEqual(['a'])
  expect(begun).toEqual([1_000])
})

test('a message that fails for the first time while closing is not handled', async () => {
  const end = deferred()
  const bench = new Bench(() => end.promise, { retry: { ...patient, order: 'strict' } })
  bench.dispatcher.push([
    { messages: [message('a')], origin: { mode: 'live' }, handled: () => bench.handled.push('a') },
  ])
  await bench.runtime.settle()
  const closing = bench.dispatcher.close(1_000)
  end.reject(new Error('no'))
  expect(await bench.runtime.runUntil(closing, 500)).toBe(true)
  expect(bench.handled).toEqual([])
})

test('messages that evict everything and fail do not fill the lane: the newest is tried for all', async () => {
  let fails = true
  let tries = 0
  const bench = new Bench(
    ({ messageId }) => {
      if (messageId !== '*') return
      tries += 1
      if (fails) throw new Error('no right to scan')
    },
    { retry: { ...retry, maxWaiting: 2, minDelayMs: 100, maxDelayMs: 100 } },
  )
  let evicted = 0
  const pushEvictAll = (): void =>
    bench.dispatcher.push([{ messages: [evictAll], origin: { mode: 'live' }, handled: () => (evicted += 1) }])
  for (let each = 0; each < 2; each++) pushEvictAll()
  bench.push(['a'])
  await bench.runtime.advance(1_000)
  expect(bench.handled).toEqual(['a'])
  expect(bench.dispatcher.isFull).toBe(false)
  expect(tries).toBeLessThan(2 + 60)
  // As many may rest as may be tried again: memory stays bounded even if the handler never evicts everything.
  pushEvictAll()
  await bench.runtime.advance(1_000)
  expect(bench.dispatcher.isFull).toBe(true)
  expect(evicted).toBe(0)
  fails = false
  await bench.idle()
  expect(evicted).toBe(3)
  expect(bench.dispatcher).toMatchObject({ retrying: 0, isFull: false })
})
