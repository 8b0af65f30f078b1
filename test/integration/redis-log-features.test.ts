import { Redis as Redis5 } from 'ioredis5'
import { beforeEach, describe, expect, it } from 'vitest'
import { InvalidationPublisher, InvalidationSubscriber } from '../../src/index.js'
import { RedisLog } from '../../src/log/redis/redis-log.js'
import { UnsupportedServerError } from '../../src/support/errors.js'
import type { Answer, FakeRedis } from '../support/fake-redis.js'
import { until } from '../support/latch.js'
import { RecordingListener } from '../support/recording-listener.js'
import { basics, failureOf, RedisLogFixture } from '../support/redis-log-fixture.js'

const redis = RedisLogFixture.use()
const frame = '{"message_id":"m1"}'
const retention = { maxEntries: 100_000, maxBytes: 2 ** 40, maxAgeMs: undefined }

describe('the server’s features', () => {
  let fake: FakeRedis

  beforeEach(async () => {
    fake = await redis.startFake(basics)
  })

  const noScript = '-NOSCRIPT No matching script. Please use EVAL.\r\n'
  /** Answers the probe of what an append needs: errors that a script found, for SET and XADD. */
  const found = (set: string, add: string): Answer => {
    const reply = `*2\r\n$${set.length}\r\n${set}\r\n$${add.length}\r\n${add}\r\n`
    return (asked) => (asked[0] === 'evalsha' ? noScript : asked[0] === 'eval' ? reply : basics(asked))
  }
  const wrongArity = 'ERR Wrong number of args calling Redis command from script'
  const refusing =
    (reply: string, ...commands: readonly string[]): Answer =>
    (asked) =>
      commands.includes(asked[0] ?? '') ? reply : basics(asked)
  const unknown = "-ERR unknown command 'x', with args beginning with: \r\n"

  it.each<[feature: string, answer: Answer]>([
    ['SET with XX and GET', found('ERR syntax error', wrongArity)],
    ['streams', found('', 'ERR Unknown Redis command called from script')],
    ['streams', refusing(unknown, 'xrange')],
    ['Lua scripts', refusing("-ERR unknown command 'eval/evalsha'\r\n", 'evalsha', 'eval')],
  ])('are tried out: without %s it refuses to open', async (feature, answer) => {
    fake.answer = answer
    const { commands } = redis.openCommands(fake.url)
    const error = await failureOf(commands.opened())
    expect(error).toBeInstanceOf(UnsupportedServerError)
    expect(error.message).toContain(`lacks ${feature}`)
  })

  it.each([
    ['publisher', ['eval', 'info', 'client']],
    ['subscriber', ['xrange', 'info', 'client', 'subscribe']],
  ] as const)('are asked for only where they are used: a %s asks for no more', async (role, commands) => {
    const log = new RedisLog(fake.url, { channel: redis.channel, owner: { role, service: '' } })
    const listener = new RecordingListener()
    const connections = [log.openCommands(listener), ...(role === 'subscriber' ? [log.openFeed(listener)] : [])]
    await Promise.all(connections.map((connection) => connection.opened()))
    await Promise.all(connections.map((connection) => connection.close()))
    const asked = new Set(fake.commands.map(([name = '']) => name).filter((name) => name !== 'hello'))
    expect([...asked].toSorted()).toEqual(commands.toSorted())
  })

  it.each([
    'ERR max number of clients reached',
    'ERR something that nobody has heard of',
    'BUSY Redis is busy running a script.',
    'upstream failure',
  ])('are not taken for missing because of a refusal that passes: %s', async (text) => {
    fake.answer = refusing(`-${text}\r\n`, 'xrange', 'eval', 'evalsha')
    const { commands, listener } = redis.openCommands(fake.url)
    await commands.opened()
    await listener.reached('error')
    expect(listener.errors[0]?.message).toContain(text)
    expect(commands.up).toBe(false)
    fake.answer = basics
    await listener.reached('up')
  })

  it('include Pub/Sub, which a feed tries out', async () => {
    fake.answer = (asked) => (asked[0] === 'subscribe' ? "-ERR unknown command 'subscribe'\r\n" : basics(asked))
    const error = await failureOf(redis.openFeed(fake.url).feed.opened())
    expect(error).toBeInstanceOf(UnsupportedServerError)
    expect(error.message).toContain('lacks Pub/Sub')
  })

  it.each(['SPUBLISH', 'SSUBSCRIBE'])('include sharded Pub/Sub where it is asked for (%s)', async (command) => {
    fake.answer = (asked) =>
      asked[0] === command.toLowerCase() ? `-ERR unknown command '${command}'\r\n` : basics(asked)
    const log = new RedisLog(fake.url, { channel: redis.channel, sharded: true })
    const feed = log.openFeed(new RecordingListener())
    const error = await failureOf(feed.opened())
    await feed.close()
    expect(error).toBeInstanceOf(UnsupportedServerError)
    expect(error.message).toMatch(/lacks (sharded )?Pub\/Sub/)
  })

  it('make connect() of a publisher and of a subscriber reject', async () => {
    fake.answer = refusing(unknown, 'xrange', 'evalsha', 'eval')
    for (const connecting of [
      InvalidationPublisher.connect(fake.url, 'test'),
      InvalidationSubscriber.connect(fake.url),
    ]) {
      expect(await failureOf(connecting)).toMatchObject({ code: 'UNSUPPORTED_SERVER' })
    }
  })

  it('are taken as there where rights or role forbid to try them', async () => {
    const forbidden = "-NOPERM User x has no permissions to run the 'xrange' command\r\n"
    const readonly = "READONLY You can't write against a read only replica."
    for (const answer of [
      refusing(forbidden, 'xrange', 'eval', 'evalsha'),
      found(readonly, readonly),
      found('', wrongArity),
    ]) {
      fake.answer = answer
      const { commands, listener } = redis.openCommands(fake.url)
      await commands.opened()
      await listener.reached('up')
    }
  })

  it('can wait for a server that is still loading', async () => {
    fake.answer = (asked) =>
      asked[0] === 'xrange' ? '-LOADING Redis is loading the dataset in memory\r\n' : basics(asked)
    const { commands, listener } = redis.openCommands(fake.url)
    await commands.opened()
    await listener.reached('error', 3)
    expect(listener.errors[0]?.message).toContain('LOADING')
    expect(commands.up).toBe(false)
    fake.answer = basics
    await listener.reached('up')
  })

  it('do not include a cluster: the error says so', async () => {
    fake.answer = (asked) => (asked[0] === 'get' ? '-MOVED 3999 127.0.0.1:6381\r\n' : basics(asked))
    const { commands } = redis.openCommands(fake.url)
    await commands.opened()
    const error = await failureOf(commands.head())
    expect(error).toMatchObject({ kind: 'moved' })
    expect(error.message).toContain('Redis Cluster')
  })

  it('include the database that was asked for: without it the connection does not come up', async () => {
    for (const target of [`${redis.server.url}/99`, new Redis5(`${redis.server.url}/99`, { lazyConnect: true })]) {
      const { listener } = redis.openCommands(target)
      await listener.reached('error', 2)
      expect(listener.errors[0]?.message).toContain('DB index is out of range')
      expect(listener.count('up')).toBe(0)
    }
  })

  it('may answer errors of scripts as Redis 6.2 does', async () => {
    const text = (code: string): string =>
      `-ERR Error running script (call to f_1): @user_script:3: @user_script: 3: -${code} no\r\n`
    const { commands, listener } = redis.openCommands(fake.url)
    await listener.reached('up')
    fake.answer = (asked) => (asked[0] === 'eval' ? text('NOPERM') : basics(asked))
    expect(await failureOf(commands.append('one', frame, retention))).toMatchObject({ kind: 'refused' })
    fake.answer = (asked) => (asked[0] === 'eval' ? text('READONLY') : basics(asked))
    expect(await failureOf(commands.append('one', frame, retention))).toMatchObject({ kind: 'readonly' })
  })
})

