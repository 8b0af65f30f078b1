import { beforeEach, describe, expect, it } from 'vitest'
import { WaitTimeoutError } from '../../../src/support/errors.js'
import { toError } from '../../../src/support/thrown.js'
import { VirtualFleet } from '../../support/virtual-fleet.js'
import { outcomeOf } from '../../support/virtual-publisher.js'

let fleet: VirtualFleet

beforeEach(() => {
  fleet = new VirtualFleet()
})

/** What a wait rejects with that takes longer than a second. */
async function timeoutOf(wait: Promise<void>): Promise<Error> {
  const waiting = outcomeOf(wait)
  await fleet.runtime.advance(1_001)
  expect(waiting.error).toBeInstanceOf(WaitTimeoutError)
  return toError(waiting.error)
}

const second = { timeoutMs: 1_000 }

describe('the error of a wait that times out says what was in the way', () => {
  it('the link has not come up yet: the cause is its last error', async () => {
    fleet.log.goDown()
    const { subscription } = await fleet.follow()
    const error = await timeoutOf(subscription.caughtUp(second))
    expect(error.message).toContain('Waited 1000 ms for the end of the log: the link to Redis is')
    expect(error.message).toContain('the server is away). Read past the cache until it is back')
    expect(error.cause).toMatchObject({ kind: 'disconnected' })
  })

  it('the link is down', async () => {
    const { subscription } = await fleet.follow()
    await fleet.runtime.advance(100)
    fleet.log.goDown()
    const error = await timeoutOf(subscription.waitFor('1-1@abc', second))
    expect(error.message).toContain('for position 1-1@abc: the link to Redis is down (')
    expect(error.cause).toMatchObject({ kind: 'disconnected' })
  })

  it('the handler has not handled what arrived', async () => {
    const { subscription } = await fleet.follow({ handler: () => new Promise(() => {}) })
    await fleet.runtime.advance(100)
    await fleet.append('1')
    const position = await fleet.appendRange(2, 3)
    const error = await timeoutOf(subscription.waitFor(position, second))
    expect(error.message).toContain(
      'the handler has not handled 3 messages yet. Read past the cache, or raise timeoutMs',
    )
    expect(error.cause).toBeUndefined()
  })

  it('the handler fails, and has for longer than the wait: the cause is its last failure', async () => {
    const { subscription } = await fleet.follow({
      handler: () => {
        throw new Error('the store is away')
      },
    })
    await fleet.runtime.advance(100)
    await fleet.append('1')
    await fleet.runtime.advance(5_000)
    const error = await timeoutOf(subscription.caughtUp(second))
    expect(error.message).toContain('the handler has not handled 1 messages yet')
    expect(error.cause).toMatchObject({ code: 'HANDLER', cause: { message: 'the store is away' } })
  })

  it('the server is a replica', async () => {
    const link = fleet.log.link()
    const { subscription } = await fleet.follow({ log: link })
    link.serveReplica('synced')
    const error = await timeoutOf(subscription.caughtUp(second))
    expect(error.message).toContain('the server is a replica, which can not know what it lacks')
  })

  it('the handler can not keep up', async () => {
    const { subscription } = await fleet.follow({ handler: () => new Promise(() => {}), maxBuffered: 2 })
    await fleet.runtime.advance(100)
    const position = await fleet.appendRange(1, 9)
    const error = await timeoutOf(subscription.waitFor(position, second))
    expect(error.message).toMatch(/the handler can't keep up, and \d+ messages wait for it/)
  })

  it('nothing: it has not arrived', async () => {
    const { subscription } = await fleet.follow()
    await fleet.append('1')
    await fleet.runtime.advance(100)
    const error = await timeoutOf(subscription.waitFor('9999999999999-1@abc', second))
    expect(error.message).toContain('all that has arrived is handled, and this has not arrived')
    expect(error.cause).toBeUndefined()
  })

  it('and nothing of an outage that is over', async () => {
    const follower = await fleet.follow()
    await fleet.append('1')
    fleet.log.cut()
    await fleet.caughtUp(follower)
    expect((await timeoutOf(follower.subscription.waitFor('9999999999999-1@abc', second))).cause).toBeUndefined()
  })
})
