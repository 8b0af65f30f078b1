import { afterAll, beforeAll, expect, it } from 'vitest'
import { ConfigurationError, InvalidationPublisher, InvalidationSubscriber, RedisError } from '../../src/index.js'
import { ClusterStage } from '../support/cluster-stage.js'
import { failureOf } from '../support/redis-log-fixture.js'
import { startRedisServer, type RedisServer } from '../support/redis-server.js'

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
