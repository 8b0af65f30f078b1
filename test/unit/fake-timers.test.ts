import { afterEach, expect, test, vi } from 'vitest'
import { InvalidationPublisher, InvalidationSubscriber } from '../../src/index.js'
import { systemRuntime } from '../../src/support/runtime.js'
import { MemoryLog } from '../../src/testing.js'

const real = { setTimeout, setImmediate }
/** What Jest fakes by default; Vitest leaves out `queueMicrotask` and `nextTick`, of which it can't fake the latter here. */
const everything = [
  'Date',
  'performance',
  'hrtime',
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'setImmediate',
  'clearImmediate',
  'queueMicrotask',
] as const

afterEach(() => {
  vi.useRealTimers()
})

/** Fails if the promise takes longer than 5 s of real time. */
async function soon<T>(promise: Promise<T>, what: string): Promise<T> {
  const limit = new Promise<never>((_, reject) => {
    real.setTimeout(() => reject(new Error(`${what} hangs`)), 5_000).unref()
  })
  return Promise.race([promise, limit])
}

async function connect(log = new MemoryLog(), concurrency = 1) {
  const publisher = await soon(InvalidationPublisher.connect(log, 'fake-timers'), 'connect of the publisher')
  const subscriber = await soon(InvalidationSubscriber.connect(log), 'connect of the subscriber')
  const handled: string[] = []
  const subscription = subscriber.subscribe(
    async (message) => {
      await new Promise((resolve) => real.setImmediate(resolve))
      if (message.action === 'delete') handled.push(message.entityId)
    },
    { concurrency },
  )
  await soon(subscription.caughtUp(), 'caughtUp')
  return { publisher, subscriber, subscription, handled }
}

type Connected = Awaited<ReturnType<typeof connect>>

/** Publishes enough for several frames, so that some wait for a handler. */
async function use({ publisher, subscription, handled }: Connected): Promise<void> {
  handled.length = 0
  const ids = Array.from({ length: 20 }, (_, id) => String(id))
  for (const id of ids) {
    publisher.enqueue({ action: 'delete', entityType: 'user', entityId: id })
    if (Number(id) % 5 === 0) await Promise.resolve()
  }
  await soon(publisher.flush(), 'flush')
  const { position } = await soon(publisher.invalidate('user', 'last'), 'publish')
  await soon(subscription.waitFor(position), 'waitFor')
  expect(handled).toEqual([...ids, 'last'])
}

async function close({ publisher, subscriber }: Connected): Promise<void> {
  await soon(subscriber.close(), 'close of the subscriber')
  await soon(publisher.close(), 'close of the publisher')
}

test('a MemoryLog works while time is faked by default and nobody advances it', async () => {
  vi.useFakeTimers()
  const connected = await connect()
  await use(connected)
  await close(connected)
})

test('a MemoryLog works while all that can be faked is, microtasks included', async () => {
  vi.useFakeTimers({ toFake: [...everything] })
  const connected = await connect()
  await use(connected)
  await close(connected)
})

test('several handlers at once go on while all that can be faked is, microtasks included', async () => {
  vi.useFakeTimers({ toFake: [...everything] })
  const connected = await connect(new MemoryLog(), 2)
  const { publisher, subscription, handled } = connected
  const ids = Array.from({ length: 9 }, (_, id) => String(id))
  // Each awaited, so that it has a frame of its own: there are more frames than handlers.
  for (const id of ids) await soon(publisher.invalidate('user', id), 'publish')
  await soon(subscription.caughtUp(), 'caughtUp after publishing')
  expect(new Set(handled)).toEqual(new Set(ids))
  await close(connected)
})

test('connections that were made before time was faked go on, and go on again when it no longer is', async () => {
  const connected = await connect()
  await use(connected)
  vi.useFakeTimers({ toFake: [...everything] })
  await use(connected)
  vi.useRealTimers()
  await use(connected)
  await close(connected)
})

test('the library may be loaded while time is faked', async () => {
  vi.resetModules()
  vi.useFakeTimers({ toFake: [...everything] })
  const lazy = await import('../../src/index.js')
  const testing = await import('../../src/testing.js')
  const log = new testing.MemoryLog()
  const publisher = await soon(lazy.InvalidationPublisher.connect(log, 'fake-timers'), 'connect')
  await soon(publisher.invalidate('user', '1'), 'publish')
  await soon(publisher.close(), 'close')
})

test('a fault that ends after a while ends when faked time is advanced', async () => {
  vi.useFakeTimers()
  const log = new MemoryLog({ reconnectMs: 1_000 })
  const connected = await connect(log)
  log.cut()
  expect(connected.subscriber.connected).toBe(false)
  await vi.advanceTimersByTimeAsync(1_000)
  await soon(connected.subscription.caughtUp(), 'caughtUp')
  await use(connected)
  await close(connected)
})

test('the monotonic clock does not go back while time is faked, nor ahead when it no longer is', () => {
  const begun = performance.now()
  const before = systemRuntime.monotonic()
  for (let round = 0; round < 5; round++) {
    vi.useFakeTimers()
    const faked = systemRuntime.monotonic()
    expect(faked).toBeGreaterThanOrEqual(before)
    vi.advanceTimersByTime(100)
    expect(systemRuntime.monotonic() - faked).toBeCloseTo(100)
    vi.useRealTimers()
  }
  expect(systemRuntime.monotonic() - before).toBeLessThan(performance.now() - begun + 1_000)
})
