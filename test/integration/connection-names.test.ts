import { Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis5'
import { afterEach, describe, expect, test } from 'vitest'
import type { RedisSource } from '../../src/index.js'
import { until } from '../support/latch.js'
import { Fleet, LiveFleet } from '../support/live-fleet.js'
import { startRedisServer } from '../support/redis-server.js'
import { SentinelStage } from '../support/sentinel-stage.js'

const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function start(): Promise<LiveFleet> {
  const live = await LiveFleet.start()
  cleanups.push(() => live.stop())
  return live
}

/** The names of ours in CLIENT LIST, sorted, each once. */
async function names(redis: Redis): Promise<string[]> {
  const list = String(await redis.call('CLIENT', 'LIST'))
  const found = Array.from(list.matchAll(/ name=(\S*cache-invalidation\S*)/g), ([, name = '']) => name)
  return [...new Set(found)].sort()
}

/** A publisher and a subscriber that both work. */
async function serve(source: RedisSource): Promise<void> {
  const fleet = new Fleet(source)
  cleanups.push(() => fleet.stop())
  const publisher = await fleet.publisher()
  const { handled } = await fleet.follow({}, { service: 'feed service' })
  await publisher.invalidate('user', '1')
  await handled.count(1)
}

const ofBoth = [
  'cache-invalidation:feed:feed%20service',
  'cache-invalidation:publisher:test',
  'cache-invalidation:subscriber:feed%20service',
]

describe('CLIENT LIST names every connection', () => {
  test('to a single server', async () => {
    const { server, redis } = await start()
    await serve(server.url)
    expect(await names(redis)).toEqual(ofBoth)
  })

  test.each([
    ['ioredis 6', (port: number) => new Redis({ port, lazyConnect: true, connectionName: 'shop' })],
    ['ioredis 5', (port: number) => new Redis5({ port, lazyConnect: true, connectionName: 'shop' })],
  ])('made from a client, whose own name comes first (%s)', async (_, makeClient) => {
    const { server, redis } = await start()
    await serve(makeClient(server.port))
    expect(await names(redis)).toEqual(ofBoth.map((name) => `shop:${name}`))
  })

  test('to a node of a cluster', async () => {
    const server = await startRedisServer({ cluster: true })
    cleanups.push(() => server.stop())
    const redis = new Redis({ port: server.port })
    cleanups.push(() => redis.quit())
    await redis.cluster('ADDSLOTS', ...Array.from({ length: 16_384 }, (_, slot) => slot))
    const isOk = async (): Promise<boolean> => (await redis.cluster('INFO')).includes('cluster_state:ok')
    await until(isOk, 15_000, 'the state of the cluster')
    await serve(`redis+cluster://127.0.0.1:${server.port}`)
    expect(await names(redis)).toEqual(ofBoth)
  })

  test('to a primary behind sentinels', async () => {
    const stage = await SentinelStage.start({ replicas: 1 })
    cleanups.push(() => stage.stop())
    await serve(stage.url)
    expect(await names(stage.clients.of(await stage.primary()))).toEqual(ofBoth)
  })
})

test('without the right to CLIENT SETNAME connections come up all the same, without a name', async () => {
  const { server, redis } = await start()
  await redis.call('ACL', 'SETUSER', 'unnamed', 'on', '>secret', '~*', '&*', '+@all', '-client')
  await serve(server.url.replace('//', '//unnamed:secret@'))
  expect(await names(redis)).toEqual([])
})
