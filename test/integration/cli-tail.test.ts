import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { deleteMessage } from '../../src/message/create-message.js'
import type { InvalidationPublisher } from '../../src/publisher/publisher.js'
import { encodeMessage } from '../support/encode-message.js'
import { LiveFleet } from '../support/live-fleet.js'
import { RunningCommand } from '../support/running-command.js'

let fleet: LiveFleet
let publisher: InvalidationPublisher
let channel: string
let running: RunningCommand[] = []

beforeAll(async () => {
  fleet = await LiveFleet.start()
})

beforeEach(async () => {
  channel = `${fleet.channel}:${Math.random().toString(36).slice(2)}`
  publisher = await fleet.publisher({ channel })
})

afterEach(async () => {
  for (const command of running) command.interrupt()
  await Promise.all(running.map((command) => command.ended()))
  running = []
})

afterAll(async () => {
  await fleet.stop()
})

/** A `tail` that has begun to listen. */
async function tail(args: readonly string[] = [], url = fleet.server.url): Promise<RunningCommand> {
  const command = new RunningCommand(['tail', ...args, '--channel', channel], { env: { REDIS_URL: url } })
  running.push(command)
  await command.printed(({ stderr }) => stderr.includes('state: live'))
  return command
}

/** Appends invalidations of users as a chain of its own, which continues nothing. */
async function appendUnpublished(ids: readonly string[]): Promise<void> {
  const pipeline = fleet.redis.pipeline()
  ids.forEach((id, index) => {
    const [name, prev] = [`unpublished${id}`, `unpublished${ids[index - 1] ?? ''}`]
    pipeline.xadd(stream(), '*', 'a', name, 'p', prev, 'm', encodeMessage(deleteMessage('user', id, 'test')))
    pipeline.set(`{${channel}}:last`, name)
  })
  await pipeline.exec()
}

const stream = (): string => `{${channel}}:stream`

test('what is published is shown as it comes, and how late it was', async () => {
  await publisher.invalidate('user', '1')
  const command = await tail()
  await publisher.invalidate('user', '123')
  await publisher.invalidatePattern('feed:*')
  await publisher.invalidateBatch(['a:1', 'a:2', 'a:3', 'a:4', 'a:5', 'a:6', 'a:7'])
  await publisher.invalidateTag('tenant:42')
  await publisher.invalidateTag(['posts', 'tenant:42'], { mode: 'expire' })
  await command.printed(({ stdout }) => stdout.split('\n').length === 6)
  const [entity, pattern, batch, tag, tags] = command.stdout.split('\n')
  expect(entity).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z {2}delete +-?[\d.]+ ms {2}live +test +user:123$/)
  expect(pattern).toMatch(/ pattern .* feed:\*$/)
  expect(batch).toMatch(/ batch .* a:1 a:2 a:3 a:4 a:5 and 2 more$/)
  expect(tag).toMatch(/ tag .* tenant:42$/)
  expect(tags).toMatch(/ tag .* posts tenant:42 \(expire\)$/)
})

test('with --json each is an object on a line', async () => {
  await publisher.invalidate('user', '1')
  const command = await tail(['--json'])
  const { position, messageId } = await publisher.publish({
    action: 'update',
    entityType: 'session',
    entityId: 'x',
    metadata: { by: 'me' },
  })
  await command.printed(({ objects }) => objects.length === 1)
  expect(command.objects).toEqual([
    {
      action: 'update',
      entityType: 'session',
      entityId: 'x',
      metadata: { by: 'me' },
      sourceService: 'test',
      timestamp: expect.stringMatching(/Z$/) as string,
      lateMs: expect.any(Number) as number,
      messageId,
      position,
      mode: 'live',
    },
  ])
})

test('--since begins in the past and goes on live, each message once', async () => {
  for (const id of ['1', '2', '3']) await publisher.invalidate('user', id)
  const { position } = await publisher.invalidate('user', '4')
  await publisher.invalidate('user', '5')
  const all = await tail(['--since', '10m', '--json'])
  const some = await tail(['--since', position, '--json'])
  await publisher.invalidate('user', '6')
  await all.printed(({ objects }) => objects.length === 6)
  await some.printed(({ objects }) => objects.length === 3)
  const seen = (command: RunningCommand): unknown[] =>
    command.objects.map((object) => (object as Record<string, unknown>).entityId)
  expect(seen(all)).toEqual(['1', '2', '3', '4', '5', '6'])
  expect(seen(some)).toEqual(['4', '5', '6'])
  expect(all.objects.map((object) => (object as Record<string, unknown>).mode)).toEqual([
    ...Array<string>(5).fill('replay'),
    'live',
  ])
})

test('filters say what is shown, and --count when it ends', async () => {
  const command = await tail(['--type', 'user', '--key', 'user:1*', '--service', 'test', '--count', '2', '--json'])
  await publisher.invalidate('user', '2')
  await publisher.invalidate('user', '11')
  await publisher.invalidate('feed', '1')
  await publisher.invalidatePattern('user:*')
  await publisher.invalidate('user', '12')
  expect(await command.ended()).toMatchObject({ exitCode: 0 })
  expect(command.objects).toMatchObject([{ entityId: '11' }, { pattern: 'user:*' }])
})

