import { readFileSync } from 'node:fs'
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'
import {
  Cluster as Cluster5,
  type ClusterOptions as ClusterOptions5,
  Redis as Redis5,
  type RedisOptions as RedisOptions5,
} from 'ioredis5'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { type OptionFate, redisOptionFates } from '../../../../src/log/redis/option-fates.js'
import type { RedisLike } from '../../../../src/log/redis/redis-like.js'
import { makeClientSource } from '../../../../src/log/redis/clients.js'
import type { RedisTarget } from '../../../../src/log/redis/target.js'
import { ConfigurationError } from '../../../../src/support/errors.js'
import { systemRuntime } from '../../../../src/support/runtime.js'

/** Every option of a Cluster of ioredis 5 and 6. `redisOptions` has options of a client. */
const clusterOptionFates = {
  dnsLookup: 'kept',
  natMap: 'kept',
  redisOptions: 'kept',
  autoPipeliningIgnoredCommands: 'ours',
  clusterNodeRetryStrategy: 'ours',
  clusterRetryStrategy: 'ours',
  enableAutoPipelining: 'ours',
  enableOfflineQueue: 'ours',
  enableReadyCheck: 'ours',
  himportFieldsets: 'ours',
  lazyConnect: 'ours',
  maxRedirections: 'ours',
  resolveSrv: 'ours',
  retryDelayOnClusterDown: 'ours',
  retryDelayOnFailover: 'ours',
  retryDelayOnMoved: 'ours',
  retryDelayOnTryAgain: 'ours',
  scaleReads: 'ours',
  scripts: 'ours',
  shardedSubscribers: 'ours',
  showFriendlyErrorStack: 'ours',
  slotsRefreshInterval: 'ours',
  slotsRefreshTimeout: 'ours',
  keyPrefix: 'refused',
  useSRVRecords: 'refused',
} as const satisfies Record<keyof ClusterOptions, OptionFate>

const page = readFileSync(new URL('../../../../docs/topologies.md', import.meta.url), 'utf8')

function sourceOf(redis: unknown) {
  const purpose = { slot: 0, runtime: systemRuntime, commandTimeoutMs: 1_000, name: 'ours' }
  return makeClientSource(redis as RedisTarget, purpose)
}

function optionsOf(redis: unknown): Record<string, unknown> {
  return { ...sourceOf(redis).makeClient(() => 1).options }
}

function namesWith(fates: Readonly<Record<string, OptionFate>>, fate: OptionFate): string[] {
  return Object.entries(fates).flatMap(([name, each]) => (each === fate ? [name] : []))
}

