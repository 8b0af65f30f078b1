import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { runInThisContext } from 'node:vm'
import { expect, test } from 'vitest'
import { fileCursor, InvalidationPublisher, InvalidationSubscriber, type RedisSource } from '../../../src/index.js'
import { tlsFailure, toRedisError } from '../../../src/log/redis/errors.js'
import { readTarget } from '../../../src/log/redis/target.js'
import { isAbortSignal, isBytes, isPlain, isUrl } from '../../../src/support/realms.js'
import { systemRuntime } from '../../../src/support/runtime.js'
import { codeOf, describeNamed, describeThrown, isError, toError } from '../../../src/support/thrown.js'
import { MemoryLog } from '../../../src/testing.js'

/** Evaluates an expression in the realm of Node itself. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller knows the type
function ofNode<T>(expression: string): T {
  return runInThisContext(`(${expression})`) as T
}

test('this runs in a realm of its own', () => {
  expect(ofNode<unknown>('new Error()') instanceof Error).toBe(false)
})

test('errors of Node are errors: their code, name and message are read, and they are passed on as they are', () => {
  const error = ofNode<Error>("Object.assign(new TypeError('refused'), { code: 'ENOENT' })")
  expect(isError(error)).toBe(true)
  expect([codeOf(error), describeThrown(error), describeNamed(error)]).toEqual([
    'ENOENT',
    'refused',
    'TypeError: refused',
  ])
  expect(toError(error)).toBe(error)
  const aborted = ofNode<Error>("new DOMException('enough', 'AbortError')")
  expect([isError(aborted), describeThrown(aborted)]).toEqual([true, 'enough'])
})

test('the addresses of a host that all failed are named one by one', () => {
  const error = ofNode<Error>("new AggregateError([new Error('first'), new Error('second')])")
  expect(toRedisError(error, 'connect', 'host:6379').message).toContain('first; second')
})

test('a certificate that is not trusted is refused', () => {
  const error = ofNode<Error>("Object.assign(new Error('self-signed'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })")
  expect(tlsFailure(error, 'host:6379')).toMatchObject({ kind: 'refused' })
})

test('a failed handshake is known for what it is', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.end('-ERR no TLS here\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('Expected an address')
  const error = await new Promise((resolve) => {
    connectTls({ socket: connect(address.port, '127.0.0.1') }).on('error', resolve)
  })
  server.close()
  expect(tlsFailure(error, 'host:6379')).toMatchObject({ kind: 'disconnected' })
})

test('options that were cloned, URLs, signals and bytes are taken', () => {
  const options = ofNode<RedisSource & object>("structuredClone({ host: 'host', port: 7000 })")
  expect(isPlain(options)).toBe(true)
  expect(readTarget({ host: 'host', ...ofNode<object>('{ port: 7000 }') })).toMatchObject({ kind: 'single' })
  expect(readTarget(ofNode("{ host: 'host', port: 7000 }"))).toMatchObject({ kind: 'single' })
  expect(readTarget(ofNode("new URL('redis://host:7000')"))).toMatchObject({ kind: 'single' })
  expect(isUrl(ofNode("new URL('redis://host:7000')"))).toBe(true)
  expect(isAbortSignal(ofNode('AbortSignal.abort()'))).toBe(true)
  expect(isBytes(randomBytes(8))).toBe(true)
  expect(() => readTarget(ofNode('new Map()'))).toThrow('an object of class Map')
})

test('a message is published, handled and waited for, and a cursor file that is not there yet is written', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'other-realm-'))
  const path = join(folder, 'cursor.json')
  const errors: Error[] = []
  const log = new MemoryLog()
  const runtime = { ...systemRuntime, randomBytes: (size: number) => randomBytes(size) }
  const publisher = await InvalidationPublisher.connect(log, 'other-realm', { runtime })
  const subscriber = await InvalidationSubscriber.connect(log)
  const handled: string[] = []
  const subscription = subscriber.subscribe((message) => void handled.push(message.action), {
    name: 'copy',
    cursor: fileCursor(path),
    commitIntervalMs: 0,
  })
  subscription.on('error', (error) => errors.push(error))
  const signal = ofNode<AbortSignal>('new AbortController().signal')
  await subscription.caughtUp({ signal })
  const { position } = await publisher.publish({ action: 'delete', entityType: 'user', entityId: '1' }, { signal })
  await subscription.waitFor(position, { signal })
  await subscriber.close()
  await publisher.close()
  const isWritten = existsSync(path)
  await rm(folder, { recursive: true })
  expect({ handled, errors, isWritten }).toEqual({ handled: ['pattern', 'delete'], errors: [], isWritten: true })
})
