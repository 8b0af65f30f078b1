import { Cluster, Redis } from 'ioredis'
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis5'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { deleteMatching, redisCursor } from '../../src/index.js'
import { streamOfLogKey } from '../../src/log/model/keys.js'
import { ClusterStage } from '../support/cluster-stage.js'
import { until } from '../support/latch.js'
import { LiveFleet } from '../support/live-fleet.js'

let fleet: LiveFleet
const clients: { disconnect(): void }[] = []

beforeAll(async () => {
  fleet = await LiveFleet.start()
})

afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect()
  await fleet.redis.flushall()
})

afterAll(() => fleet.stop())

function client(options: { keyPrefix?: string } = {}): Redis {
  const made = new Redis(fleet.server.port, options)
  clients.push(made)
  return made
}

function client5(options: { keyPrefix?: string } = {}): Redis5 {
  const made = new Redis5(fleet.server.port, options)
  clients.push(made)
  return made
}

async function set(...names: readonly string[]): Promise<void> {
  for (const name of names) await fleet.redis.set(name, 'x')
}

async function left(): Promise<string[]> {
  return (await fleet.redis.keys('*')).toSorted()
}

describe('deleteMatching', () => {
  it('deletes what the pattern matches, and nothing else, with ioredis 5 and 6', async () => {
    for (const redis of [client(), client5()]) {
      await set('user:1', 'user:12', 'user:2', 'post:1')
      expect(await deleteMatching(redis, 'user:1*')).toBe(2)
      expect(await left()).toEqual(['post:1', 'user:2'])
    }
  })

  it('deletes many keys page by page, also one at a time', async () => {
    await fleet.redis.mset(Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`user:${index}`, 'x'])))
    await set('post:1')
    expect(await deleteMatching(client(), 'user:*', { count: 7 })).toBe(5_000)
    expect(await left()).toEqual(['post:1'])
  })

  it('spares the keys of every log on the server, for the pattern `*` too', async () => {
    const follower = await fleet.follow({ name: 'cache', cursor: redisCursor() })
    const other = await fleet.publisher({ channel: 'other' })
    await other.invalidate('user', '1')
    await fleet.redis.xadd('{other}:dead', '*', 'message', 'x')
    await fleet.redis.hset('{other}:publishers', 'x', 'y')
    await until(async () => (await left()).length >= 8, 10_000, 'the keys of both logs')
    const logs = await left()
    await set('user:1', 'post:1')
    expect(await deleteMatching(client(), '*')).toBe(2)
    expect((await left()).filter((key) => !logs.includes(key))).toEqual([])
    expect(logs.filter((key) => streamOfLogKey(key) === undefined)).toEqual([])
    for (const key of logs) expect(await fleet.redis.exists(key), key).toBe(1)
    expect(follower.resyncs.map(({ reason }) => reason)).toEqual(['no-cursor'])
    await follower.subscriber.close()
    await other.close()
  })

  it('deletes a key of the cache that is only named like one of a log', async () => {
    await set('{user:1}:last', '{user:1}:dead', '{user:1}:streams')
    expect(await deleteMatching(client(), '*')).toBe(3)
  })

  it('takes the prefix of the client, and one of its own, for a part of every key, with ioredis 5 and 6', async () => {
    for (const redis of [client({ keyPrefix: 'a*:' }), client5({ keyPrefix: 'a*:' })]) {
      await set('a*:user:1', 'ab:user:1', 'user:1', 'a*:p[:user:1', 'a*:pp:user:1')
      expect(await deleteMatching(redis, 'user:*')).toBe(1)
      expect(await deleteMatching(redis, '*', { prefix: 'p[:' })).toBe(1)
      expect(await left()).toEqual(['a*:pp:user:1', 'ab:user:1', 'user:1'])
      await fleet.redis.flushall()
    }
  })

  it.each(['{', '{gateway', '{gateway}:', '{gateway}:s', '{gateway}:l'])(
    'spares a log whose names begin with the prefix of the client: %s',
    async (keyPrefix) => {
      const publisher = await fleet.publisher({ channel: 'gateway' })
      await publisher.invalidate('user', '1')
      await set(`${keyPrefix}own`)
      expect(await deleteMatching(client({ keyPrefix }), '*')).toBe(1)
      expect(await left()).toEqual(['{gateway}:last', '{gateway}:publishers', '{gateway}:stream'])
      await publisher.close()
      await fleet.redis.flushall()
    },
  )

  it('ends with the reason of a signal that aborts, and leaves the rest', async () => {
    await fleet.redis.mset(Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`user:${index}`, 'x'])))
    const aborting = new AbortController()
    const redis = client()
    const deleting = deleteMatching(redis, 'user:*', { count: 10, signal: aborting.signal })
    aborting.abort(new Error('enough'))
    await expect(deleting).rejects.toThrow('enough')
    expect((await left()).length).toBeGreaterThan(900)
  })

  it('refuses what can not work', async () => {
    await expect(deleteMatching(client(), '*', { count: 0 })).rejects.toMatchObject({ code: 'CONFIGURATION' })
    const noClient = {} as unknown as Redis
    await expect(deleteMatching(noClient, '*')).rejects.toMatchObject({ code: 'CONFIGURATION' })
    const noPattern = 7 as unknown as string
    await expect(deleteMatching(client(), noPattern)).rejects.toMatchObject({ code: 'CONFIGURATION' })
    const closed = client()
    await closed.quit()
    await expect(deleteMatching(closed, '*')).rejects.toThrow('closed')
  })
})

describe('deleteMatching in a cluster', { timeout: 60_000 }, () => {
  let stage: ClusterStage

  beforeAll(async () => {
    stage = await ClusterStage.start({ replicasEach: 0 })
  })

  afterAll(() => stage.stop())

  it('looks at every primary, and spares the logs, with ioredis 5 and 6', async () => {
    const names = Array.from({ length: 300 }, (_, index) => `user:${index}`)
    const plain = new Cluster(stage.seeds)
    clients.push(plain)
    const open = [
      { redis: new Cluster(stage.seeds), prefix: '' },
      { redis: new Cluster5(stage.seeds, { keyPrefix: 'app:' }), prefix: 'app:' },
    ]
    for (const { redis, prefix } of open) {
      clients.push(redis)
      for (const name of [...names, 'post:1']) await plain.set(prefix + name, 'x')
      await plain.xadd('{a log}:stream', '*', 'a', 'x', 'p', '', 'm', '{}')
      await plain.set('{a log}:last', 'x')
      expect(await deleteMatching(redis, 'user:*', { count: 20 })).toBe(names.length)
      expect(await plain.exists(`${prefix}post:1`)).toBe(1)
      expect(await deleteMatching(redis, '*')).toBe(1)
      expect(await plain.exists('{a log}:stream', '{a log}:last')).toBe(2)
    }
  })
})
