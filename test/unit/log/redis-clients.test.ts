import { inspect } from 'node:util'
import { Cluster, Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis5'
import { afterEach, describe, expect, it } from 'vitest'
import { ConfigurationError } from '../../../src/errors.js'
import { clientSource } from '../../../src/log/redis-clients.js'
import { RedisLog } from '../../../src/log/redis-log.js'

const clusters: Cluster[] = []

afterEach(() => {
  for (const cluster of clusters.splice(0)) cluster.disconnect()
})

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
    [{ host: 'example.org', port: 7001, password: 's3cret' }, 'example.org:7001'],
    [new Redis5('redis://:s3cret@example.org', { lazyConnect: true }), 'example.org:6379'],
  ])('may be %j, and names the server without its password', (redis, server) => {
    expect(clientSource(redis).server).toBe(server)
  })

  it('does not connect until a connection is opened', () => {
    const made = clientSource('redis://127.0.0.1:1').makeClient(() => 1)
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

  it.each([[undefined], [null], [6379], [() => {}]])('can not be %j', (redis) => {
    expect(() => open(redis)).toThrow(ConfigurationError)
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

  it('can not be a cluster in this version', () => {
    const cluster = new Cluster([{ host: '127.0.0.1', port: 1 }], { lazyConnect: true })
    clusters.push(cluster)
    expect(() => open(cluster)).toThrow(ConfigurationError)
    expect(() => open(cluster)).toThrow('not supported')
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
