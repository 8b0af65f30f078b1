import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { InvalidationPublisher } from '../../src/publisher/publisher.js'
import { LiveFleet } from '../support/live-fleet.js'
import { type CommandOptions, type CommandResult, runCommand, RunningCommand } from '../support/running-command.js'

let fleet: LiveFleet
let channel: string
let publisher: InvalidationPublisher
let folder: string

beforeAll(async () => {
  fleet = await LiveFleet.start()
  folder = await mkdtemp(join(tmpdir(), 'cache-invalidation-replay-'))
})

beforeEach(async () => {
  channel = `${fleet.channel}:${Math.random().toString(36).slice(2)}`
  publisher = await fleet.publisher({ channel, packing: false })
})

afterAll(async () => {
  await fleet.stop()
  await rm(folder, { recursive: true })
})

function replay(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  return runCommand(['replay', ...args, '--channel', channel, '--redis', fleet.server.url], options)
}

/** Publishes one user after another; resolves to where they stand. */
async function publishUsers(...ids: string[]): Promise<string[]> {
  const receipts = []
  for (const id of ids) receipts.push(await publisher.invalidate('user', id))
  return receipts.map(({ position }) => position)
}

function fieldOf(stdout: string, field: string): unknown[] {
  const objects = stdout.split('\n').filter((line) => line !== '')
  return objects.map((line) => (JSON.parse(line) as Record<string, unknown>)[field])
}

test('what was published between two points is printed, the points included', async () => {
  const positions = await publishUsers('1', '2', '3', '4')
  const [, second = '', third = ''] = positions
  const { exitCode, stdout, stderr } = await replay(['--from', second, '--to', third, '--json'])
  expect(exitCode).toBe(0)
  expect(fieldOf(stdout, 'entityId')).toEqual(['2', '3'])
  expect(fieldOf(stdout, 'position')).toEqual([second, third])
  expect(stderr).toBe('replayed 2 messages, read 2 entries\n')
  const lines = await replay(['--from', '1h'])
  expect(lines.stdout).toMatch(/^\S+Z {2}delete {3}test +user:1\n(.*\n){2}.*user:4\n$/)
  expect((await replay(['--from', '0', '--to', '1h'])).stdout).toBe('')
})

test('more than a page is read to the end, each entry once, and filters hold', async () => {
  const ids = Array.from({ length: 2_500 }, (_, index) => String(index))
  await Promise.all(ids.map((id) => publisher.invalidate('user', id)))
  const all = await replay(['--from', '0', '--json'])
  expect(fieldOf(all.stdout, 'entityId')).toEqual(ids)
  const some = await replay(['--from', '0', '--json', '--key', 'user:249?'])
  expect(fieldOf(some.stdout, 'entityId')).toEqual(ids.slice(2_490))
  expect(some.stderr).toBe('replayed 10 messages, read 2,500 entries\n')
})

test('tags are replayed as they were published, and filtered by their type on the wire', async () => {
  await publishUsers('1')
  await publisher.invalidateTag('tenant:42', { mode: 'expire' })
  const { stdout } = await replay(['--from', '0', '--type', 'cache-tag', '--json'])
  expect(JSON.parse(stdout)).toMatchObject({ action: 'tag', tags: ['tenant:42'], tagMode: 'expire' })
  expect(fieldOf(stdout, 'mode')).toEqual([undefined])
  expect((await replay(['--from', '0'])).stdout).toMatch(/user:1\n\S+Z {2}tag {6}test +tenant:42 \(expire\)\n$/)
})

test('messages packed into one entry are replayed one by one', async () => {
  const packing = await fleet.publisher({ channel })
  await Promise.all(['1', '2', '3'].map((id) => packing.invalidate('user', id)))
  const { stdout, stderr } = await replay(['--from', '0', '--json'])
  expect(fieldOf(stdout, 'entityId')).toEqual(['1', '2', '3'])
  expect(stderr).toMatch(/^replayed 3 messages, read [12] entr/)
})

test('a blank --exec is refused, and not taken for none', async () => {
  const { exitCode, stdout, stderr } = await replay(['--from', '0', '--exec', ' '])
  expect(exitCode).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toContain('--exec')
})

