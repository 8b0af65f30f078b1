import { inspect } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ConfigurationError, InvalidationPublisher, InvalidationSubscriber, RedisError } from '../../src/index.js'
import { ClusterStage } from '../support/cluster-stage.js'
import { FakeRedis } from '../support/fake-redis.js'
import { failureOf } from '../support/redis-log-fixture.js'
import { type RedisServer, startRedisServer } from '../support/redis-server.js'

let single: RedisServer
let cluster: ClusterStage

beforeAll(async () => {
  ;[single, cluster] = await Promise.all([startRedisServer(), ClusterStage.start()])
})

afterAll(async () => {
  await Promise.all([single.stop(), cluster.stop()])
})

it.each([
  ['a cluster', () => `redis+cluster://127.0.0.1:${single.port}`, 'a node of a Redis Cluster'],
  ['sentinels', () => `redis+sentinel://127.0.0.1:${single.port}/mymaster`, 'a sentinel'],
])('a single server that is named as %s is told at once', async (_, url, expected) => {
  const errors = [
    await failureOf(InvalidationPublisher.connect(url(), 'service')),
    await failureOf(InvalidationSubscriber.connect(url())),
  ]
  for (const error of errors) {
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error.message).toContain(`127.0.0.1:${single.port} to be ${expected}`)
  }
})

it('a node of a cluster that is named as a single server is told at once, unless it owns the slot', async () => {
  const channel = 'misnamed'
  const owner = await cluster.ownerOf(channel)
  for (const node of cluster.nodes) {
    const connecting = InvalidationSubscriber.connect(node.url, { channel })
    if (node === owner) {
      await (await connecting).close()
      continue
    }
    const error = await failureOf(connecting)
    expect(error).toBeInstanceOf(RedisError)
    expect(error).toMatchObject({ kind: 'moved' })
    expect(error.message).toContain('redis+cluster://')
  }
})

it('a database that the server does not have is told at once', async () => {
  const error = await failureOf(InvalidationSubscriber.connect(`${single.url}/99`))
  expect(error).toBeInstanceOf(ConfigurationError)
  expect(error.message).toContain(`127.0.0.1:${single.port} has (ERR DB index is out of range)`)
})

it('a sentinel that refuses us is named, and not the primary', async () => {
  const sentinel = await FakeRedis.start(([name]) =>
    name === 'auth' || name === 'hello' ? '-WRONGPASS invalid username-password pair\r\n' : '+OK\r\n',
  )
  const url = `redis+sentinel://127.0.0.1:${sentinel.port}/mymaster?sentinelUsername=watch&sentinelPassword=s3cret`
  const error = await failureOf(InvalidationPublisher.connect(url, 'service'))
  await sentinel.stop()
  expect(error).toMatchObject({ code: 'REDIS', kind: 'refused' })
  expect(error.message).toContain(`refused by 127.0.0.1:${sentinel.port}, a sentinel: WRONGPASS`)
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('s3cret')
})
