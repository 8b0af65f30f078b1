import { describe, expect, it } from 'vitest'
import { until, within } from '../support/latch.js'
import { basics, clients, failureOf, RedisLogFixture } from '../support/redis-log-fixture.js'

const redis = RedisLogFixture.use()
const frame = '{"message_id":"m1"}'
const retention = { maxEntries: 100_000, maxBytes: 2 ** 40, maxAgeMs: undefined }

describe('a server that hangs', () => {
  it('makes calls reject at the deadline, and their connections new ones', async () => {
    const { commands, listener } = redis.openCommands(redis.server.url, 300)
    const { feed, listener: feedListener } = redis.openFeed(redis.server.url, 300)
    await Promise.all([listener.reached('up'), feedListener.reached('up')])
    redis.server.pause()
    const started = performance.now()
    const calls = [commands.append('one', frame, retention), commands.head(), commands.readPage('-', 10), feed.ping()]
    for (const error of await Promise.all(calls.map(failureOf))) {
      expect(error).toMatchObject({ code: 'REDIS', kind: 'timeout' })
      expect(error.message).toContain(`127.0.0.1:${redis.server.port}`)
    }
    expect(performance.now() - started).toBeGreaterThanOrEqual(290)
    expect(performance.now() - started).toBeLessThan(5_000)
    expect([listener.events, feedListener.events]).toEqual([
      ['up', 'down'],
      ['up', 'down'],
    ])
    // The socket of a stopped process still accepts: the attempts to connect must not hang either.
    await Promise.all([listener.reached('error', 2), feedListener.reached('error', 2)])
    expect(listener.errors.at(-1)).toMatchObject({ kind: 'timeout' })
    redis.server.resume()
    await Promise.all([listener.reached('up', 2), feedListener.reached('up', 2)])
    expect(await commands.append('two', frame, retention)).toMatchObject({ receivers: 1 })
    await feed.ping()
  })

  it('lets a call that had time left reject as disconnected, not as late', async () => {
    const { commands, listener } = redis.openCommands(redis.server.url, 300)
    await listener.reached('up')
    redis.server.pause()
    const early = failureOf(commands.head())
    const late = failureOf(commands.waitReplicas(1, 60_000))
    expect(await early).toMatchObject({ kind: 'timeout' })
    expect(await late).toMatchObject({ kind: 'disconnected' })
  })

  it('is not taken for one because this process was busy while the reply came', async () => {
    const { commands, listener } = redis.openCommands(redis.server.url, 200)
    await listener.reached('up')
    const reply = commands.append('one', frame, retention)
    await new Promise((resolve) => process.nextTick(resolve))
    const busyUntil = performance.now() + 400
    while (performance.now() < busyUntil);
    expect(await reply).toMatchObject({ prev: '' })
    expect(listener.events).toEqual(['up'])
  })

  it('does not keep `opened` waiting', async () => {
    redis.server.pause()
    const { commands, listener } = redis.openCommands(redis.server.url, 200)
    const { feed } = redis.openFeed(redis.server.url, 200)
    await within(Promise.all([commands.opened(), feed.opened()]), 10_000, 'opened')
    expect(listener.errors[0]).toMatchObject({ kind: 'timeout' })
    expect(commands.up).toBe(false)
  })

  it('does not keep `close` waiting', async () => {
    const { commands, listener } = redis.openCommands()
    await listener.reached('up')
    redis.server.pause()
    const pending = failureOf(commands.head())
    await within(commands.close(), 10_000, 'close')
    expect(await pending).toMatchObject({ kind: 'disconnected' })
  })
})

describe('a connection that is lost', () => {
  it.each(clients)('rejects all that is pending at once (%s)', async (_, lend) => {
    const { commands, listener } = redis.openCommands(lend(redis.server.url))
    const { feed, listener: feedListener } = redis.openFeed(lend(redis.server.url))
    await Promise.all([listener.reached('up'), feedListener.reached('up')])
    redis.server.pause()
    const calls = [
      commands.append('one', frame, retention),
      commands.anchor('s', retention),
      commands.readPage('-', 1),
      feed.ping(),
    ]
    const failures = Promise.all(calls.map(failureOf))
    await redis.server.kill()
    for (const error of await within(failures, 10_000, 'rejections')) {
      expect(error).toMatchObject({ code: 'REDIS', kind: 'disconnected' })
    }
    await redis.server.restart()
    await Promise.all([listener.reached('up', 2), feedListener.reached('up', 2)])
  })

  it('leaves nothing open once it is closed', async () => {
    const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
    // The connection of the test itself, which may still be on its way back, must not be counted as ours.
    await redis.admin.ping()
    const before = sockets()
    const { commands, listener } = redis.openCommands()
    const { feed, listener: feedListener } = redis.openFeed()
    await Promise.all([listener.reached('up'), feedListener.reached('up')])
    expect(sockets()).toBe(before + 2)
    commands.reconnect()
    await Promise.all([commands.close(), feed.close()])
    expect(sockets()).toBe(before)
  })
})

it('counts a feed as up only when SUBSCRIBE has been acknowledged, and takes no message before', async () => {
  const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`
  const message = (text: string): string => `*3\r\n${bulk('message')}${bulk(redis.channel)}${bulk(text)}`
  const fake = await redis.startFake((asked) => (asked[0] === 'subscribe' ? undefined : basics(asked)))
  const { listener } = redis.openFeed(fake.url)
  await until(() => fake.commands.some(([name]) => name === 'subscribe'), 10_000, 'SUBSCRIBE')
  expect(listener.events).toEqual([])
  fake.send(`*3\r\n${bulk('subscribe')}${bulk(redis.channel)}:1\r\n${message('early')}`)
  await listener.reached('up')
  fake.send(message('late'))
  expect(await listener.received(1)).toEqual(['late'])
})
