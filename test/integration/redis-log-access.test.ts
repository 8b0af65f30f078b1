import { inspect } from 'node:util'
import { Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis5'
import { describe, expect, it } from 'vitest'
import { RedisError } from '../../src/support/errors.js'
import { clients, failureOf, RedisLogFixture } from '../support/redis-log-fixture.js'
import { countsEntries } from '../support/redis-log-servers.js'
import { startRedisServer } from '../support/redis-server.js'

const redis = RedisLogFixture.use()
const frame = '{"message_id":"m1"}'
const retention = { maxEntries: 100_000, maxBytes: 2 ** 40, maxAgeMs: undefined }

describe('who may do what', () => {
  const acl = (name: string, ...rules: string[]): Promise<unknown> =>
    redis.admin.call('acl', 'setuser', name, 'reset', 'on', '>right', '~*', '&*', '+@all', ...rules)

  it.each(clients)('refuses to open with a wrong password, and never shows it (%s)', async (_, lend) => {
    await acl('someone')
    const target = lend(redis.server.url.replace('//', '//someone:wr0ng-s3cret@'))
    const { commands, listener } = redis.openCommands(target)
    const { feed, listener: feedListener } = redis.openFeed(target)
    for (const connection of [commands, feed]) {
      const error = await failureOf(connection.opened())
      expect(error).toBeInstanceOf(RedisError)
      expect(error).toMatchObject({ kind: 'refused' })
      expect(error.message).toContain('User name or password is wrong')
    }
    await Promise.all([listener.reached('error'), feedListener.reached('error')])
    const told = inspect([listener.errors, feedListener.errors], { depth: 10, showHidden: true })
    expect(told).not.toContain('wr0ng-s3cret')
  })

  it('refuses to open where a password is needed and none was given', async () => {
    const guarded = await startRedisServer()
    try {
      const guard = new Redis(guarded.url)
      await guard.config('SET', 'requirepass', 'secret')
      guard.disconnect()
      for (const target of [guarded.url, new Redis5(guarded.url, { lazyConnect: true })]) {
        const { commands } = redis.openCommands(target)
        expect(await failureOf(commands.opened())).toMatchObject({ kind: 'refused' })
      }
      const { commands } = redis.openCommands(guarded.url.replace('//', '//:secret@'))
      await commands.opened()
      expect(await commands.head()).toBeUndefined()
    } finally {
      await guarded.stop()
    }
  })

  it('refuses to open a feed of a channel that may not be read', async () => {
    await acl('deaf', 'resetchannels')
    const { feed } = redis.openFeed(redis.server.url.replace('//', '//deaf:right@'))
    expect(await failureOf(feed.opened())).toMatchObject({ kind: 'refused' })
  })

  it('appends where the channel is refused: the entry stands, and receivers say so', async () => {
    await acl('mute', 'resetchannels')
    const { commands } = redis.openCommands(redis.server.url.replace('//', '//mute:right@'))
    await commands.opened()
    expect(await commands.append('one', frame, retention)).toMatchObject({ prev: '', receivers: -1 })
    expect((await commands.readPage('-', 10)).entries).toHaveLength(1)
  })

  it('reads and anchors without the right to run scripts', async () => {
    await acl('plain', '-@scripting')
    const { commands: writer } = redis.openCommands()
    const { commands } = redis.openCommands(redis.server.url.replace('//', '//plain:right@'))
    await Promise.all([writer.opened(), commands.opened()])
    expect(await commands.anchor('marker', retention)).toBeUndefined()
    await writer.append('one', frame, retention)
    expect(await commands.anchor('marker', retention)).toMatchObject({
      position: { appendId: 'one' },
      added: countsEntries ? 1 : undefined,
    })
  })

  it('knows no replication id where INFO is refused', async () => {
    await acl('blind', '-info')
    const { commands } = redis.openCommands(redis.server.url.replace('//', '//blind:right@'))
    await commands.opened()
    expect(await commands.replication()).toEqual({ id: undefined, role: 'primary', linkAgeMs: undefined })
  })

  it('says that a replica is read-only, and looks for the primary again', async () => {
    const replica = await startRedisServer({ args: ['--replicaof', '127.0.0.1', String(redis.server.port)] })
    try {
      const { commands, listener } = redis.openCommands(replica.url)
      await commands.opened()
      expect(await commands.anchor('marker', retention)).toBeUndefined()
      expect(listener.events).toEqual(['up'])
      const error = await failureOf(commands.append('one', frame, retention))
      expect(error).toMatchObject({ kind: 'readonly' })
      expect(error.message).toContain('connect to the primary')
      await listener.reached('up', 2)
    } finally {
      await replica.stop()
    }
  })
})

describe('a lent client', () => {
  it.each(clients)('is only the configuration: it may be closed, and is left alone (%s)', async (_, lend) => {
    const lent = lend(redis.server.url)
    const { commands, listener } = redis.openCommands(lent)
    const { feed, listener: feedListener } = redis.openFeed(lent)
    await Promise.all([listener.reached('up'), feedListener.reached('up')])
    expect(lent.status).toBe('wait')
    lent.disconnect()
    expect(await commands.append('one', frame, retention)).toMatchObject({ receivers: 1 })
    commands.reconnect()
    await listener.reached('up', 2)
    expect(await commands.inspect({ streamId: '1-1', appendId: 'x' })).toMatchObject({
      added: countsEntries ? 1 : undefined,
      length: 1,
    })
    await feed.ping()
  })

  it('may be set to the reply shapes of RESP3', async () => {
    const lent = new Redis(redis.server.url, { lazyConnect: true, replyMapping: 'resp3' })
    const { commands } = redis.openCommands(lent)
    await commands.opened()
    await commands.append('one', frame, retention)
    expect(await commands.inspect({ streamId: '1-1', appendId: 'x' })).toMatchObject({
      added: countsEntries ? 1 : undefined,
      length: 1,
    })
  })
})

it('keeps to the database of its URL', async () => {
  const { commands } = redis.openCommands(`${redis.server.url}/3`)
  await commands.opened()
  await commands.append('one', frame, retention)
  expect(await redis.admin.exists(`{${redis.channel}}:stream`)).toBe(0)
})

it('never makes the key that it probes with', async () => {
  const { commands } = redis.openCommands()
  await commands.opened()
  await commands.append('one', frame, retention)
  expect((await redis.admin.keys(`*${redis.channel}*`)).sort()).toEqual([
    `{${redis.channel}}:last`,
    `{${redis.channel}}:stream`,
  ])
})
