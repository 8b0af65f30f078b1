import { inspect } from 'node:util'
import { Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis5'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { RedisError, UnsupportedServerError } from '../../src/errors.js'
import type { LogCommands, LogFeed } from '../../src/log/log.js'
import { RedisLog } from '../../src/log/redis-log.js'
import type { RedisTarget } from '../../src/log/redis-log.js'
import type { RedisLike } from '../../src/log/redis-like.js'
import { FakeRedis } from '../support/fake-redis.js'
import type { Answer } from '../support/fake-redis.js'
import { within } from '../support/latch.js'
import { RecordingListener } from '../support/recording-listener.js'
import { startRedisServer } from '../support/redis-server.js'
import type { RedisServer } from '../support/redis-server.js'

const frame = '{"message_id":"m1"}'
const cap = 100_000

/** Options that our connections must not inherit. */
const hostile = { lazyConnect: true, enableAutoPipelining: true, stringNumbers: true, commandTimeout: 1 }
const clients: [name: string, lend: (url: string) => RedisLike][] = [
  ['ioredis 6', (url) => new Redis(url, hostile)],
  ['ioredis 5', (url) => new Redis5(url, hostile)],
]

let server: RedisServer
let admin: Redis
let channel: string
let count = 0
const opened: (LogCommands | LogFeed)[] = []

beforeAll(async () => {
  server = await startRedisServer()
  admin = new Redis(server.url)
})

afterAll(async () => {
  admin.disconnect()
  await server.stop()
})

beforeEach(() => {
  channel = `redis-log:${process.pid}:${count++}`
})

afterEach(async () => {
  server.resume()
  await Promise.all(opened.splice(0).map((connection) => connection.close()))
})

function openCommands(target: RedisTarget = server.url, commandTimeoutMs = 5_000) {
  const listener = new RecordingListener()
  const commands = new RedisLog(target, { channel, commandTimeoutMs }).openCommands(listener)
  opened.push(commands)
  return { commands, listener }
}

function openFeed(target: RedisTarget = server.url, commandTimeoutMs = 5_000) {
  const listener = new RecordingListener()
  const feed = new RedisLog(target, { channel, commandTimeoutMs }).openFeed(listener)
  opened.push(feed)
  return { feed, listener }
}

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  const outcome = await within(
    promise.then(
      () => undefined,
      (error: unknown) => error,
    ),
    10_000,
    'a rejection',
  )
  if (outcome instanceof Error) return outcome
  throw new Error('Expected a rejection')
}

describe('a server that hangs', () => {
  it('makes calls reject at the deadline, and their connections new ones', async () => {
    const { commands, listener } = openCommands(server.url, 300)
    const { feed, listener: feedListener } = openFeed(server.url, 300)
    await Promise.all([listener.reached('up'), feedListener.reached('up')])
    server.pause()
    const started = performance.now()
    const calls = [commands.append('one', frame, cap), commands.head(), commands.readPage('-', 10), feed.ping()]
    for (const error of await Promise.all(calls.map(failureOf))) {
      expect(error).toMatchObject({ code: 'REDIS', kind: 'timeout' })
      expect(error.message).toContain(`127.0.0.1:${server.port}`)
    }
    expect(performance.now() - started).toBeGreaterThanOrEqual(290)
    expect(performance.now() - started).toBeLessThan(1_500)
    expect([listener.events, feedListener.events]).toEqual([
      ['up', 'down'],
      ['up', 'down'],
    ])
    // The socket of a stopped process still accepts: the attempts to connect must not hang either.
    await Promise.all([listener.reached('error', 2), feedListener.reached('error', 2)])
    expect(listener.errors.at(-1)).toMatchObject({ kind: 'timeout' })
    server.resume()
    await Promise.all([listener.reached('up', 2), feedListener.reached('up', 2)])
    expect(await commands.append('two', frame, cap)).toMatchObject({ receivers: 1 })
    await feed.ping()
  })

  it('lets a call that had time left reject as disconnected, not as late', async () => {
    const { commands, listener } = openCommands(server.url, 300)
    await listener.reached('up')
    server.pause()
    const early = failureOf(commands.head())
    const late = failureOf(commands.waitReplicas(1, 60_000))
    expect(await early).toMatchObject({ kind: 'timeout' })
    expect(await late).toMatchObject({ kind: 'disconnected' })
  })

  it('does not keep `opened` waiting', async () => {
    server.pause()
    const { commands, listener } = openCommands(server.url, 200)
    const { feed } = openFeed(server.url, 200)
    await within(Promise.all([commands.opened(), feed.opened()]), 2_000, 'opened')
    expect(listener.errors[0]).toMatchObject({ kind: 'timeout' })
    expect(commands.up).toBe(false)
  })

  it('does not keep `close` waiting', async () => {
    const { commands, listener } = openCommands()
    await listener.reached('up')
    server.pause()
    const pending = failureOf(commands.head())
    await within(commands.close(), 1_000, 'close')
    expect(await pending).toMatchObject({ kind: 'disconnected' })
  })
})

