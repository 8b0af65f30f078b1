import { Cluster, Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis5'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { RedisSource } from '../../src/log/open-log.js'
import { InvalidationPublisher } from '../../src/publisher/publisher.js'
import type { CredentialsSource } from '../../src/support/connection-options.js'
import { RedisError } from '../../src/support/errors.js'
import { ids } from '../support/handled.js'
import { nextEvent, until, within } from '../support/latch.js'
import { Fleet } from '../support/live-fleet.js'
import { type RedisServer, startRedisServer } from '../support/redis-server.js'

const all = ['~*', '&*', '+@all']
let server: RedisServer
let node: RedisServer
let sentinel: RedisServer
const cleanups: (() => Promise<unknown>)[] = []
const admins = new Map<RedisServer, Redis>()

beforeAll(async () => {
  ;[server, node] = await Promise.all([startRedisServer(), startRedisServer({ cluster: true })])
  sentinel = await startRedisServer({ sentinel: `sentinel monitor mymaster 127.0.0.1 ${server.port} 1\n` })
  for (const each of [server, node, sentinel]) admins.set(each, new Redis({ port: each.port }))
  const redis = adminOf(node)
  await redis.cluster('ADDSLOTS', ...Array.from({ length: 16_384 }, (_, slot) => slot))
  await until(
    async () => (await redis.cluster('INFO')).includes('cluster_state:ok'),
    15_000,
    'the state of the cluster',
  )
})

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

afterAll(async () => {
  for (const admin of admins.values()) admin.disconnect()
  await Promise.all([server, node, sentinel].map((each) => each.stop()))
})

function adminOf(each: RedisServer): Redis {
  const admin = admins.get(each)
  if (!admin) throw new Error('Expected a server of this file')
  return admin
}

async function setPassword(each: RedisServer, password: string): Promise<void> {
  await adminOf(each).call('ACL', 'SETUSER', 'app', 'reset', 'on', `>${password}`, ...all)
}

/** The new password alone is valid, and connections that signed in with the old one are cut: as with an IAM token. */
async function rotate(servers: readonly RedisServer[]): Promise<void> {
  for (const each of servers) {
    await setPassword(each, 'two')
    await adminOf(each).call('CLIENT', 'KILL', 'USER', 'app')
  }
}

interface Case {
  readonly source: () => RedisSource
  readonly servers: () => readonly RedisServer[]
  /** Gives the new password, as an application does. */
  readonly renew: (source: RedisSource) => void
  readonly credentials?: CredentialsSource
}

const one = { username: 'app', password: 'one' }
const onServer = (): readonly RedisServer[] => [server]
const onNode = (): readonly RedisServer[] => [node]
const onBoth = (): readonly RedisServer[] => [server, sentinel]

function renewClient(source: RedisSource): void {
  if (source instanceof Redis || source instanceof Redis5) source.options.password = 'two'
}

/** What `credentials` gives. */
let token = 'one'
const credentials: CredentialsSource = () => Promise.resolve({ username: 'app', password: token })
const renewToken = (): void => {
  token = 'two'
}

const cases: [string, Case][] = [
  [
    'a client of ioredis 6',
    {
      source: () => new Redis({ port: server.port, lazyConnect: true, ...one }),
      servers: onServer,
      renew: renewClient,
    },
  ],
  [
    'a client of ioredis 5',
    {
      source: () => new Redis5({ port: server.port, lazyConnect: true, ...one }),
      servers: onServer,
      renew: renewClient,
    },
  ],
  [
    'a Cluster',
    {
      source: () => new Cluster([node.port], { lazyConnect: true, redisOptions: { ...one } }),
      servers: onNode,
      renew: (source) => {
        if (source instanceof Cluster) Object.assign(source.options.redisOptions ?? {}, { password: 'two' })
      },
    },
  ],
  [
    'a client with sentinels, which have a password of their own',
    {
      source: () =>
        new Redis({
          sentinels: [{ host: '127.0.0.1', port: sentinel.port }],
          name: 'mymaster',
          sentinelUsername: 'app',
          sentinelPassword: 'one',
          lazyConnect: true,
          ...one,
        }),
      servers: onBoth,
      renew: (source) => {
        renewClient(source)
        if (source instanceof Redis) source.options.sentinelPassword = 'two'
      },
    },
  ],
  ['a URL', { source: () => server.url, servers: onServer, renew: renewToken, credentials }],
  ['options', { source: () => ({ port: server.port }), servers: onServer, renew: renewToken, credentials }],
  [
    'a URL of a cluster',
    { source: () => `redis+cluster://127.0.0.1:${node.port}`, servers: onNode, renew: renewToken, credentials },
  ],
  [
    'a URL of sentinels',
    {
      source: () => `redis+sentinel://127.0.0.1:${sentinel.port}/mymaster`,
      servers: onServer,
      renew: renewToken,
      credentials,
    },
  ],
]

describe('a password that is changed on the server', () => {
  test.each(cases)('is taken up by the next connections, and nothing is lost: %s', async (_, each) => {
    token = 'one'
    const servers = each.servers()
    for (const guarded of servers) await setPassword(guarded, 'one')
    const source = each.source()
    const fleet = new Fleet(source)
    cleanups.push(() => fleet.stop())
    const options = each.credentials ? { credentials: each.credentials } : {}
    const publisher = await fleet.publisher(options)
    const follower = await fleet.follow({}, options)
    await publisher.invalidate('user', '1')
    const refused = Promise.all([
      nextEvent(publisher, 'error', (error) => error instanceof RedisError && error.kind === 'refused'),
      nextEvent(follower.subscriber, 'error', (error) => error instanceof RedisError && error.kind === 'refused'),
    ])
    await rotate(servers)
    const waiting = publisher.invalidate('user', '2')
    await within(refused, 5_000, 'the old password refused')
    each.renew(source)
    await waiting
    await publisher.invalidate('user', '3')
    await follower.handled.count(3)
    expect(follower.handled.names).toEqual(ids(1, 3))
    expect(follower.resyncs).toEqual([])
  })
})

describe('credentials that fail', () => {
  test.each<[string, RegExp, () => Promise<never>]>([
    ['reject', /vault is sealed/, () => Promise.reject(new Error('vault is sealed'))],
    ['never come', /`credentials` gave nothing within 100 ms/, () => new Promise(() => {})],
  ])('are emitted and asked for again, where they %s', async (_name, text, fail) => {
    await setPassword(server, 'one')
    let fails = true
    const sometimes: CredentialsSource = () => (fails ? fail() : one)
    const options = { channel: 'test:failing', credentials: sometimes, commandTimeoutMs: 300 }
    const publisher = await InvalidationPublisher.connect(server.url, 'test', options)
    cleanups.push(() => publisher.close())
    const emitted = nextEvent(publisher, 'error', ({ message }) => text.test(message))
    const waiting = publisher.invalidate('user', '1')
    await within(emitted, 5_000, 'the failure emitted')
    fails = false
    expect(await within(waiting, 5_000, 'the publish')).toBeDefined()
  })
})
