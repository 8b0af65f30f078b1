import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { openLog } from '../../../../src/log/open-log.js'
import { MemoryLog } from '../../../../src/log/memory/memory-log.js'
import { accessReader, type ReadAccess } from '../../../../src/log/redis/access.js'
import { RedisLog } from '../../../../src/log/redis/redis-log.js'
import type { Credentials, CredentialsSource } from '../../../../src/support/connection-options.js'
import { ConfigurationError, RedisError } from '../../../../src/support/errors.js'
import { VirtualRuntime } from '../../../support/virtual-runtime.js'

const own = { username: 'own', password: 'old' }

/** A reader in virtual time, and the calls of `credentials` that it made, to be answered by the test. */
function reading() {
  const runtime = new VirtualRuntime()
  const calls: PromiseWithResolvers<Credentials>[] = []
  const credentials = (): Promise<Credentials> => {
    const call = Promise.withResolvers<Credentials>()
    calls.push(call)
    return call.promise
  }
  const read = accessReader(credentials, { runtime, commandTimeoutMs: 3_000 })
  return { runtime, calls, read }
}

/** A reader of what comes untyped from JavaScript. */
function readerOf(credentials: () => unknown): ReadAccess {
  return accessReader(credentials as CredentialsSource, { runtime: new VirtualRuntime(), commandTimeoutMs: 3_000 })
}

async function failureOf(reading: Promise<unknown>): Promise<unknown> {
  return reading.then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe('credentials', () => {
  it('are what the user has, where the option is not given', async () => {
    const read = accessReader(undefined, { runtime: new VirtualRuntime(), commandTimeoutMs: 3_000 })
    expect(await read(own)).toEqual(own)
  })

  it('may come at once or later, and have the user name of the URL if they give none', async () => {
    expect(await readerOf(() => ({ password: 'new' }))(own)).toEqual({ username: 'own', password: 'new' })
    expect(await readerOf(() => Promise.resolve({ username: 'other', password: 'new' }))(own)).toEqual({
      username: 'other',
      password: 'new',
    })
  })

  it('are asked for anew for each connection, and once for those that begin at the same time', async () => {
    const { calls, read } = reading()
    const both = Promise.all([read(own), read(own)])
    expect(calls).toHaveLength(1)
    calls[0]?.resolve({ password: 'one' })
    expect(await both).toMatchObject([{ password: 'one' }, { password: 'one' }])
    const later = read(own)
    expect(calls).toHaveLength(2)
    calls[1]?.resolve({ password: 'two' })
    expect(await later).toMatchObject({ password: 'two' })
  })

  it('fail the attempt if they are late, and serve the next one', async () => {
    const { runtime, calls, read } = reading()
    const late = failureOf(read(own))
    await runtime.advance(1_000)
    expect(await late).toMatchObject({ kind: 'timeout', message: expect.stringContaining('1000 ms') as unknown })
    const next = read(own)
    expect(calls).toHaveLength(1)
    calls[0]?.resolve({ password: 'one' })
    expect(await next).toMatchObject({ password: 'one' })
  })

  it('are asked for again where a call never ends', async () => {
    const { runtime, calls, read } = reading()
    const first = failureOf(read(own))
    await runtime.advance(3_000)
    expect(await first).toBeInstanceOf(RedisError)
    const second = read(own)
    expect(calls).toHaveLength(2)
    calls[1]?.resolve({ password: 'two' })
    expect(await second).toMatchObject({ password: 'two' })
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('vault is sealed')
      },
    ],
    ['rejects', () => Promise.reject(new Error('vault is sealed'))],
  ])('fail the attempt, which may succeed later, if the function %s', async (_, credentials) => {
    const error = await failureOf(readerOf(credentials)(own))
    expect(error).toMatchObject({
      kind: 'disconnected',
      message: expect.stringContaining('vault is sealed') as unknown,
    })
  })

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['string', 's3cret'],
    ['`password` that is undefined', {}],
    ['`password` that is number', { username: 's3cret', password: 5 }],
    ['empty `password`', { username: 's3cret', password: '' }],
    ['`username` that is number', { username: 5, password: 's3cret' }],
    ['`username` that is null', { username: null, password: 's3cret' }],
  ])('can not be %s, and are never shown', async (what, given) => {
    const error = await failureOf(readerOf(() => given)(own))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toMatchObject({ message: expect.stringContaining(what) as unknown })
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('s3cret')
  })

  it('can not be anything but a function, nor be given beside a log or a Connector', () => {
    const credentials = (): Credentials => own
    const untyped = own as unknown as CredentialsSource
    expect(() => new RedisLog('redis://localhost', { credentials: untyped })).toThrow('`credentials` to be a function')
    expect(() => openLog(new MemoryLog(), { credentials })).toThrow('`credentials`')
    const Connector = Object as unknown as never
    expect(() => new RedisLog({ sentinels: [], Connector }, { credentials })).toThrow('`Connector`')
  })
})