describe('a connection that is lost', () => {
  it.each(clients)('rejects all that is pending at once (%s)', async (_, lend) => {
    const { commands, listener } = openCommands(lend(server.url))
    const { feed, listener: feedListener } = openFeed(lend(server.url))
    await Promise.all([listener.reached('up'), feedListener.reached('up')])
    server.pause()
    const calls = [commands.append('one', frame, cap), commands.stand('s', cap), commands.readPage('-', 1), feed.ping()]
    const failures = Promise.all(calls.map(failureOf))
    await server.kill()
    for (const error of await within(failures, 2_000, 'rejections')) {
      expect(error).toMatchObject({ code: 'REDIS', kind: 'disconnected' })
    }
    await server.restart()
    await Promise.all([listener.reached('up', 2), feedListener.reached('up', 2)])
  })

  it('leaves nothing open once it is closed', async () => {
    const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
    const before = sockets()
    const { commands, listener } = openCommands()
    const { feed, listener: feedListener } = openFeed()
    await Promise.all([listener.reached('up'), feedListener.reached('up')])
    expect(sockets()).toBe(before + 2)
    commands.reconnect()
    await Promise.all([commands.close(), feed.close()])
    expect(sockets()).toBe(before)
  })
})

describe('who may do what', () => {
  const acl = (name: string, ...rules: string[]): Promise<unknown> =>
    admin.call('acl', 'setuser', name, 'reset', 'on', '>right', '~*', '&*', '+@all', ...rules)

  it.each(clients)('refuses to open with a wrong password, and never shows it (%s)', async (_, lend) => {
    await acl('someone')
    const target = lend(server.url.replace('//', '//someone:wr0ng-s3cret@'))
    const { commands, listener } = openCommands(target)
    const { feed, listener: feedListener } = openFeed(target)
    for (const connection of [commands, feed]) {
      const error = await failureOf(connection.opened())
      expect(error).toBeInstanceOf(RedisError)
      expect(error).toMatchObject({ kind: 'refused' })
      expect(error.message).toContain('Check user name, password')
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
        const { commands } = openCommands(target)
        expect(await failureOf(commands.opened())).toMatchObject({ kind: 'refused' })
      }
      const { commands } = openCommands(guarded.url.replace('//', '//:secret@'))
      await commands.opened()
      expect(await commands.head()).toBeUndefined()
    } finally {
      await guarded.stop()
    }
  })

  it('refuses to open a feed of a channel that may not be read', async () => {
    await acl('deaf', 'resetchannels')
    const { feed } = openFeed(server.url.replace('//', '//deaf:right@'))
    expect(await failureOf(feed.opened())).toMatchObject({ kind: 'refused' })
  })

  it('appends where the channel is refused: the entry stands, and receivers say so', async () => {
    await acl('mute', 'resetchannels')
    const { commands } = openCommands(server.url.replace('//', '//mute:right@'))
    await commands.opened()
    expect(await commands.append('one', frame, cap)).toMatchObject({ prev: '', receivers: -1 })
    expect((await commands.readPage('-', 10)).entries).toHaveLength(1)
  })

  it('reads and stands without the right to run scripts', async () => {
    await acl('plain', '-@scripting')
    const { commands: writer } = openCommands()
    const { commands } = openCommands(server.url.replace('//', '//plain:right@'))
    await Promise.all([writer.opened(), commands.opened()])
    expect(await commands.stand('marker', cap)).toBeUndefined()
    await writer.append('one', frame, cap)
    expect(await commands.stand('marker', cap)).toMatchObject({ position: { appendId: 'one' }, added: 1 })
  })

  it('knows no replication id where INFO is refused', async () => {
    await acl('blind', '-info')
    const { commands } = openCommands(server.url.replace('//', '//blind:right@'))
    await commands.opened()
    expect(await commands.replicationId()).toBeUndefined()
  })

  it('says that a replica is read-only, and looks for the primary again', async () => {
    const replica = await startRedisServer({ args: ['--replicaof', '127.0.0.1', String(server.port)] })
    try {
      const { commands, listener } = openCommands(replica.url)
      await commands.opened()
      expect(await commands.stand('marker', cap)).toBeUndefined()
      expect(listener.events).toEqual(['up'])
      const error = await failureOf(commands.append('one', frame, cap))
      expect(error).toMatchObject({ kind: 'readonly' })
      expect(error.message).toContain('connect to the primary')
      await listener.reached('up', 2)
    } finally {
      await replica.stop()
    }
  })
})

