import { describe, expect, test } from 'vitest'
import { PublishTimeoutError, RedisError } from '../../../src/support/errors.js'
import { toError } from '../../../src/support/thrown.js'
import { outcomeOf, type Tap, VirtualPublisher } from '../../support/virtual-publisher.js'

/** What a publish rejects with that is not acknowledged in time. */
async function timeoutOf(virtual: VirtualPublisher): Promise<Error> {
  const publishing = outcomeOf(virtual.publisher.invalidate('user', '1'))
  await virtual.runtime.advance(1_000)
  expect(publishing.error).toBeInstanceOf(PublishTimeoutError)
  return toError(publishing.error)
}

/** A server that goes on like this in place of appending. */
function appending(append: () => Promise<never>): Tap {
  return () => ({ append })
}

const options = { publishTimeoutMs: 1_000 }
const never = (): Promise<never> => new Promise(() => {})

describe('the error of a publish that times out says what it waited for', () => {
  test('the connection is down: the cause is its last error', async () => {
    const virtual = await VirtualPublisher.connect(options, { down: true })
    const error = await timeoutOf(virtual)
    expect(error.message).toContain('within 1000 ms: the connection is down (')
    expect(error.message).toContain('the server is away); 1 messages wait')
    expect(error.cause).toMatchObject({ kind: 'disconnected' })
  })

  test('the connection was lost', async () => {
    const virtual = await VirtualPublisher.connect(options, { reconnectMs: 60_000 })
    virtual.log.cut()
    const error = await timeoutOf(virtual)
    expect(error.message).toContain('the connection is down (')
    expect(error.cause).toMatchObject({ kind: 'disconnected', message: expect.stringContaining('cut') as string })
  })

  test('the server refuses appends: the cause is its last refusal', async () => {
    const virtual = await VirtualPublisher.connect(options, {
      tap: appending(() => Promise.reject(new RedisError('reply', 'OOM command not allowed'))),
    })
    const error = await timeoutOf(virtual)
    expect(error.message).toContain('the last attempt failed (OOM command not allowed)')
    expect(error.cause).toMatchObject({ kind: 'reply' })
  })

  test('the server does not reply', async () => {
    const virtual = await VirtualPublisher.connect(options, { tap: appending(never) })
    const error = await timeoutOf(virtual)
    expect(error.message).toContain('the connection is up, but 1 frames that were sent have no reply yet')
    expect(error.cause).toBeUndefined()
  })

  test('the server was not looked at yet', async () => {
    const virtual = await VirtualPublisher.connect(options, { tap: () => ({ replication: never }) })
    const error = await timeoutOf(virtual)
    expect(error.message).toContain('has not answered the first questions yet')
  })

  test('and nothing of an outage that is over', async () => {
    let hangs = false
    const virtual = await VirtualPublisher.connect(options, {
      tap: (commands) => ({ append: (...args) => (hangs ? never() : commands.append(...args)) }),
    })
    virtual.log.cut()
    await virtual.runtime.runUntil(virtual.publisher.invalidate('user', '0'), 1_000)
    hangs = true
    expect((await timeoutOf(virtual)).cause).toBeUndefined()
  })
})

test('the error of messages that closing gives up has the same cause', async () => {
  const virtual = await VirtualPublisher.connect({ closeTimeoutMs: 100 }, { down: true })
  const publishing = outcomeOf(virtual.publisher.invalidate('user', '1'))
  await virtual.runtime.runUntil(virtual.publisher.close(), 1_000)
  await virtual.runtime.settle()
  expect(publishing.error).toMatchObject({ code: 'CLOSED', cause: { kind: 'disconnected' } })
  expect(publishing.error).toHaveProperty(
    'message',
    expect.stringContaining('1 invalidations not appended: the connection is down ('),
  )
})
