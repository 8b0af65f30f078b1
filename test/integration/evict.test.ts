import KeyvRedis, { createKeyv } from '@keyv/redis'
import { createCache } from 'cache-manager'
import fc from 'fast-check'
import { Cluster, Redis } from 'ioredis'
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis5'
import { Keyv } from 'keyv'
import { Keyv as Keyv6 } from 'keyv6'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { evict, redisCursor } from '../../src/index.js'
import { ClusterStage } from '../support/cluster-stage.js'
import { evicting } from '../support/evicting.js'
import { globAndKey } from '../support/globs.js'
import { until } from '../support/latch.js'
import { LiveFleet } from '../support/live-fleet.js'
import { type RedisServer, startRedisServer } from '../support/redis-server.js'

let fleet: LiveFleet
const clients: { disconnect(): unknown }[] = []

beforeAll(async () => {
  fleet = await LiveFleet.start()
})

afterEach(async () => {
  for (const client of clients.splice(0)) await client.disconnect()
  await fleet.redis.flushall()
})

afterAll(() => fleet.stop())

function open<Client extends { disconnect(): unknown }>(client: Client): Client {
  clients.push(client)
  return client
}

function both(options: { keyPrefix?: string } = {}): (Redis | Redis5)[] {
  return [open(new Redis(fleet.server.port, options)), open(new Redis5(fleet.server.port, options))]
}

async function set(...names: readonly string[]): Promise<void> {
  for (const name of names) await fleet.redis.set(name, 'x')
}

async function left(): Promise<string[]> {
  return (await fleet.redis.keys('*')).toSorted()
}