describe('the server’s features', () => {
  const ok: Answer = ([name]) => (name === 'hello' ? '-ERR unknown command `HELLO`\r\n' : '+OK\r\n')
  let fake: FakeRedis

  beforeEach(async () => {
    fake = await FakeRedis.start(ok)
  })

  afterEach(() => fake.stop())

  it.each([
    ['SET with XX and GET', 'set', '-ERR syntax error\r\n'],
    ['streams', 'xlen', '-ERR unknown command `xlen`, with args beginning with: \r\n'],
    ['Lua scripts', 'script', '-ERR unknown command `script`\r\n'],
  ])('are tried out: without %s it refuses to open', async (feature, command, reply) => {
    fake.answer = (asked) => (asked[0] === command ? reply : ok(asked))
    const { commands } = openCommands(fake.url)
    const error = await failureOf(commands.opened())
    expect(error).toBeInstanceOf(UnsupportedServerError)
    expect(error.message).toContain(`lacks ${feature}`)
  })

  it('are taken as there where rights or role forbid to try them', async () => {
    const refusals: Record<string, string> = {
      set: "-READONLY You can't write against a read only replica.\r\n",
      script: "-NOPERM User x has no permissions to run the 'script|load' command\r\n",
    }
    fake.answer = (asked) => refusals[asked[0] ?? ''] ?? ok(asked)
    const { commands, listener } = openCommands(fake.url)
    await commands.opened()
    await listener.reached('up')
  })

  it('can wait for a server that is still loading', async () => {
    fake.answer = (asked) => (asked[0] === 'xlen' ? '-LOADING Redis is loading the dataset in memory\r\n' : ok(asked))
    const { commands, listener } = openCommands(fake.url)
    await commands.opened()
    await listener.reached('error', 3)
    expect(listener.errors[0]?.message).toContain('LOADING')
    expect(commands.up).toBe(false)
    fake.answer = ok
    await listener.reached('up')
  })

  it('do not include a cluster: the error says so', async () => {
    fake.answer = (asked) => (asked[0] === 'get' ? '-MOVED 3999 127.0.0.1:6381\r\n' : ok(asked))
    const { commands } = openCommands(fake.url)
    await commands.opened()
    const error = await failureOf(commands.head())
    expect(error).toMatchObject({ kind: 'moved' })
    expect(error.message).toContain('Redis Cluster')
  })

  it('include the database that was asked for: without it the connection does not come up', async () => {
    for (const target of [`${server.url}/99`, new Redis5(`${server.url}/99`, { lazyConnect: true })]) {
      const { listener } = openCommands(target)
      await listener.reached('error', 2)
      expect(listener.errors[0]?.message).toContain('DB index is out of range')
      expect(listener.count('up')).toBe(0)
    }
  })

  it('may answer errors of scripts as Redis 6.2 does', async () => {
    const text = (code: string): string =>
      `-ERR Error running script (call to f_1): @user_script:3: @user_script: 3: -${code} no\r\n`
    const { commands, listener } = openCommands(fake.url)
    await listener.reached('up')
    fake.answer = (asked) => (asked[0] === 'evalsha' ? text('NOPERM') : ok(asked))
    expect(await failureOf(commands.append('one', frame, cap))).toMatchObject({ kind: 'refused' })
    fake.answer = (asked) => (asked[0] === 'evalsha' ? text('READONLY') : ok(asked))
    expect(await failureOf(commands.append('one', frame, cap))).toMatchObject({ kind: 'readonly' })
  })
})