/** The options that a table of the page lists for each fate. */
function documented(heading: string): Record<string, string[]> {
  const section = page.split(/^#+ /m).find((text) => text.startsWith(`${heading}\n`)) ?? ''
  const rows = [...section.matchAll(/^\| (taken over|taken over with `sentinels`|ours|refused) +\| (.*) \|$/gm)]
  return Object.fromEntries(
    rows.map(([, fate = '', names = '']) => [fate, [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)]),
  )
}

describe('the options of ioredis', () => {
  it('are all known, of a client and of a Cluster, in both versions: none is gained or lost unseen', () => {
    expectTypeOf<keyof typeof redisOptionFates>().toEqualTypeOf<keyof RedisOptions | keyof RedisOptions5>()
    expectTypeOf<keyof typeof clusterOptionFates>().toEqualTypeOf<keyof ClusterOptions | keyof ClusterOptions5>()
  })

  it.each([
    ['a client of ioredis 6', new Redis({ lazyConnect: true }), redisOptionFates],
    ['a client of ioredis 5', new Redis5({ lazyConnect: true }), redisOptionFates],
    ['a Cluster of ioredis 6', new Cluster([7_000], { lazyConnect: true }), clusterOptionFates],
    ['a Cluster of ioredis 5', new Cluster5([7_000], { lazyConnect: true }), clusterOptionFates],
  ])('are all known that %s has by default, typed or not', (_, { options }, fates) => {
    expect(Object.keys(options).filter((name) => !(name in fates))).toEqual([])
  })

  it.each([
    ['Options of a client', redisOptionFates],
    ['Options of a Cluster', clusterOptionFates],
  ])('are documented with what becomes of them: %s', (heading, fates) => {
    const expected = {
      'taken over': namesWith(fates, 'kept'),
      'taken over with `sentinels`': namesWith(fates, 'sentinels'),
      ours: namesWith(fates, 'ours'),
      refused: namesWith(fates, 'refused'),
    }
    expect(documented(heading)).toEqual(
      Object.fromEntries(Object.entries(expected).filter(([, names]) => names.length > 0)),
    )
  })
})

/** A value for each option that is taken over, other than its default. */
const kept = {
  connectTimeout: 77,
  connectionName: 'app',
  db: 3,
  family: 4,
  keepAlive: 1_234,
  noDelay: false,
  password: 's3cret',
  protocol: 2,
  tls: { servername: 'redis.example.org' },
  username: 'user',
} as const satisfies RedisOptions
const { db: _, ...ofNode } = kept
const named = (options: object): object => ({ ...options, connectionName: 'app:ours' })

describe('an option that is taken over', () => {
  it('is tried below, unless it says where to connect', () => {
    const places = ['Connector', 'host', 'path', 'port']
    expect(Object.keys(kept).concat(places).toSorted()).toEqual(namesWith(redisOptionFates, 'kept').toSorted())
  })

  it.each([
    ['options', { host: 'a', port: 7_001, ...kept }],
    ['a client of ioredis 6', new Redis({ host: 'a', port: 7_001, ...kept, lazyConnect: true })],
    ['a client of ioredis 5', new Redis5({ host: 'a', port: 7_001, ...kept, lazyConnect: true })],
  ])('reaches our connections from %s', (_name, redis) => {
    expect(optionsOf(redis)).toMatchObject(named({ host: 'a', port: 7_001, ...kept }))
  })

  it('reaches the connections to the primary of sentinels', () => {
    const sentinels = [{ host: 'a' }]
    const options = { sentinels, name: 'main', enableTLSForSentinelMode: true, ...kept }
    expect(optionsOf(options)).toMatchObject(named(kept))
  })

  it.each([
    ['redisOptions of ioredis 6', new Cluster([7_000], { lazyConnect: true, redisOptions: kept })],
    ['redisOptions of ioredis 5', new Cluster5([7_000], { lazyConnect: true, redisOptions: kept })],
    [
      'every startup node',
      new Cluster(
        [
          { port: 7_000, ...ofNode },
          { port: 7_001, ...ofNode },
        ],
        { lazyConnect: true },
      ),
    ],
  ])('reaches every node of a cluster from %s', (_name, redis) => {
    const { connectTimeout: _timeout, ...others } = ofNode
    expect(optionsOf(redis)).toMatchObject(named(ofNode))
    const node = sourceOf(redis).cluster?.clientOf({ host: 'found.later', port: 7_009 })
    expect(node?.options).toMatchObject(named({ ...others, host: 'found.later', port: 7_009 }))
  })

  it('is that of one startup node alone, where these differ', () => {
    const nodes = [
      'redis://ann:one@a:7000',
      { host: 'b', port: 7_001, password: 'two', family: 6 },
      'rediss://c:7002?family=4&username=cid&password=three',
    ]
    const redis = new Cluster(nodes, { lazyConnect: true, redisOptions: { password: 'four', tls: { ca: 'CA' } } })
    const at = (host: string, port: number): unknown => sourceOf(redis).cluster?.clientOf({ host, port }).options
    expect(at('a', 7_000)).toMatchObject({ username: 'ann', password: 'one', tls: { ca: 'CA' } })
    expect(at('b', 7_001)).toMatchObject({ username: null, password: 'two', family: 6, tls: { ca: 'CA' } })
    expect(at('c', 7_002)).toMatchObject({ username: 'cid', password: 'three', family: 4, tls: { ca: 'CA' } })
    expect(at('d', 7_003)).toMatchObject({ username: null, password: 'four', tls: { ca: 'CA' } })
  })

  it('is TLS where the URLs of startup nodes ask for it, with what `redisOptions` says of it, if anything', () => {
    const urls = ['rediss://a:7000', 'rediss://b:7001']
    const found = { host: 'found.later', port: 7_009 }
    const tlsOf = (redis: Cluster): unknown => sourceOf(redis).cluster?.clientOf(found).options.tls
    expect(tlsOf(new Cluster(urls, { lazyConnect: true }))).toEqual({})
    const redisOptions = { tls: { ca: 'CA', servername: 'fleet' } }
    expect(tlsOf(new Cluster(urls, { lazyConnect: true, redisOptions }))).toEqual(redisOptions.tls)
  })

  it('is not refused for an option that is empty', () => {
    const redisOptions = { path: '', keyPrefix: '', sentinels: [] }
    expect(() => sourceOf(new Cluster([7_000], { lazyConnect: true, redisOptions }))).not.toThrow()
    expect(optionsOf('redis://u:p@h?allowUsernameInURI=true')).toMatchObject({ username: 'u', password: 'p' })
  })

  it('may be a setting of TLS that ioredis knows by name, for a startup node too', () => {
    const tls = { profile: 'RedisCloudFixed' } as object
    const node = { host: 'a', port: 7_000, tls }
    const redis = new Cluster([node], { lazyConnect: true })
    expect(optionsOf(redis)).toMatchObject({ tls: { ca: expect.stringContaining('CERTIFICATE') as unknown } })
  })

  it('is the database, host and family of a URL', () => {
    expect(optionsOf('redis://u:p@h:7000/2?family=6')).toMatchObject({ username: 'u', password: 'p', db: 2, family: 6 })
    expect(optionsOf('redis+cluster://u:p@h?family=6')).toMatchObject({ username: 'u', password: 'p', family: 6 })
    expect(optionsOf('redis+sentinel://u:p@h/main/1?family=6')).toMatchObject({ username: 'u', db: 1, family: 6 })
  })
})

describe('an option that is ours', () => {
  const theirs: object = {
    scripts: { twice: { lua: 'return 2' } },
    himportFieldsets: [{ name: 'f', fields: ['a'] }],
    monitor: true,
    commandTimeout: 5,
    lazyConnect: true,
  }

  it.each([
    ['ioredis 6', new Redis(theirs)],
    ['ioredis 5', new Redis5(theirs)],
  ])("is not that of the user's client, such as the fieldsets that it prepares (%s)", (_name, redis) => {
    const made: RedisLike = sourceOf(redis).makeClient(() => 1)
    const ours = { scripts: undefined, himportFieldsets: undefined, commandTimeout: undefined, monitor: false }
    expect(made.options).toMatchObject(ours)
    expect('twice' in made).toBe(false)
  })
})

describe('an option that can not be honoured', () => {
  const cluster = (nodes: unknown[], options: object = {}) =>
    new Cluster(nodes as [], { ...options, lazyConnect: true })
  const s3cret = { password: 's3cret' }

  it.each([
    ['keyPrefix', { keyPrefix: 'app:', ...s3cret }],
    ['url', { url: 'redis://:s3cret@example.org' }],
    ['socket', { socket: { host: 'example.org' }, ...s3cret }],
    ['hots', { hots: 'example.org', ...s3cret }],
    ['tls', { sentinels: [{ host: 'a' }], name: 'main', tls: {}, ...s3cret }],
    ['sentinelPassword', { sentinels: [{ host: 'a', ...s3cret }], name: 'main' }],
    ['sentinelTLS', { sentinels: [{ host: 'a', tls: {} }], name: 'main', ...s3cret }],
    ['path', { sentinels: [{ path: '/run/sentinel.sock' }], name: 'main', ...s3cret }],
    ['connectTimeout', 'redis://:s3cret@example.org?connectTimeout=5'],
    ['tls', 'redis://:s3cret@example.org?tls=true'],
    ['sslmode', 'redis://:s3cret@example.org?sslmode=require'],
    ['sslmode', new URL('redis://:s3cret@example.org?sslmode=require')],
    ['family', 'redis+cluster://:s3cret@example.org?family=s3cret'],
    ['keyPrefix', cluster([{ port: 7_000, keyPrefix: 'app:', ...s3cret }])],
    ['path', cluster([{ port: 7_000, path: '/run/redis.sock', ...s3cret }])],
    ['path', cluster([7_000], { redisOptions: { path: '/run/redis.sock', ...s3cret } })],
    ['sentinels', cluster([7_000], { redisOptions: { sentinels: [{ host: 'a' }], ...s3cret } })],
    ['Connector', cluster([7_000], { redisOptions: { Connector: Object, ...s3cret } })],
    ['connectTimeout', cluster(['redis://:s3cret@a:7000?connectTimeout=5'])],
    [
      'tls',
      cluster([
        { host: 'a', tls: {}, ...s3cret },
        { host: 'b', ...s3cret },
      ]),
    ],
    ['tls', cluster(['rediss://:s3cret@a', 'redis://:s3cret@b'])],
    [
      'protocol',
      cluster([
        { host: 'a', protocol: 2, ...s3cret },
        { host: 'b', ...s3cret },
      ]),
    ],
    ['useSRVRecords', cluster([{ host: 'a', ...s3cret }], { useSRVRecords: true })],
  ] as [string, unknown][])('is refused by its name, %s, and no password is shown, case %#', (name, redis) => {
    expect(() => sourceOf(redis)).toThrow(ConfigurationError)
    expect(() => sourceOf(redis)).toThrow(`\`${name}\``)
    expect(() => sourceOf(redis)).not.toThrow('s3cret')
  })
})
