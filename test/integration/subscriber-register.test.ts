import { afterAll, beforeAll, expect, it } from 'vitest'
import { logKeys } from '../../src/log/model/keys.js'
import { decodePublisherRecord } from '../../src/log/model/publisher-record.js'
import { RedisLog } from '../../src/log/redis/redis-log.js'
import { decodeAnnouncement } from '../../src/subscriber/announcement.js'
import { until } from '../support/latch.js'
import { LiveFleet } from '../support/live-fleet.js'
import { RecordingListener } from '../support/recording-listener.js'

let fleet: LiveFleet

beforeAll(async () => {
  fleet = await LiveFleet.start()
})

afterAll(() => fleet.stop())

/** The register of a channel of a test's own. */
function register(channel: string) {
  const key = logKeys(channel).subscribers
  const commands = new RedisLog(fleet.server.url, { channel }).openCommands(new RecordingListener())
  const states = async (): Promise<(string | undefined)[]> => {
    const records = await commands.listAnnounced('subscriber')
    return records.map(({ record }) => decodeAnnouncement(record)?.state)
  }
  return { key, commands, states }
}

it('subscriptions stand in it while they live, and the key expires', async () => {
  const channel = 'register:live'
  const { key, commands, states } = register(channel)
  await commands.opened()
  const follower = await fleet.follow({ name: 'feed' }, { channel, service: 'feed-service' })
  await expect.poll(states, { timeout: 10_000 }).toEqual(['live'])
  const ttl = await fleet.redis.pttl(key)
  expect(ttl).toBeGreaterThan(200_000)
  expect(ttl).toBeLessThanOrEqual(300_000)
  await follower.subscriber.close()
  expect(await fleet.redis.exists(key)).toBe(0)
  await commands.close()
})

it('what is no announcement is passed over, and cleared away with what has expired', async () => {
  const { key, commands, states } = register('register:foreign')
  await commands.opened()
  const future = '{"seenAt":99999999999999,"ttlMs":1000,'
  const foreign = {
    a: '',
    b: 'garbage',
    c: '{}',
    d: '{"seenAt":"x","ttlMs":1,',
    e: `${future}"name":7}`,
    f: `${future}no JSON`,
  }
  await fleet.redis.hset(key, { ...foreign, expired: '{"seenAt":1,"ttlMs":2,"name":"x"}' })
  expect(await states()).toEqual([undefined, undefined])
  await until(
    async () => {
      await commands.announce('subscriber', 'next', '{"name":"next"}', 60_000)
      const fields = await fleet.redis.hkeys(key)
      await commands.withdraw('subscriber', 'next')
      return fields.toSorted().join() === 'e,f,next'
    },
    10_000,
    'what has expired is cleared away',
  )
  await commands.close()
})

it('a key of another type is refused, told once, and costs nothing else', async () => {
  const channel = 'register:wrong-type'
  await fleet.redis.set(logKeys(channel).subscribers, 'text')
  const subscriber = await fleet.subscriber({ channel })
  const errors: Error[] = []
  subscriber.on('error', (error) => errors.push(error))
  const subscription = subscriber.subscribe(() => undefined)
  await subscription.caughtUp()
  await until(() => errors.length > 0, 10_000, 'an error')
  expect(errors).toMatchObject([{ kind: 'reply', message: expect.stringContaining('WRONGTYPE') as string }])
  expect(subscription.state).toBe('live')
})

it('a replica and a missing right are refused without the loss of the connection', async () => {
  const replica = await LiveFleet.start()
  const { commands } = register('register:replica')
  const target = replica.server.url.replace('//', '//narrow:secret@')
  await replica.redis.call('acl', 'setuser', 'narrow', 'on', '>secret', '~*', '&*', '+@all', '-hset', '-time')
  await replica.redis.call('replicaof', '127.0.0.1', String(fleet.server.port))
  try {
    for (const [url, kind] of [
      [replica.server.url, 'readonly'],
      [target, 'refused'],
    ] as const) {
      const listener = new RecordingListener()
      const reader = new RedisLog(url, { channel: 'register:replica' }).openCommands(listener)
      await reader.opened()
      await listener.reached('up')
      await expect(reader.announce('subscriber', 'a', '{"name":"a"}', 1_000)).rejects.toMatchObject({ kind })
      expect(reader.up).toBe(true)
      await reader.close()
      expect(listener.events).toEqual(['up'])
    }
  } finally {
    await commands.close()
    await replica.stop()
  }
})

it('publishers keep a register of their own, and the key expires', async () => {
  const channel = 'register:publishers'
  const { commands } = register(channel)
  await commands.opened()
  const key = logKeys(channel).publishers
  const publisher = await fleet.publisher({ channel })
  await publisher.invalidate('user', '1')
  const [announced] = await commands.listAnnounced('publisher')
  const { id: replicationId } = await commands.replication()
  expect(announced && decodePublisherRecord(announced.record)).toMatchObject({ repairs: true, replicationId })
  const ttl = await fleet.redis.pttl(key)
  expect(ttl).toBeGreaterThan(50_000)
  expect(ttl).toBeLessThanOrEqual(60_000)
  await publisher.close()
  expect(await fleet.redis.exists(key)).toBe(0)
  await commands.close()
})

it('a publisher may do without the right to its register: it reports that once', async () => {
  const channel = 'register:narrow'
  await fleet.redis.call('acl', 'setuser', 'unlisted', 'on', '>secret', '~*', '&*', '+@all', '-hset')
  const publisher = await fleet.publisher({ channel }, fleet.server.url.replace('//', '//unlisted:secret@'))
  const errors: Error[] = []
  publisher.on('error', (error) => errors.push(error))
  await publisher.invalidate('user', '1')
  await until(() => errors.length > 0, 10_000, 'an error')
  expect(errors).toMatchObject([{ kind: 'refused', message: expect.stringContaining('HSET') as string }])
  expect(publisher.health().status).toBe('up')
})
