import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isCollected } from '../support/collectable.js'
import { within } from '../support/latch.js'
import { type RedisServer, startRedisServer } from '../support/redis-server.js'
import { inRequest, SeenContexts } from '../support/seen-contexts.js'

let server: RedisServer

beforeAll(async () => {
  server = await startRedisServer()
})

afterAll(async () => {
  await server.stop()
})

test('over Redis, nothing runs in the request that connected, before and after the connections were lost', async () => {
  const seen = new SeenContexts()
  const { result, store } = await inRequest('first', () => seen.connect(server.url, 'contexts:seen'))
  const { publisher, subscriber, subscription } = result
  const admin = new Redis(server.url)
  await inRequest('second', async () => {
    const { position } = await publisher.invalidate('user', '1')
    await subscription.waitFor(position)
  })
  const third = await inRequest('third', async () => {
    const back = Promise.all([
      new Promise<void>((resolve) => subscriber.once('connected', resolve)),
      new Promise<void>((resolve) => publisher.once('connected', resolve)),
    ])
    await admin.call('client', 'kill', 'skipme', 'yes')
    await within(back, 10_000, 'the links')
    await subscriber.deadLetters.list()
    const { position } = await publisher.invalidate('user', '2')
    await subscription.waitFor(position)
  })
  const areCollected = [await isCollected(store), await isCollected(third.store)]
  await inRequest('last', async () => {
    await subscriber.close()
    await publisher.close()
  })
  admin.disconnect()
  expect(seen.inside).toEqual([])
  expect([...seen.runs.keys()]).toEqual(expect.arrayContaining(['handler', 'save', 'subscriber disconnected']))
  expect(areCollected).toEqual([true, true])
})
