import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { version } from '../../src/support/version.js'
import { LiveFleet, type LiveFollower } from '../support/live-fleet.js'
import { Replica } from '../support/replica.js'
import { type CommandResult, runCommand, RunningCommand } from '../support/running-command.js'

let fleet: LiveFleet
let follower: LiveFollower

beforeAll(async () => {
  fleet = await LiveFleet.start()
  follower = await fleet.follow()
})

afterAll(async () => {
  await fleet.stop()
})

function run(...args: string[]): Promise<CommandResult> {
  return runCommand([...args, '--channel', fleet.channel], { env: { REDIS_URL: fleet.server.url } })
}

test.each([
  ['publish user 123', { action: 'delete', entityType: 'user', entityId: '123', sourceService: 'cli' }],
  ['publish session a:b --update', { action: 'update', entityType: 'session', entityId: 'a:b' }],
  ['publish user 7 --service migration', { action: 'delete', entityId: '7', sourceService: 'migration' }],
  ['pattern feed:*', { action: 'pattern', pattern: 'feed:*', sourceService: 'cli' }],
  ['batch user:1 feed:2', { action: 'batch', cacheKeys: ['user:1', 'feed:2'] }],
  ['tag tenant:42', { action: 'tag', tags: ['tenant:42'], sourceService: 'cli' }],
  ['tag posts tenant:42 --mode expire', { action: 'tag', tags: ['posts', 'tenant:42'], mode: 'expire' }],
])('`%s` reaches subscribers, and prints where it stands', async (line, expected) => {
  const { exitCode, stdout, stderr } = await run(...line.split(' '))
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  const [, position = '', receivers] = /^published .* {2}position (\S+) {2}receivers (\d+)\n$/.exec(stdout) ?? []
  expect(receivers).toBe('1')
  await follower.subscription.waitFor(position)
  expect(follower.handled.messages.at(-1)).toMatchObject(expected)
})

test('a built-in type in another case is refused, and a key without a type is published with a warning', async () => {
  const refused = await run('publish', 'User', '123')
  expect(refused).toMatchObject({ exitCode: 2, stdout: '' })
  expect(refused.stderr).toContain("error: Expected 'user', got 'User'")
  const warned = await run('batch', '42', 'user:1', '43')
  expect(warned.exitCode).toBe(0)
  expect(warned.stderr).toMatch(/^warning: Expected the keys of a batch to be cache keys in full.* got "42".*\n$/)
})

test('with --json the receipt is an object', async () => {
  const { stdout } = await run('publish', 'user', '9', '--json')
  const receipt: unknown = JSON.parse(stdout)
  expect(receipt).toEqual({
    messageId: expect.stringMatching(/^[\da-f-]{36}$/) as string,
    position: expect.stringMatching(/^\d+-\d+@[\w-]+$/) as string,
    receivers: 1,
  })
})

test('a log that is longer than what it is capped to is trimmed only with --max-entries', async () => {
  const stream = `{${fleet.channel}}:stream`
  const publisher = await fleet.publisher({ packing: false })
  await Promise.all(Array.from({ length: 300 }, (_, index) => publisher.invalidate('user', String(index))))
  const before = await fleet.redis.xlen(stream)
  await run('publish', 'user', '1')
  expect(await fleet.redis.xlen(stream)).toBe(before + 1)
  await run('publish', 'user', '1', '--max-entries', '10')
  expect(await fleet.redis.xlen(stream)).toBeLessThan(before)
})

test('where the channel is refused the message is published, with a warning', async () => {
  await fleet.redis.call('acl', 'setuser', 'mute', 'on', '>secret', '~*', 'resetchannels', '+@all')
  const { port } = fleet.server
  const { exitCode, stderr } = await run('publish', 'user', '1', '--redis', `redis://mute:secret@127.0.0.1:${port}`)
  expect(exitCode).toBe(0)
  expect(stderr).toMatch(/^warning: the server does not let this user publish on the channel/)
})

