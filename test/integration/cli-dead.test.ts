import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { tagMessage } from '../../src/message/create-message.js'
import { encodeMessage } from '../support/encode-message.js'
import { LiveFleet } from '../support/live-fleet.js'
import { type CommandOptions, type CommandResult, runCommand } from '../support/running-command.js'

let fleet: LiveFleet
let channel: string

beforeAll(async () => {
  fleet = await LiveFleet.start()
})

beforeEach(() => {
  channel = `${fleet.channel}:${Math.random().toString(36).slice(2)}`
})

afterAll(async () => {
  await fleet.stop()
})

function dead(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  return runCommand(['dead', ...args, '--channel', channel, '--redis', fleet.server.url], options)
}

/** Lets a handler give up on the invalidations of these users; resolves to the ids of the dead letters. */
async function giveUpOn(...ids: string[]): Promise<string[]> {
  const subscriber = await fleet.subscriber({ channel })
  const letters: string[] = []
  const all = Promise.withResolvers<undefined>()
  const subscription = subscriber.subscribe(
    () => {
      throw new Error('no \u001b[31mdisk')
    },
    { name: 'images', retry: { forMs: 10, minDelayMs: 3_600_000, maxDelayMs: 3_600_000 }, onDeadLetter: 'keep' },
  )
  subscription.on('error', () => undefined)
  subscription.on('deadLetter', ({ id }) => {
    if (letters.push(id) === ids.length) all.resolve(undefined)
  })
  await subscription.caughtUp()
  const publisher = await fleet.publisher({ channel })
  for (const id of ids) await publisher.invalidate('user', id)
  await all.promise
  await subscriber.close()
  return letters
}

test('list shows who gave up on what, and why', async () => {
  const [first = '', second = ''] = await giveUpOn('1', '2')
  const { exitCode, stdout, stderr } = await dead(['list'])
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  const [head = '', line = '', ...rest] = stdout.trimEnd().split('\n')
  expect(head.split(/ +/)).toEqual(['id', 'since', 'subscriber', 'host:pid', 'tries', 'action', 'what', 'error'])
  expect(line).toMatch(
    new RegExp(`^${first}  \\S+Z  images +\\S+:${process.pid} +2  delete  user:1  .*no \\\\u{1b}\\[31mdisk$`),
  )
  expect(rest).toHaveLength(1)
  const json = await dead(['list', '--from', second, '--json'])
  expect(JSON.parse(json.stdout)).toMatchObject({
    id: second,
    subscriber: 'images',
    pid: process.pid,
    tries: 2,
    error: expect.stringContaining('disk') as string,
    message: { action: 'delete', entityType: 'user', entityId: '2', sourceService: 'test' },
  })
})

test('list says when there are none, and when there may be more', async () => {
  expect(await dead(['list'])).toEqual({ exitCode: 0, stdout: '', stderr: 'there are no dead letters\n' })
  await giveUpOn('1', '2')
  const { stdout, stderr } = await dead(['list', '--limit', '1', '--json'])
  expect(stdout.trimEnd().split('\n')).toHaveLength(1)
  expect(stderr).toContain('there may be more')
})

test('show prints one in full, and fails where there is none', async () => {
  const [id = ''] = await giveUpOn('1')
  const { stdout } = await dead(['show', id])
  expect(stdout).toContain(`id          ${id}\n`)
  expect(stdout).toContain('"entityId": "1"')
  expect(stdout).not.toContain('\u001b')
  expect(JSON.parse((await dead(['show', id, '--json'])).stdout)).toMatchObject({ id, message: { entityId: '1' } })
  expect(await dead(['show', '1-1'])).toMatchObject({ exitCode: 1, stdout: '' })
  expect(await dead(['show', 'nonsense'])).toMatchObject({ exitCode: 2, stdout: '' })
  expect(await dead(['show', '18446744073709551616-0'])).toMatchObject({ exitCode: 2, stdout: '' })
})

test('a letter that holds no message is shown as it is', async () => {
  const fields = { message: 'not JSON', error: 'odd', subscriber: 's', tries: '1' }
  const id = await fleet.redis.xadd(`{${channel}}:dead`, '*', ...Object.entries(fields).flat())
  expect((await dead(['list'])).stdout).toContain('not JSON')
  expect((await dead(['show', String(id)])).stdout).toMatch(/^message\nnot JSON$/m)
})

