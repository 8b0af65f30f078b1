import { describe, expect, it } from 'vitest'
import { PendingCalls } from '../../../../src/log/redis/pending-calls.js'

const never = new Promise<never>(() => {})
const same = (error: unknown): Error => error as Error

describe('PendingCalls', () => {
  it('settles as the reply does', async () => {
    const calls = new PendingCalls()
    await expect(calls.track('get', Promise.resolve(7), 100, same)).resolves.toBe(7)
    const failure = calls.track('get', Promise.reject(new Error('no')), 100, () => new Error('translated'))
    await expect(failure).rejects.toThrow('translated')
    expect(calls.overdue(1_000)).toBeUndefined()
  })

  it('names the oldest call whose deadline has passed', () => {
    const calls = new PendingCalls()
    void calls.track('first', never, 100, same)
    void calls.track('second', never, 110, same)
    expect(calls.overdue(99)).toBeUndefined()
    expect(calls.overdue(100)).toBe('first')
  })

  it('gives a call behind a long one the time that the long one has', () => {
    const calls = new PendingCalls()
    void calls.track('wait', never, 1_000, same)
    void calls.track('get', never, 100, same)
    expect(calls.overdue(999)).toBeUndefined()
    expect(calls.overdue(1_000)).toBe('wait')
  })

  it('gives no time of a call that has been answered to those that come after it', async () => {
    const calls = new PendingCalls()
    await calls.track('wait', Promise.resolve(1), 1_000, same)
    void calls.track('get', never, 100, same)
    expect(calls.overdue(100)).toBe('get')
  })

  it('rejects all that are pending, once; a reply that comes later changes nothing', async () => {
    const calls = new PendingCalls()
    let reply: (value: string) => void = () => {}
    const late = calls.track('get', new Promise<string>((resolve) => (reply = resolve)), 100, same)
    calls.rejectAll((command, deadline) => new Error(`${command} ${deadline}`))
    reply('too late')
    await expect(late).rejects.toThrow('get 100')
    expect(calls.overdue(1_000)).toBeUndefined()
    void calls.track('get', never, 50, same)
    expect(calls.overdue(50)).toBe('get')
  })
})
