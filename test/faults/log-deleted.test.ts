import { afterAll, beforeAll, expect, it } from 'vitest'
import { deleteMatching, type InvalidationHandler, redisCursor } from '../../src/index.js'
import { until } from '../support/latch.js'
import { LiveFleet } from '../support/live-fleet.js'

let fleet: LiveFleet

beforeAll(async () => {
  fleet = await LiveFleet.start()
})

afterAll(() => fleet.stop())

/** A durable subscription that has never been there before: it begins with the pattern `*`. */
async function begin(handler: InvalidationHandler) {
  const subscriber = await fleet.subscriber({ channel: `deleted:${Math.random()}` })
  const subscription = subscriber.subscribe(handler, { name: 'gateway', cursor: redisCursor() })
  const errors: string[] = []
  const resyncs: string[] = []
  subscription.on('error', ({ message }) => errors.push(message)).on('resync', ({ reason }) => resyncs.push(reason))
  return { subscription, errors, resyncs, channel: subscriber.channel }
}

it('a handler that scans and deletes without a prefix is reported, and runs a few times instead of in a loop', async () => {
  const { subscription, errors, resyncs, channel } = await begin(async (message) => {
    if (message.action === 'pattern')
      for (const key of await fleet.redis.keys(message.pattern)) await fleet.redis.del(key)
  })
  await until(() => subscription.health().reasons.includes('log-deleted'), 10_000, 'the reason in health')
  expect(subscription.health().status).toBe('degraded')
  expect(resyncs).toEqual(['no-cursor', 'log-lost'])
  expect(errors.filter((message) => message.includes(`{${channel}}:stream, {${channel}}:last`))).toHaveLength(1)
})

it('a handler that deletes with `deleteMatching` is no trouble', async () => {
  const { subscription, errors, resyncs } = await begin(async (message, { signal }) => {
    if (message.action === 'pattern') await deleteMatching(fleet.redis, message.pattern, { signal })
  })
  await fleet.redis.set('user:1', 'x')
  await subscription.caughtUp()
  await until(async () => (await fleet.redis.exists('user:1')) === 0 || resyncs.length > 0, 10_000, 'the eviction')
  for (let beats = 0; beats < 3; beats++) {
    const { verifiedAt = 0 } = subscription.freshness()
    await until(() => (subscription.freshness().verifiedAt ?? 0) > verifiedAt, 10_000, 'a heartbeat')
  }
  expect(resyncs).toEqual(['no-cursor'])
  expect(errors).toEqual([])
  expect(subscription.health().status).toBe('up')
})