test.each([
  ['a server that is away', () => 'redis://:secret@127.0.0.1:1', 'ECONNREFUSED'],
  ['a host there is none of', () => 'redis://user:secret@no-such-host.invalid', 'no-such-host.invalid'],
  ['a wrong password', () => `redis://nobody:secret@127.0.0.1:${fleet.server.port}`, 'WRONGPASS'],
])('%s ends it with 3, at once, and the password is not shown', async (_title, url, reason) => {
  const { exitCode, stdout, stderr } = await run('publish', 'user', '1', '--redis', url())
  expect(exitCode).toBe(3)
  expect(stdout).toBe('')
  expect(stderr).toContain(reason)
  expect(stderr).not.toContain('secret')
})

test('Ctrl-C ends it with 130, at once, where the server takes the connection and says nothing', async () => {
  const mute = createServer().listen(0, '127.0.0.1')
  const [connected] = [once(mute, 'connection'), await once(mute, 'listening')]
  const { port } = mute.address() as AddressInfo
  const command = new RunningCommand(['publish', 'user', '1', '--redis', `redis://127.0.0.1:${port}`], {})
  await connected
  command.interrupt()
  // An attempt to connect that is not answered is given up only after 5 s.
  expect(await command.ended(4_000)).toMatchObject({ exitCode: 130, stdout: '' })
  mute.close()
})

test('a read-only replica ends it with 3, at once', async () => {
  const replica = await Replica.of(fleet.server)
  try {
    const command = new RunningCommand(['publish', 'user', '1', '--redis', replica.server.url], {})
    const { exitCode, stderr } = await command.ended(3_000)
    expect(exitCode).toBe(3)
    expect(stderr).toContain('connect to the primary')
  } finally {
    await replica.stop()
  }
})

test.each([
  [['publish', 'user'], "missing required argument 'id'"],
  [['publish', 'user', ''], 'entityId'],
  [['publish', 'pattern', 'feed:*'], '`cache-invalidation pattern …` publishes a pattern'],
  [['publish', 'tag', 'tenant:42'], '`cache-invalidation tag …` publishes a tag'],
  [['tag', 'tenant:42', '--mode', 'soft'], 'Allowed choices are evict, expire'],
  [['tag', ''], '`tags` to be a string that is not empty'],
  [['publish', 'user', '1', '--max-entries', '0'], 'Expected a whole number from 1'],
  [['publish', 'user', '1', '--redis', '//:secret@host'], 'Expected `redis` to be a URL'],
  [['publish', 'user', '1', '--channel', ''], 'Expected `channel`'],
  [['publish', 'user', '1', '--tls-ca', '/no/such/file'], "can't be read"],
  [['publish', 'user', '1', '--tls-ca', 'package.json'], 'Expected a URL that asks for TLS'],
  [['publish', 'user', '1', '--tls-cert', 'package.json'], 'Expected --tls-cert and --tls-key together'],
  [['publsh', 'user', '1'], '(Did you mean publish?)'],
  [['publish', 'user', '1', '--bogus'], "unknown option '--bogus'"],
])('%j ends with 2 and says why', async (args, reason) => {
  const { exitCode, stdout, stderr } = await runCommand(args, { env: { REDIS_URL: fleet.server.url } })
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  expect(stderr).toContain(reason)
  expect(stderr).not.toContain('secret')
})

test('an empty REDIS_URL counts as none', async () => {
  const { exitCode, stderr } = await runCommand(['publish', 'user', '1', '--redis', ''], { env: { REDIS_URL: '' } })
  expect(exitCode).toBe(2)
  expect(stderr).toContain('got ""')
})

test('help and version end with 0, on stdout', async () => {
  expect(await runCommand(['--version'])).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' })
  const { exitCode, stdout, stderr } = await runCommand(['publish', '--help'])
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(stdout).toContain('$ cache-invalidation publish user 123')
  expect(stdout).toContain('--redis <url>')
})