describe('scripts that the server has forgotten', () => {
  it('are sent again, and appends keep their order', async () => {
    const { commands } = openCommands()
    await commands.opened()
    const ids: string[] = []
    const prevs: string[] = []
    const appendOne = async (): Promise<void> => {
      const id = `a${ids.length}`
      ids.push(id)
      prevs.push((await commands.append(id, frame, cap)).prev)
    }
    const appendSome = async (): Promise<void> => {
      for (let index = 0; index < 50; index++) await appendOne()
    }
    // Many at once, each followed by the next as soon as its reply is in, while the server forgets again and again.
    const forgetful = (async () => {
      for (let index = 0; index < 20; index++) await admin.script('FLUSH')
    })()
    await Promise.all([...Array.from({ length: 16 }, appendSome), forgetful])
    const { entries } = await commands.readPage('-', 10_000)
    expect(entries.map(({ position }) => position.appendId)).toEqual(ids)
    expect(prevs).toHaveLength(ids.length)
  })

  it('are sent again for every kind of call', async () => {
    const { commands } = openCommands()
    await commands.opened()
    await admin.script('FLUSH')
    expect((await commands.stand('marker', cap))?.position.appendId).toBe('marker')
    await admin.script('FLUSH')
    expect(await commands.lookup([{ streamId: '1-1', appendId: 'x' }])).toEqual(['below'])
    await admin.script('FLUSH')
    await commands.saveCursor('name', '1-1@a', false)
    expect(await commands.loadCursor('name')).toBe('1-1@a')
  })
})

describe('a lent client', () => {
  it.each(clients)('is only the configuration: it may be closed, and is left alone (%s)', async (_, lend) => {
    const lent = lend(server.url)
    const { commands, listener } = openCommands(lent)
    const { feed, listener: feedListener } = openFeed(lent)
    await Promise.all([listener.reached('up'), feedListener.reached('up')])
    expect(lent.status).toBe('wait')
    lent.disconnect()
    expect(await commands.append('one', frame, cap)).toMatchObject({ receivers: 1 })
    commands.reconnect()
    await listener.reached('up', 2)
    expect(await commands.inspect({ streamId: '1-1', appendId: 'x' })).toMatchObject({ added: 1, length: 1 })
    await feed.ping()
  })

  it('may be set to the reply shapes of RESP3', async () => {
    const lent = new Redis(server.url, { lazyConnect: true, replyMapping: 'resp3' })
    const { commands } = openCommands(lent)
    await commands.opened()
    await commands.append('one', frame, cap)
    expect(await commands.inspect({ streamId: '1-1', appendId: 'x' })).toMatchObject({ added: 1, length: 1 })
  })
})

it('keeps to the database of its URL', async () => {
  const { commands } = openCommands(`${server.url}/3`)
  await commands.opened()
  await commands.append('one', frame, cap)
  expect(await admin.exists(`{${channel}}:stream`)).toBe(0)
})

it('never makes the key that it probes with', async () => {
  const { commands } = openCommands()
  await commands.opened()
  await commands.append('one', frame, cap)
  expect((await admin.keys(`*${channel}*`)).sort()).toEqual([`{${channel}}:last`, `{${channel}}:stream`])
})