test('tags are shown with `tagMode`, since `mode` is how they came, and filtered by their keys on the wire', async () => {
  const command = await tail(['--key', 'cache-tag:tenant:*', '--count', '2', '--json'])
  await publisher.invalidate('tenant', '42')
  await publisher.invalidateTag('posts')
  await publisher.invalidateTag(['posts', 'tenant:42'], { mode: 'expire' })
  await publisher.invalidateTag('tenant:42')
  expect(await command.ended()).toMatchObject({ exitCode: 0 })
  const [expiring, evicted] = command.objects
  expect(expiring).toMatchObject({ action: 'tag', tags: ['posts', 'tenant:42'], tagMode: 'expire', mode: 'live' })
  expect(evicted).toMatchObject({ action: 'tag', tags: ['tenant:42'], mode: 'live' })
  expect(evicted).not.toHaveProperty('tagMode')
})

test('an empty log stays empty, and the first message is shown all the same', async () => {
  const command = await tail(['--json'])
  // The publisher is in its register.
  expect(await fleet.redis.keys(`{${channel}}*`)).toEqual([`{${channel}}:publishers`])
  await publisher.invalidate('user', '1')
  await publisher.invalidate('user', '2')
  await command.printed(({ objects }) => objects.length === 2)
  expect(command.objects).toMatchObject([
    { entityId: '1', mode: 'live' },
    { entityId: '2', mode: 'live' },
  ])
  expect(command.stderr).not.toContain('resync')
  expect(await fleet.redis.xlen(stream())).toBe(2)
})

test('it trims nothing, not even where it has to leave a marker', async () => {
  await publisher.invalidate('user', '1')
  const add = "for i = 1, 100500 do redis.call('XADD', KEYS[1], '*', 'a', 'x' .. i, 'p', '', 'm', '{}') end"
  await fleet.redis.eval(add, 1, stream())
  await tail()
  expect(await fleet.redis.xlen(stream())).toBeGreaterThan(100_500)
})

test('it is no member of the fleet', async () => {
  await publisher.invalidate('user', '1')
  await tail()
  const others = [`{${channel}}:last`, `{${channel}}:publishers`, stream()]
  expect((await fleet.redis.keys(`{${channel}}*`)).toSorted()).toEqual(others)
})

test('the right to read is enough', async () => {
  const rights = ['~*', '&*', '+@read', '+@connection', '+@transaction', '+subscribe']
  await fleet.redis.call('acl', 'setuser', 'reader', 'on', '>secret', ...rights)
  const command = await tail(['--json'], `redis://reader:secret@127.0.0.1:${fleet.server.port}`)
  await publisher.invalidate('user', '1')
  await command.printed(({ objects }) => objects.length === 1)
  const since = await tail(['--since', '10m', '--json'], `redis://reader:secret@127.0.0.1:${fleet.server.port}`)
  await since.printed(({ objects }) => objects.length === 1)
})

test('where the log is emptied a resync is told, and what it has since is shown', async () => {
  await publisher.invalidate('user', '1')
  const command = await tail(['--json'])
  await fleet.redis.del(stream(), `{${channel}}:last`)
  await publisher.invalidate('user', '2')
  await command.printed(({ objects }) => objects.length === 1)
  expect(command.objects).toMatchObject([{ entityId: '2' }])
  expect(command.stderr).toContain('resync (log-lost')
})

test('after a resync nothing is shown twice or out of order', async () => {
  const { position } = await publisher.invalidate('user', '1')
  const command = await tail(['--since', position, '--json'])
  // As if an entry between had been deleted; nothing is published, so that a heartbeat finds it.
  await appendUnpublished(['2'])
  await command.printed(({ objects }) => objects.length === 2)
  expect(command.stderr).toContain('resync (deleted')
  await fleet.redis.del(stream(), `{${channel}}:last`)
  const ids = Array.from({ length: 5_000 }, (_, index) => String(index + 3))
  await appendUnpublished(ids.slice(0, 4_900))
  // The first makes it read all that, and the others come meanwhile.
  for (const id of ids.slice(4_900)) await publisher.invalidate('user', id)
  await command.printed(({ objects }) => objects.length >= 5_002, 40_000)
  const shown = command.objects.map((object) => (object as Record<string, unknown>).entityId)
  expect(shown).toEqual(['1', '2', ...ids])
}, 60_000)

test('a range that begins before the log does is told of', async () => {
  await Promise.all(['1', '2', '3'].map((id) => publisher.invalidate('user', id)))
  await publisher.invalidate('user', '4')
  await fleet.redis.xtrim(stream(), 'MAXLEN', 1)
  const command = await tail(['--since', '1h'])
  expect(command.stderr).toMatch(/^warning: the log begins at .* is trimmed, and may have been in this range$/m)
  const later = await tail(['--since', '0ms'])
  expect(later.stderr).not.toContain('warning')
})

test('being interrupted ends it with 130, quietly', async () => {
  const command = await tail()
  command.interrupt()
  const { exitCode, stderr } = await command.ended()
  expect(exitCode).toBe(130)
  expect(stderr).not.toContain('error')
})

test('a server that is away ends it with 3, and one that goes away later is waited for', async () => {
  const own = await LiveFleet.start({ persistence: 'aof' })
  try {
    const ownPublisher = await own.publisher({ channel })
    const command = await tail(['--json'], own.server.url)
    await own.server.kill()
    await command.printed(({ stderr }) => stderr.includes('state: disconnected'))
    const late = new RunningCommand(['tail'], { env: { REDIS_URL: own.server.url } })
    expect(await late.ended()).toMatchObject({ exitCode: 3 })
    await own.server.restart()
    await ownPublisher.invalidate('user', '1')
    await command.printed(({ objects }) => objects.length === 1)
  } finally {
    await own.stop()
  }
})
