import { inspect } from 'node:util'
import { Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis5'
import { describe, expect, it } from 'vitest'
import { ConfigurationError } from '../../../src/errors.js'
import { clientSource } from '../../../src/log/redis-clients.js'
import { RedisLog } from '../../../src/log/redis-log.js'
import type { RedisTarget } from '../../../src/log/redis-target.js'
import { systemRuntime } from '../../../src/runtime.js'

function sourceOf(redis: RedisTarget) {
  return clientSource(redis, { slot: 0, runtime: systemRuntime, commandTimeoutMs: 1_000 })
}

/** What comes untyped from JavaScript. */
function open(redis: unknown): RedisLog {
  return new RedisLog(redis as string)
}

describe('what connections are made from', () => {
  it.each([
    ['redis://example.org', 'example.org:6379'],
    ['redis://user:s3cret@example.org:7000/2', 'example.org:7000'],
    ['rediss://example.org:6380', 'example.org:6380'],
    ['/run/redis.sock', '/run/redis.sock'],
    [new URL('redis://user:s3cret@example.org:7000/2'), 'example.org:7000'],
    ['redis://example.org/', 'example.org:6379'],
    [{ __proto__: null, host: 'example.org' }, 'example.org:6379'],
    [{ host: 'example.org', port: 7001, password: 's3cret' }, 'example.org:7001'],
    [new Redis5('redis://:s3cret@example.org', { lazyConnect: true }), 'example.org:6379'],
  ])('may be %j, and names the server without its password', (redis, server) => {
    expect(sourceOf(redis).server).toBe(server)
  })

  it('does not connect until a connection is opened', () => {
    const made = sourceOf('redis://127.0.0.1:1').makeClient(() => 1)
    expect(made.status).toBe('wait')
  })

  it.each([
    'localhost:6379',
    'http://example.org',
    '',
    'redis:/example.org',
    '//example.org',
    'redis://example.org:notaport',
  ])('can not be the text %j', (url) => {
    expect(() => new RedisLog(url)).toThrow(ConfigurationError)
  })

  it.each([
    'user:s3cret@example.org',
    'http://:s3cret@example.org',
    'redis://u:s3cret@example.org:x',
    'a?password=s3cret',
  ])('never shows the password of a wrong URL, case %#', (url) => {
    let thrown: unknown
    try {
      new RedisLog(url)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(ConfigurationError)
    expect(inspect(thrown, { depth: 10, showHidden: true })).not.toContain('s3cret')
  })

  it('takes host, password and database of a URL object', () => {
    const { options } = sourceOf(new URL('redis://user:s3cret@example.org:7000/2')).makeClient(() => 1)
    expect(options).toMatchObject({ host: 'example.org', port: 7000, username: 'user', password: 's3cret', db: 2 })
  })

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['number', 6379],
    ['function', () => {}],
    ['Array', ['redis://localhost']],
    ['promise', Promise.resolve('redis://localhost')],
    ['promise', { then: () => {} }],
    ['Map', new Map([['host', 'example.org']])],
    ['String', Object('redis://localhost')],
    ['unknown', { __proto__: { __proto__: null } }],
  ])('can not be of the kind %s, and says what was expected', (kind, redis) => {
    expect(() => open(redis)).toThrow(ConfigurationError)
    expect(() => open(redis)).toThrow('to be a URL, an ioredis client or Cluster, or the options of a client')
    expect(() => open(redis)).toThrow(kind)
  })

  it.each([
    ['redis://:s3cret@example.org/abc'],
    ['redis://:s3cret@example.org/-1'],
    ['redis://example.org?db=abc&password=s3cret'],
    ['/run/redis.sock?db=abc&password=s3cret'],
    [new URL('redis://:s3cret@example.org/abc')],
    [{ host: 'example.org', db: NaN, password: 's3cret' }],
    [new Redis5('redis://:s3cret@example.org/abc', { lazyConnect: true })],
  ])('can not have a database that is no number, and never shows the password, case %#', (redis) => {
    expect(() => open(redis)).toThrow(ConfigurationError)
    expect(() => open(redis)).toThrow('database')
    expect(() => open(redis)).not.toThrow('s3cret')
  })

  it.each([
    ['a client of ioredis 6', new Redis({ lazyConnect: true, keyPrefix: 'app:' })],
    ['a client of ioredis 5', new Redis5({ lazyConnect: true, keyPrefix: 'app:' })],
    ['options', { keyPrefix: 'app:' }],
    ['a URL', 'redis://localhost?keyPrefix=app:'],
  ])('can not have a keyPrefix: %s', (_, redis) => {
    expect(() => open(redis)).toThrow(ConfigurationError)
    expect(() => open(redis)).toThrow('"app:"')
  })
})

describe('options of RedisLog', () => {
  it.each([{ channel: 'a}b' }, { commandTimeoutMs: 0 }, { commandTimeoutMs: 1.5 }])('rejects %j', (options) => {
    expect(() => new RedisLog('redis://localhost', options)).toThrow(ConfigurationError)
  })

  it('has the channel of the crate by default', () => {
    expect(new RedisLog('redis://localhost').channel).toBe('cache:invalidate')
  })
})
