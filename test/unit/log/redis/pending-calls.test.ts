import { beforeEach, describe, expect, it } from 'vitest'
import { PendingCalls } from '../../../../src/log/redis/session-calls.js'
import { VirtualRuntime } from '../../../support/virtual-runtime.js'

const never = new Promise<never>(() => {})
const same = (error: unknown): Error => error as Error

describe('PendingCalls', () => {
  let runtime: VirtualRuntime
  let overdue: string[]
  let calls: PendingCalls

  beforeEach(() => {
    runtime = new VirtualRuntime()
    overdue = []
    calls = new PendingCalls(runtime, 100, (command) => {
      overdue.push(`${command} at ${runtime.monotonic()}`)
      calls.rejectAll((each, deadline) => new Error(`${each} ${deadline}`))
    })
  })

  /** A call that is never answered; resolves to what it was rejected with. */
  const unanswered = (command: string, deadline: number): Promise<unknown> =>
    calls.track(command, never, deadline, same).catch((error: unknown) => error)

  it('settles as the reply does', async () => {
    await expect(calls.track('get', Promise.resolve(7), 100, same)).resolves.toBe(7)
    const failure = calls.track('get', Promise.reject(new Error('no')), 100, () => new Error('translated'))
    await expect(failure).rejects.toThrow('translated')
    await runtime.advance(1_000)
    expect(overdue).toEqual([])
  })

  it('names the oldest call when its deadline has passed, and lets all be rejected', async () => {
    const outcomes = [unanswered('first', 100), unanswered('second', 110)]
    await runtime.advance(99)
    expect(overdue).toEqual([])
    await runtime.advance(1)
    expect(overdue).toEqual(['first at 100'])
    expect(await Promise.all(outcomes)).toEqual([new Error('first 100'), new Error('second 110')])
  })

  it('gives a call behind a long one the time that the long one has', async () => {
    void unanswered('wait', 1_000)
    void unanswered('get', 100)
    await runtime.advance(999)
    expect(overdue).toEqual([])
    await runtime.advance(1)
    expect(overdue).toEqual(['wait at 1000'])
  })

  it('gives no time of a call that has been answered to those that come after it', async () => {
    await calls.track('wait', Promise.resolve(1), 1_000, same)
    void unanswered('get', 100)
    await runtime.advance(100)
    expect(overdue).toEqual(['get at 100'])
  })

  it('finds a call that is not answered at most a tenth of the limit late while others are', async () => {
    for (let sentAt = 0; sentAt < 95; sentAt++) {
      void calls.track('get', Promise.resolve(1), sentAt + 100, same)
      await runtime.advance(1)
    }
    void unanswered('lost', 195)
    await runtime.advance(109)
    expect(overdue).toHaveLength(1)
  })

  it('rejects all that are pending, once; a reply that comes later changes nothing', async () => {
    let reply: (value: string) => void = () => {}
    const late = calls.track('get', new Promise<string>((resolve) => (reply = resolve)), 100, same)
    calls.rejectAll((command, deadline) => new Error(`${command} ${deadline}`))
    reply('too late')
    await expect(late).rejects.toThrow('get 100')
    await runtime.advance(49)
    void unanswered('get', 50)
    await runtime.advance(1)
    expect(overdue).toEqual(['get at 50'])
  })

  it('watches no deadline once it is closed, and leaves no timer', async () => {
    calls.close()
    void unanswered('get', 100)
    await expect(runtime.runUntil(never, 10)).rejects.toThrow('no timer is left')
  })
})