describe('scripts that the server has forgotten', () => {
  it('are sent again by their text, and no later append overtakes them', async () => {
    const noScript = '-NOSCRIPT No matching script. Please use EVAL.\r\n'
    const appended = '$6\r\n1-1 0 \r\n'
    const fake = await redis.startFake(basics)
    const { commands } = redis.openCommands(fake.url)
    await commands.opened()
    fake.answer = () => appended
    await commands.append('known', frame, retention)
    fake.commands.splice(0)
    fake.answer = () => undefined
    const sent = (name: string): string[] =>
      fake.commands.filter(([asked]) => asked === name).map(([, , , , , appendId = '']) => appendId)
    const first = commands.append('one', frame, retention)
    const second = commands.append('two', frame, retention)
    await until(() => sent('evalsha').length === 2, 10_000, 'two appends')
    fake.send(noScript)
    await until(() => sent('eval').length === 1, 10_000, 'the first sent again')
    const third = commands.append('three', frame, retention)
    fake.send(noScript)
    await until(() => sent('eval').length === 2, 10_000, 'the second sent again')
    expect([sent('evalsha'), sent('eval')]).toEqual([
      ['one', 'two'],
      ['one', 'two'],
    ])
    fake.answer = () => appended
    fake.send(appended + appended)
    await Promise.all([first, second, third])
    expect(sent('evalsha')).toEqual(['one', 'two', 'three'])
  })

  it('are sent again for every kind of call', async () => {
    const { commands } = redis.openCommands()
    await commands.opened()
    await redis.admin.script('FLUSH')
    expect((await commands.anchor('marker', retention))?.position.appendId).toBe('marker')
    await redis.admin.script('FLUSH')
    expect(await commands.lookup([{ streamId: '1-1', appendId: 'x' }])).toEqual(['below'])
    await redis.admin.script('FLUSH')
    await commands.saveCursor('name', '1-1@a', false)
    expect(await commands.loadCursor('name')).toBe('1-1@a')
  })
})
