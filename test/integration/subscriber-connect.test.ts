import { expect, it } from 'vitest'
import { InvalidationSubscriber, RedisError } from '../../src/index.js'
import { FakeRedis } from '../support/fake-redis.js'
import { nextEvent, within } from '../support/latch.js'
import { basics, failureOf } from '../support/redis-log-fixture.js'
import { freePort } from '../support/redis-server.js'

it('what fails while a subscriber connects is told to who listens once it has', async () => {
  const port = await freePort()
  const subscriber = await InvalidationSubscriber.connect({ host: '127.0.0.1', port })
  const [error] = await within(nextEvent(subscriber, 'error'), 10_000, 'the error')
  expect(error).toMatchObject({ code: 'REDIS', kind: 'disconnected' })
  await subscriber.close()
})

it('what connect() rejects with is told to nobody else', async () => {
  const fake = await FakeRedis.start((command) =>
    command[0] === 'subscribe' ? '-NOPERM this user has no permissions to access the channel\r\n' : basics(command),
  )
  const warnings: Error[] = []
  const keep = (warning: Error): void => void warnings.push(warning)
  process.on('warning', keep)
  expect(await failureOf(InvalidationSubscriber.connect(fake.url))).toBeInstanceOf(RedisError)
  await fake.stop()
  process.off('warning', keep)
  expect(warnings).toEqual([])
})