test('a letter about tags is shown with their mode, and redriven as it was', async () => {
  const message = tagMessage(['tenant:42', 'posts'], 'test', { mode: 'expire', metadata: { by: 'me' } })
  const fields = { message: encodeMessage(message), error: 'odd', subscriber: 's', tries: '1' }
  await fleet.redis.xadd(`{${channel}}:dead`, '*', ...Object.entries(fields).flat())
  expect((await dead(['list'])).stdout).toMatch(/ tag +tenant:42 posts \(expire\) +odd$/m)
  const shown: unknown = JSON.parse((await dead(['list', '--json'])).stdout)
  expect(shown).toMatchObject({ message: { action: 'tag', tags: ['tenant:42', 'posts'], tagMode: 'expire' } })
  expect(shown).not.toHaveProperty('message.mode')
  const { subscription, handled } = await fleet.follow({}, { channel })
  expect((await dead(['redrive', '--all'])).exitCode).toBe(0)
  await subscription.caughtUp()
  expect(handled.messages).toEqual([message])
})

test('redrive publishes again what was named, or all, and removes it', async () => {
  const [first = ''] = await giveUpOn('1', '2', '3')
  const { subscription, handled } = await fleet.follow({}, { channel })
  expect(await dead(['redrive', first])).toEqual({ exitCode: 0, stdout: 'redriven 1 dead letter\n', stderr: '' })
  const again = await dead(['redrive', first])
  expect(again.exitCode).toBe(1)
  expect(again.stderr).toContain('1 dead letter of those named did not stand any more')
  expect((await dead(['redrive', '--all', '--json'])).stdout).toBe('{"redriven":2,"failed":0}\n')
  await subscription.caughtUp()
  expect(handled.names).toEqual(['1', '2', '3'])
  expect((await dead(['list'])).stdout).toBe('')
})

test('where it may not publish, redrive fails and leaves them', async () => {
  await giveUpOn('1')
  await fleet.redis.call('acl', 'setuser', 'looker', 'on', '>secret', '~*', '&*', '+@read', '+@connection')
  const redis = `redis://looker:secret@127.0.0.1:${fleet.server.port}`
  const { exitCode, stderr } = await runCommand(['dead', 'redrive', '--all', '--channel', channel, '--redis', redis])
  expect(exitCode).toBe(1)
  expect(stderr).toContain('1 dead letter failed and stand')
  expect((await dead(['list', '--json'])).stdout).not.toBe('')
})

test('purge removes only what a person confirms, or --yes', async () => {
  const [first = ''] = await giveUpOn('1', '2')
  const terminals = ['stdin', 'stderr'] as const
  const declined = await dead(['purge', '--all'], { terminals, stdin: 'n\n' })
  expect(declined).toMatchObject({ exitCode: 1, stdout: '' })
  expect(declined.stderr).toContain(`Remove all dead letters of ${channel} for good? [y/N]`)
  const unasked = await dead(['purge', '--all'])
  expect(unasked).toMatchObject({ exitCode: 2, stdout: '' })
  expect(unasked.stderr).toContain('--yes')
  expect((await dead(['list', '--json'])).stdout.trimEnd().split('\n')).toHaveLength(2)
  expect(await dead(['purge', first], { terminals, stdin: 'y\n' })).toMatchObject({
    exitCode: 0,
    stdout: 'removed 1 dead letter\n',
  })
  expect((await dead(['purge', '--all', '--yes', '--json'])).stdout).toBe('{"purged":1}\n')
  expect((await dead(['list'])).stdout).toBe('')
})

test('a server that is away ends it with 3, and says why', async () => {
  const { exitCode, stderr } = await runCommand(['dead', 'list', '--redis', 'redis://127.0.0.1:1'])
  expect(exitCode).toBe(3)
  expect(stderr).toContain('ECONNREFUSED')
})

test.each([[['redrive']], [['redrive', '1-1', '--all']], [['purge', '--yes']], [['purge', 'x', '--yes']], [[]]])(
  'dead with %j ends with 2',
  async (args) => {
    expect(await dead(args)).toMatchObject({ exitCode: 2, stdout: '' })
  },
)