describe('evict, of a cache in Redis', () => {
  it('evicts keys and patterns below its prefix, which is no glob, with ioredis 5 and 6', async () => {
    const names = ['user:1', 'user:12', 'user:2', 'post:1', 'user:3']
    const others = ['a*b[user:9', 'axb[user:1', 'user:1']
    for (const redis of both()) {
      await set(...names.map((name) => `a*b[:${name}`), ...others)
      const evictor = evicting(evict(redis, { prefix: 'a*b[:', batchSize: 2 }))
      await evictor.matching('user:1*')
      expect(await left()).toEqual(['a*b[:post:1', 'a*b[:user:2', 'a*b[:user:3', ...others].toSorted())
      await evictor.key('user:2')
      await evictor.keys('user:3', 'user:4', 'user:5')
      expect(await left()).toEqual(['a*b[:post:1', ...others].toSorted())
      await evictor.matching('*')
      expect(await left()).toEqual(others.toSorted())
      await fleet.redis.flushall()
    }
  })

  it('takes the `keyPrefix` of the client for a part of every key, with ioredis 5 and 6', async () => {
    for (const redis of both({ keyPrefix: 'p*:' })) {
      await set('p*:user:1', 'p*:user:2', 'p*:v2:user:1', 'pp:user:1', 'user:1')
      await evicting(evict(redis)).keys('user:1')
      await evicting(evict(redis, { prefix: 'v2:' })).matching('*')
      expect(await left()).toEqual(['p*:user:2', 'pp:user:1', 'user:1'])
      await evicting(evict(redis)).matching('*')
      expect(await left()).toEqual(['pp:user:1', 'user:1'])
      await fleet.redis.flushall()
    }
  })

  it('evicts by random patterns, below random prefixes, the very keys that it evicts from a Map', async () => {
    const redis = open(new Redis(fleet.server.port))
    let evicted = 0
    const someKeys = fc.array(globAndKey, { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(globAndKey, someKeys, async ([prefix], pairs) => {
        fc.pre(prefix !== '')
        // No message names the empty key, which is the only one that a star does not match.
        const names = pairs.flatMap(([, key]) => (key === '' ? ['a'] : [prefix + key, `a${key}`]))
        const memory = new Map(names.map((name) => [name, 'x']))
        await redis.flushall()
        await redis.mset(...[...memory].flat())
        for (const [pattern] of pairs) {
          const before = memory.size
          await evicting(evict([redis, memory], { prefix })).matching(pattern)
          expect(await left()).toEqual([...memory.keys()].toSorted())
          evicted += before - memory.size
        }
      }),
      { numRuns: 300 },
    )
    expect(evicted).toBeGreaterThan(100)
  })

  it('spares the keys of every log, for `*` and for keys that name them, where an empty prefix is allowed', async () => {
    const follower = await fleet.follow({ name: 'cache', cursor: redisCursor() })
    const publisher = await fleet.publisher()
    await publisher.invalidate('user', '1')
    await until(async () => (await left()).length >= 4, 10_000, 'the keys of the log')
    const logs = await left()
    for (const redis of both()) {
      await set('user:1', '{user:1}:last', '{user:2}:last')
      const evictor = evicting(evict(redis, { allowEmptyPrefix: true }))
      await evictor.keys(...logs, '{user:1}:last')
      expect(await left()).toEqual([...logs, 'user:1', '{user:2}:last'].toSorted())
      await evictor.matching('*')
      expect(await left()).toEqual(logs)
    }
    await publisher.invalidate('user', '2')
    await follower.handled.has('2')
    expect(follower.resyncs.map(({ reason }) => reason)).toEqual(['no-cursor'])
    await follower.subscriber.close()
  })

  it('evicts what a publisher names, from Redis and then from memory', async () => {
    const memory = new Map<string, string>()
    const [redis] = both({ keyPrefix: 'gateway:' })
    if (!redis) throw new Error('no client')
    const subscriber = await fleet.subscriber()
    const subscription = subscriber.subscribe(evict([memory, redis]))
    await subscription.caughtUp()
    const publisher = await fleet.publisher()
    for (const key of ['user:1', 'user:2', 'post:1', 'post:2', 'feed:1']) {
      memory.set(key, 'x')
      await redis.set(key, 'x')
    }
    await publisher.invalidate('user', '1')
    await publisher.invalidateBatch(['post:1', 'feed:1'])
    const { position } = await publisher.invalidatePattern('user:*')
    await subscription.waitFor(position)
    expect([...memory.keys()]).toEqual(['post:2'])
    expect((await left()).filter((key) => key.startsWith('gateway:'))).toEqual(['gateway:post:2'])
    await subscriber.close()
  })
})

describe('evict, while the Redis of the cache does not answer', () => {
  let server: RedisServer

  beforeAll(async () => {
    server = await startRedisServer()
  })

  afterAll(() => server.stop())

  it('evicts memory at once, and again when Redis has answered', async () => {
    const memory = new Map([['user:1', 'x']])
    const redis = open(new Redis(server.url, { keyPrefix: 'a:' }))
    await redis.set('user:1', 'x')
    const subscriber = await fleet.subscriber()
    const subscription = subscriber.subscribe(evict([redis, memory]))
    await subscription.caughtUp()
    const publisher = await fleet.publisher()
    server.pause()
    const { position } = await publisher.invalidate('user', '1')
    await until(() => memory.size === 0, 10_000, 'the eviction from memory')
    memory.set('user:1', 'filled again')
    server.resume()
    await subscription.waitFor(position)
    expect(memory.size).toBe(0)
    expect(await redis.get('user:1')).toBeNull()
    await subscriber.close()
  })
})

const versions = { 'Keyv 5': Keyv, 'Keyv 6': Keyv6 } as unknown as Record<string, new (options: object) => Keyv>

describe.each(Object.entries(versions))('evict, of a %s in Redis', (_, Made) => {
  it.each(['app', 'app:v1', undefined])('evicts keys and patterns of its namespace: %s', async (namespace) => {
    const store = new KeyvRedis(fleet.server.url)
    const keyv = open(new Made(namespace === undefined ? { store, namespace: 'default' } : { store, namespace }))
    await set('user:1', 'other::user:1', 'x')
    const keys = ['user:1', 'user:12', 'user:2', 'post:1', 'post:2']
    for (const key of keys) await keyv.set(key, { key })
    const evictor = evicting(evict(keyv, { tagsOf: (value: { key: string }) => [value.key] }))
    const kept = async (): Promise<string[]> => {
      const values = await Promise.all(keys.map((key) => keyv.get<{ key: string }>(key)))
      return values.flatMap((value) => value?.key ?? [])
    }
    await evictor.matching('user:1*')
    expect(await kept()).toEqual(['user:2', 'post:1', 'post:2'])
    await evictor.key('post:1')
    expect(await kept()).toEqual(['user:2', 'post:2'])
    await evictor.tag('post:2')
    expect(await kept()).toEqual(['user:2'])
    await evictor.matching('*')
    expect(await kept()).toEqual([])
    expect(await left()).toEqual(['other::user:1', 'user:1', 'x'])
  })

  it('spares the keys of logs, where an empty prefix is allowed', async () => {
    const keyv = open(new Made({ store: new KeyvRedis(fleet.server.url), namespace: '', useKeyPrefix: false }))
    expect(() => evict(keyv)).toThrow('Expected the keys of a cache in Redis to have a prefix, got none')
    await keyv.set('user:1', 'x')
    await set('{cache:invalidate}:last', '{cache:invalidate}:dead')
    const evictor = evicting(evict(keyv, { allowEmptyPrefix: true }))
    await evictor.keys('{cache:invalidate}:last')
    await evictor.matching('*')
    expect(await left()).toEqual(['{cache:invalidate}:dead', '{cache:invalidate}:last'])
  })
})

describe('evict, of a cache of cache-manager with memory before Redis', () => {
  it('evicts from both', async () => {
    const near = new Keyv()
    const far = open(createKeyv(fleet.server.url, { namespace: 'app' }))
    const cache = createCache({ stores: [near, far] })
    for (const key of ['user:1', 'user:2', 'post:1']) await cache.set(key, key)
    expect(await left()).toHaveLength(3)
    const evictor = evicting(evict(cache))
    await evictor.matching('user:*')
    expect(await left()).toEqual(['app::post:1'])
    expect(await near.get('user:1')).toBeUndefined()
    await evictor.key('post:1')
    expect(await cache.get('post:1')).toBeUndefined()
  })
})

describe('evict, of a cache in a cluster', { timeout: 60_000 }, () => {
  let stage: ClusterStage

  beforeAll(async () => {
    stage = await ClusterStage.start({ replicasEach: 0 })
  })

  afterAll(() => stage.stop())

  it('evicts keys of many slots, and patterns on every primary, with ioredis 5 and 6', async () => {
    const names = Array.from({ length: 200 }, (_, index) => `user:${index}`)
    const plain = open(new Cluster(stage.seeds))
    const targets = [
      evict(open(new Cluster(stage.seeds)), { prefix: 'app:', batchSize: 30 }),
      evict(open(new Cluster5(stage.seeds, { keyPrefix: 'app:' })), { batchSize: 30 }),
    ]
    const count = async (keys: readonly string[]): Promise<number> => {
      const found = await Promise.all(keys.map((key) => plain.exists(key)))
      return found.reduce((sum, each) => sum + each, 0)
    }
    for (const target of targets) {
      const all = [...names.map((name) => `app:${name}`), 'app:post:1']
      for (const name of [...all, 'user:1']) await plain.set(name, 'x')
      const evictor = evicting(target)
      await evictor.keys(...names.slice(0, 100))
      expect(await count(all)).toBe(101)
      await evictor.matching('user:*')
      expect(await count(all)).toBe(1)
      await evictor.matching('*')
      expect(await count([...all, 'user:1'])).toBe(1)
    }
  })
})
