import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import type { Logger } from '../../src/index.js'
import { logKeys } from '../../src/log/model/keys.js'
import { within } from '../support/latch.js'
import { LiveFleet } from '../support/live-fleet.js'

let fleet: LiveFleet

afterEach(() => fleet.stop())

const evicting = ['--maxmemory', '200mb', '--maxmemory-policy', 'allkeys-lru']

function recorder(): { readonly logger: Logger; readonly warnings: string[] } {
  const warnings: string[] = []
  const ignore = (): void => undefined
  return { logger: { debug: ignore, info: ignore, warn: (text) => warnings.push(text), error: ignore }, warnings }
}

test('a server that may evict the log is warned of through the logger, once for publishers and subscribers', async () => {
  fleet = await LiveFleet.start({ args: evicting })
  const { logger, warnings } = recorder()
  const publisher = await fleet.publisher({ logger })
  const { handled } = await fleet.follow({}, { logger })
  expect(warnings).toEqual([expect.stringContaining('`maxmemory-policy` is allkeys-lru')])
  expect(warnings[0]).toContain(`127.0.0.1:${fleet.server.port}`)
  await publisher.invalidate('user', '1')
  await handled.count(1)
  expect(warnings).toHaveLength(1)
})

test('a subscriber without a logger tells it as a process warning', async () => {
  fleet = await LiveFleet.start({ args: evicting })
  const warned = once(process, 'warning')
  await fleet.subscriber()
  const [warning] = (await within(warned, 10_000, 'the warning')) as [Error]
  expect(warning).toMatchObject({ name: 'CacheInvalidationWarning' })
  expect(warning.message).toContain('may evict the log')
})

test('what `volatile-*` may evict, the registers, is announced anew, and nobody resyncs', async () => {
  fleet = await LiveFleet.start({ args: ['--maxmemory', '200mb', '--maxmemory-policy', 'volatile-lru'] })
  const { logger, warnings } = recorder()
  const publisher = await fleet.publisher({ logger })
  const { handled, resyncs } = await fleet.follow({ name: 'cache' }, { logger })
  const { publishers, subscribers } = logKeys(fleet.channel)
  await expect.poll(() => fleet.redis.hlen(subscribers), { timeout: 10_000 }).toBe(1)
  const { redis } = fleet
  expect((await redis.keys('*')).toSorted()).toContain(subscribers)
  const expiring = await Promise.all(
    (await redis.keys('*')).map(async (key) => ((await redis.pttl(key)) >= 0 ? key : '')),
  )
  expect(expiring.filter((key) => key !== '').toSorted()).toEqual([publishers, subscribers])
  await redis.del(subscribers)
  await publisher.invalidate('user', '1')
  await handled.count(1)
  await expect.poll(() => redis.hlen(subscribers), { timeout: 10_000 }).toBe(1)
  expect(resyncs).toEqual([])
  expect(warnings).toEqual([])
})
