import { Redis } from 'ioredis'
import { afterEach, describe, expect, test } from 'vitest'
import { DEFAULT_CHANNEL } from '../../src/support/connection-options.js'
import { documentedAdditions, documentedUsers } from '../support/acl.js'
import { ids } from '../support/handled.js'
import { until } from '../support/latch.js'
import { Fleet, LiveFleet } from '../support/live-fleet.js'
import { type RedisServer, startRedisServer } from '../support/redis-server.js'
import { serverIsAtLeast } from '../support/server-version.js'
import { settled } from '../support/settled.js'

const channel = DEFAULT_CHANNEL
const knowsSharded = await serverIsAtLeast(7)
const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** A plain client, by default of a user who may do all. */
function clientOf(server: RedisServer, user?: string): Redis {
  const client = new Redis({ port: server.port, ...(user !== undefined && { username: user, password: 'secret' }) })
  cleanups.push(() => client.quit().catch(() => client.disconnect()))
  return client
}

/** Makes both users as docs/operations.md says, with the rights it adds for these. */
async function grant(redis: Redis, ...additions: readonly string[]): Promise<void> {
  const added = await documentedAdditions()
  const more = additions.flatMap((addition) => {
    const rules = added.get(addition)
    if (rules === undefined) throw new Error(`docs/operations.md adds nothing for "${addition}"`)
    return rules
  })
  const users = await documentedUsers()
  for (const role of ['publisher', 'subscriber']) {
    const rules = users.get(`invalidation-${role}`) ?? []
    await redis.call('ACL', 'SETUSER', role, 'reset', 'on', '>secret', ...rules, ...more)
  }
}

/** Publishes and handles, with a connection that is cut in between. */
async function expectService(url: (user: string) => string, redis: Redis, sharded = false): Promise<void> {
  const fleet = new Fleet(url('publisher'))
  cleanups.push(() => fleet.stop())
  const publisher = await fleet.publisher({ channel, sharded })
  const follower = await fleet.follow({}, { channel, sharded }, url('subscriber'))
  await publisher.invalidate('user', '1')
  await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
  await publisher.invalidate('user', '2')
  await follower.handled.count(2)
  expect(follower.handled.names).toEqual(ids(1, 2))
  await settled(follower)
  expect(await redis.call('ACL', 'LOG')).toEqual([])
}

describe('nothing is refused under the rights that docs/operations.md adds', () => {
  test.each(knowsSharded ? [false, true] : [false])('in a cluster, sharded: %s', async (sharded) => {
    const server = await startRedisServer({ cluster: true })
    cleanups.push(() => server.stop())
    const redis = clientOf(server)
    await redis.cluster('ADDSLOTS', ...Array.from({ length: 16_384 }, (_, slot) => slot))
    const isOk = async (): Promise<boolean> => (await redis.cluster('INFO')).includes('cluster_state:ok')
    await until(isOk, 15_000, 'the state of the cluster')
    await grant(redis, 'in a cluster', ...(sharded ? ['with `sharded`'] : []))
    await expectService((user) => `redis+cluster://${user}:secret@127.0.0.1:${server.port}`, redis, sharded)
    expect(await clientOf(server, 'publisher').call('ASKING')).toBe('OK')
  })

  test('in another database', async () => {
    const fleet = await LiveFleet.start()
    cleanups.push(() => fleet.stop())
    await grant(fleet.redis, 'in another database')
    await expectService((user) => `redis://${user}:secret@127.0.0.1:${fleet.server.port}/3`, fleet.redis)
  })

  test('behind sentinels, which have a user of their own', async () => {
    const primary = await startRedisServer()
    cleanups.push(() => primary.stop())
    const watcher = await startRedisServer({ sentinel: `sentinel monitor mymaster 127.0.0.1 ${primary.port} 1\n` })
    cleanups.push(() => watcher.stop())
    const redis = clientOf(primary)
    const sentinel = clientOf(watcher)
    await grant(redis)
    const rules = (await documentedUsers()).get('invalidation-sentinel') ?? []
    await sentinel.call('ACL', 'SETUSER', 'asks', 'reset', 'on', '>secret', ...rules)
    const query = 'sentinelUsername=asks&sentinelPassword=secret'
    const address = `127.0.0.1:${watcher.port}/mymaster?${query}`
    await expectService((user) => `redis+sentinel://${user}:secret@${address}`, redis)
    expect(await sentinel.call('ACL', 'LOG')).toEqual([])
  })
})