test('--exec hands each message to a command, one at a time, and shows what that prints', async () => {
  await publishUsers('1', '2', '3')
  const file = join(folder, 'handed')
  const command = `echo begin >>${file}; cat >>${file}; echo end >>${file}; echo out; echo err >&2`
  const { exitCode, stdout, stderr } = await replay(['--from', '0', '--exec', command])
  expect(exitCode).toBe(0)
  const handed = (await readFile(file, 'utf8')).trimEnd().split('\n')
  expect(handed.filter((_, index) => index % 3 !== 1)).toEqual(['begin', 'end', 'begin', 'end', 'begin', 'end'])
  expect(JSON.parse(handed[4] ?? '')).toMatchObject({ action: 'delete', entityType: 'user', entityId: '2' })
  expect(stdout).toBe('out\n'.repeat(3))
  expect(stderr).toBe(`${'err\n'.repeat(3)}replayed 3 messages, read 3 entries\n`)
})

test('--exec stops at the first failure and says from where to go on; --keep-going goes on', async () => {
  const [, second = ''] = await publishUsers('1', '2', '3')
  const command = `grep --quiet --invert-match '"entityId":"2"'`
  const stopped = await replay(['--from', '0', '--exec', command])
  expect(stopped.exitCode).toBe(1)
  expect(stopped.stderr).toMatch(
    /^error: the command ended with 1 for message \S+; --from (\S+) begins with it again$/m,
  )
  expect(stopped.stderr).toContain(second)
  expect(stopped.stderr).toMatch(/replayed 1 message, read 2 entries, 1 command failed\n$/)
  const went = await replay(['--from', '0', '--keep-going', '--exec', command])
  expect(went.exitCode).toBe(1)
  expect(went.stderr).toMatch(/replayed 2 messages, read 3 entries, 1 command failed\n$/)
})

test('a command that does not read its message, or is killed, is judged by how it ends', async () => {
  await publisher.publish({ action: 'delete', entityType: 'user', entityId: '1', metadata: 'x'.repeat(200_000) })
  expect((await replay(['--from', '0', '--exec', 'true'])).exitCode).toBe(0)
  const { exitCode, stderr } = await replay(['--from', '0', '--exec', 'kill -9 $$'])
  expect(exitCode).toBe(1)
  expect(stderr).toContain('the command was ended by SIGKILL')
})

test('an interruption ends the command that runs, and the replay with 130', async () => {
  await publishUsers('1')
  const command = new RunningCommand(
    ['replay', '--from', '0', '--exec', 'echo began; exec sleep 60', '--channel', channel, '--redis', fleet.server.url],
    {},
  )
  await command.printed(({ stdout }) => stdout === 'began\n')
  command.interrupt()
  expect(await command.ended()).toMatchObject({ exitCode: 130, stderr: '' })
})

test('what is trimmed before the range is told of, and what is gone from its middle is a failure', async () => {
  const positions = await publishUsers('1', '2', '3', '4')
  const [first = '', , third = ''] = positions.map((position) => position.split('@')[0] ?? '')
  const stream = `{${channel}}:stream`
  await fleet.redis.xdel(stream, first)
  const trimmed = await replay(['--from', '0', '--json'])
  expect(trimmed.exitCode).toBe(0)
  expect(trimmed.stderr).toMatch(/^warning: the log begins at .* may have been in this range$/m)
  await fleet.redis.xdel(stream, third)
  const broken = await replay(['--from', '0', '--json'])
  expect(fieldOf(broken.stdout, 'entityId')).toEqual(['2', '4'])
  expect(broken.exitCode).toBe(1)
  expect(broken.stderr).toMatch(/^warning: entries between \S+ and \S+ are gone/m)
})

test('an entry that can not be read is reported and left out, and ends it with 1', async () => {
  await publishUsers('1')
  await fleet.redis.xadd(`{${channel}}:stream`, '*', 'a', 'odd', 'p', '', 'm', '{"action":"\u001b[2J"}')
  const { stdout, stderr, exitCode } = await replay(['--from', '0', '--json'])
  expect(exitCode).toBe(1)
  expect(fieldOf(stdout, 'entityId')).toEqual(['1'])
  expect(stderr).toContain("can't be read in full")
  expect(stderr).not.toContain('\u001b')
})

test.each([
  [[], "required option '--from <point>' not specified"],
  [['--from', 'yesterday'], 'Expected how long ago'],
  [['--from', '5m', '--to', '10m'], 'Expected --to to lie behind --from'],
])('replay with %j ends with 2', async (args, reason) => {
  const { exitCode, stderr } = await replay(args)
  expect(exitCode).toBe(2)
  expect(stderr).toContain(reason)
})
