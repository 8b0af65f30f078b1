import { inspect } from 'node:util'
import { Cluster, type ClusterNode, Redis } from 'ioredis'
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis5'
import { describe, expect, it } from 'vitest'
import { makeClientSource } from '../../../../src/log/redis/clients.js'
import { RedisLog } from '../../../../src/log/redis/redis-log.js'
import { readTarget, type RedisTarget, type TlsOptions } from '../../../../src/log/redis/target.js'
import { ConfigurationError } from '../../../../src/support/errors.js'
import { systemRuntime } from '../../../../src/support/runtime.js'

function sourceOf(redis: RedisTarget) {
  return makeClientSource(redis, { slot: 0, runtime: systemRuntime, commandTimeoutMs: 1_000, name: 'ours' })
}

/** Read, and no client made. */
function targetOf(redis: RedisTarget, tls?: TlsOptions): object {
  return readTarget(redis, tls)
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
    expect(sourceOf(redis).origin).toBe(server)
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

describe('what TLS takes beside a URL', () => {
  const tls: TlsOptions = { ca: 'CA', cert: 'certificate', key: 'key' }

  it.each([
    ['rediss://example.org', { template: { options: { tls } } }],
    ['rediss+sentinel://example.org/main', { serverOptions: { tls }, sentinelOptions: { tls } }],
    ['rediss+cluster://example.org', { nodeOptions: { tls } }],
  ])('is for all that %s connects to', (url, target) => {
    expect(targetOf(url, tls)).toMatchObject(target)
  })

  it.each(['redis://example.org', 'redis+sentinel://example.org/main', 'redis+cluster://example.org'])(
    'is nothing to %s, which asks for none',
    (url) => {
      expect(inspect(targetOf(url, tls), { depth: 3 })).not.toContain('certificate')
    },
  )
})

describe('sentinels', () => {
  const url =
    'redis+sentinel://user:s3cret@a.example.org,b.example.org:7000/mymaster/2?sentinelUsername=watch&sentinelPassword=w4tch'
  const sentinels = [
    { host: 'a.example.org', port: 26_379 },
    { host: 'b.example.org', port: 7_000 },
  ]

  it.each([
    ['a URL', url],
    ['options', { sentinels, name: 'mymaster', username: 'user', password: 's3cret' }],
    ['a client', new Redis({ sentinels, name: 'mymaster', password: 's3cret', lazyConnect: true })],
    ['a client of ioredis 5', new Redis5({ sentinels, name: 'mymaster', password: 's3cret', lazyConnect: true })],
  ] as [string, RedisTarget][])('are named by %s, and asked for the primary', (_, redis) => {
    const source = sourceOf(redis)
    expect(source).toMatchObject({ kind: 'sentinel', location: undefined, cluster: undefined })
    expect(source.origin).toBe('the primary "mymaster" of the sentinels a.example.org:26379, b.example.org:7000')
    expect(source.makeClient(() => 1).options).toMatchObject({ password: 's3cret', role: 'master' })
  })

  it('have a user of their own, and the database is that of the path', () => {
    expect(targetOf(url)).toMatchObject({
      sentinelOptions: { username: 'watch', password: 'w4tch' },
      serverOptions: { db: 2, username: 'user', password: 's3cret' },
    })
  })

  it('are spoken to over TLS where the URL says so', () => {
    expect(targetOf('rediss+sentinel://a.example.org/mymaster')).toMatchObject({
      sentinelOptions: { tls: {} },
      serverOptions: { tls: {} },
    })
  })

  it.each([
    [{ sentinelTLS: { ca: 'sentinels' } }, undefined, { ca: 'sentinels' }],
    [{ tls: { ca: 'servers' }, enableTLSForSentinelMode: true }, { ca: 'servers' }, undefined],
  ])('have TLS apart from the servers, as ioredis has it, case %#', (given, ofServers, ofSentinels) => {
    const target = targetOf({ sentinels, name: 'mymaster', ...given })
    expect(target).toMatchObject({ kind: 'sentinel' })
    expect(Reflect.get(Reflect.get(target, 'serverOptions') as object, 'tls')).toEqual(ofServers)
    expect(Reflect.get(Reflect.get(target, 'sentinelOptions') as object, 'tls')).toEqual(ofSentinels)
  })

  it('can not have a `tls` that ioredis would ignore: the password would leave in clear', () => {
    const options = { sentinels, name: 'mymaster', password: 's3cret', tls: { ca: 'servers' } }
    for (const redis of [options, new Redis({ ...options, lazyConnect: true })]) {
      expect(() => targetOf(redis)).toThrow('enableTLSForSentinelMode')
      expect(() => targetOf(redis)).toThrow(ConfigurationError)
    }
  })

  it.each([{ sentinels }, { sentinels, name: '' }, { sentinels: [], name: 'mymaster' }])(
    'can not be without a name, or none: %j',
    (options) => {
      expect(() => targetOf(options)).toThrow(ConfigurationError)
    },
  )
})

describe('a cluster', () => {
  const redisOptions = { username: 'user', password: 's3cret', connectTimeout: 77 }
  const nodes = [7_000, 'b.example.org:7001', 'redis://:s3cret@c.example.org:7002', { host: 'd.example.org' }]

  it.each([
    ['ioredis 6', new Cluster(nodes, { lazyConnect: true, redisOptions })],
    ['ioredis 5', new Cluster5(nodes, { lazyConnect: true, redisOptions })],
  ] as [string, RedisTarget][])('is that of a Cluster of %s, none of whose connections is used', (_, redis) => {
    const source = sourceOf(redis)
    expect(source).toMatchObject({ kind: 'cluster', location: undefined })
    expect(source.origin).toBe(
      'the cluster of 127.0.0.1:7000, b.example.org:7001, c.example.org:7002, d.example.org:6379',
    )
    expect(source.makeClient(() => 1).options).toMatchObject(redisOptions)
    expect(source.cluster?.clientOf({ host: 'e.example.org', port: 7_004 }).options).toMatchObject({
      host: 'e.example.org',
      port: 7_004,
      username: 'user',
      password: 's3cret',
    })
  })

  it('has an origin, the same wherever its connections lead by then; so have sentinels', () => {
    const origins = [
      'redis+cluster://a',
      'redis+cluster://a',
      'redis+cluster://b',
      'redis+sentinel://a/x',
      'redis://a',
    ].map((url) => sourceOf(url).origin)
    expect(origins[0]).toBe(origins[1])
    expect(new Set(origins).size).toBe(4)
  })

  it('is that of a URL', () => {
    const source = sourceOf('rediss+cluster://user:s3cret@a.example.org:7000,[2001:db8::7]:7001,c.example.org')
    expect(source.origin).toBe('the cluster of a.example.org:7000, [2001:db8::7]:7001, c.example.org:6379')
    expect(source.makeClient(() => 1).options).toMatchObject({ username: 'user', password: 's3cret', tls: {} })
  })

  it.each([
    ['an object', { '10.0.0.1:7000': { host: 'front.example.org', port: 17_000 } }],
    ['a function', (node: string) => (node === '10.0.0.1:7000' ? { host: 'front.example.org', port: 17_000 } : null)],
  ])('is reached through the natMap of the Cluster, %s', (_, natMap) => {
    const { cluster } = sourceOf(new Cluster(nodes, { lazyConnect: true, natMap }))
    expect(cluster?.clientOf({ host: '10.0.0.1', port: 7_000 }).options).toMatchObject({ host: 'front.example.org' })
    expect(cluster?.clientOf({ host: '10.0.0.2', port: 7_000 }).options).toMatchObject({ host: '10.0.0.2' })
  })

  it('can not have a keyPrefix, nor nodes that are looked up in DNS, nor nodes that are none', () => {
    const cluster = (startupNodes: ClusterNode[], options: ConstructorParameters<typeof Cluster>[1]) => () =>
      sourceOf(new Cluster(startupNodes, { lazyConnect: true, ...options }))
    expect(cluster(nodes, { keyPrefix: 'app:' })).toThrow('"app:"')
    expect(cluster(nodes, { redisOptions: { keyPrefix: 'app:' } })).toThrow('"app:"')
    expect(cluster(nodes, { useSRVRecords: true })).toThrow('useSRVRecords')
    expect(cluster([], {})).toThrow('startup nodes')
    expect(cluster(['redis://:s3cret@:7000'], {})).toThrow(ConfigurationError)
    expect(cluster(['redis://:s3cret@:7000'], {})).not.toThrow('s3cret')
  })
})

describe('a URL of sentinels or of a cluster', () => {
  it.each([
    'redis+sentinel://user:s3cret@a.example.org',
    'redis+sentinel://user:s3cret@a.example.org/',
    'redis+sentinel://user:s3cret@a.example.org/mymaster/0/1',
    'redis+sentinel://user:s3cret@a.example.org:0/mymaster',
    'redis+sentinel://user:s3cret@a.example.org/mymaster/abc?sentinelPassword=s3cret',
    'redis+sentinel://user:s3cret@a.example.org/mymaster?sentinelPasword=s3cret',
    'redis+cluster://user:s3cret@a.example.org?db=1',
    'redis+cluster://user:s3cret@a.example.org:70000',
    'redis+cluster://user:s3cret@a.example.org,,b.example.org',
    'redis+cluster://user:s3cret@a.example.org/1',
    'redis+cluster://user:s3cret%@a.example.org',
    'redis+cluster://',
    'redis+other://user:s3cret@a.example.org',
  ])('can not be %j, and what is said of it shows no password', (url) => {
    let thrown: unknown
    try {
      sourceOf(url)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(ConfigurationError)
    expect(inspect(thrown, { depth: 10, showHidden: true })).not.toContain('s3cret')
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
