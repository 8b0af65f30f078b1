import { afterEach, beforeEach, expect, test } from 'vitest'
import { Administration } from '../../src/log/admin/administration.js'
import { openOnce } from '../../src/log/open-log.js'
import { systemRuntime } from '../../src/support/runtime.js'
import { LiveFleet } from '../support/live-fleet.js'
import { freePort } from '../support/redis-server.js'
import { serverIsAtLeast } from '../support/server-version.js'

let fleet: LiveFleet
const opened: Administration[] = []

beforeEach(async () => {
  fleet = await LiveFleet.start()
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()))
  await fleet.stop()
})

async function open(user?: string, runtime = systemRuntime): Promise<Administration> {
  const url = user === undefined ? fleet.server.url : fleet.server.url.replace('//', `//${user}:secret@`)
  const administration = await openOnce((listener) =>
    Administration.connect(url, { channel: fleet.channel, runtime }, listener),
  )
  opened.push(administration)
  return administration
}

const acl = (user: string, ...rules: string[]): Promise<unknown> =>
  fleet.redis.call('ACL', 'SETUSER', user, 'reset', 'on', '>secret', 'resetchannels', ...rules)

test('reads the server, its settings and its clock', async () => {
  const administration = await open()
  const [info, settings, clock] = await Promise.all([
    administration.info(),
    administration.settings(['maxmemory-policy', 'timeout', 'no-such-setting']),
    administration.clock(),
  ])
  expect(info.value?.get('role')).toBe('master')
  expect(Object.fromEntries(settings.value ?? [])).toEqual({ 'maxmemory-policy': 'noeviction', timeout: '0' })
  expect(Math.abs((clock.value?.serverMs ?? 0) - (clock.value?.localMs ?? 0))).toBeLessThan(1_000)
})

test('takes the clock that was handed in for ours', async () => {
  const administration = await open(undefined, { ...systemRuntime, now: () => Date.now() + 60_000 })
  const { value } = await administration.clock()
  expect((value?.localMs ?? 0) - (value?.serverMs ?? 0)).toBeGreaterThan(55_000)
})

test('finds nothing where there is no log yet', async () => {
  const administration = await open()
  expect(await administration.snapshot(10)).toEqual({ value: { last: undefined, stream: undefined, newest: [] } })
  expect(await administration.streamBytes()).toEqual({ value: 0 })
  expect(await administration.deadLetterCount()).toEqual({ value: 0 })
  expect(await administration.listeners()).toEqual({ value: 0 })
  expect((await administration.cursors()).value?.size).toBe(0)
  const states = await administration.keyStates()
  expect(new Set(states.value?.map(({ type }) => type))).toEqual(new Set(['none']))
})

test('reads the log, its newest entries oldest first, and who listens', async () => {
  await fleet.follow()
  const publisher = await fleet.publisher()
  for (const id of ['1', '2', '3']) await publisher.invalidate('user', id)
  await fleet.redis.hset(`{${fleet.channel}}:cursors`, 'orders', '1-1@abc')
  const administration = await open()
  const { value } = await administration.snapshot(2)
  expect(value?.newest).toHaveLength(2)
  expect(value?.newest.map(({ fields }) => fields[5])).toEqual([
    expect.stringContaining('"entity_id":"2"'),
    expect.stringContaining('"entity_id":"3"'),
  ])
  expect(value?.newest.at(-1)?.fields[1]).toBe(value?.last)
  expect(value?.stream?.last?.position.appendId).toBe(value?.last)
  expect((await administration.streamBytes()).value).toBeGreaterThan(100)
  expect(await administration.listeners()).toEqual({ value: 1 })
  expect((await administration.cursors()).value?.get('orders')).toBe('1-1@abc')
  expect((await administration.keyStates()).value).toContainEqual({
    key: `{${fleet.channel}}:stream`,
    type: 'stream',
    expected: 'stream',
  })
})

test('reads the log of a server whose memory is full', async () => {
  const publisher = await fleet.publisher()
  await publisher.invalidate('user', '1')
  const administration = await open()
  await fleet.redis.config('SET', 'maxmemory', '1')
  expect((await administration.snapshot(10)).value?.newest).toHaveLength(1)
  expect(await administration.missingRights()).toEqual({ value: [] })
})

test('keeps the reason of what is refused, and goes on', async () => {
  await acl('blind', '~*', '&*', '+@all', '-info', '-config', '-memory')
  const administration = await open('blind')
  const refused = [administration.info(), administration.settings(['timeout']), administration.streamBytes()]
  for (const fact of await Promise.all(refused)) {
    expect(fact.value).toBeUndefined()
    expect(fact.reason).toContain('NOPERM')
  }
  expect((await administration.clock()).value?.serverMs).toBeGreaterThan(0)
})

test('keeps the reason where a key holds another type', async () => {
  await fleet.redis.set(`{${fleet.channel}}:stream`, 'text')
  const administration = await open()
  expect((await administration.snapshot(10)).reason).toContain('WRONGTYPE')
  expect((await administration.keyStates()).value).toContainEqual({
    key: `{${fleet.channel}}:stream`,
    type: 'string',
    expected: 'stream',
  })
})

/** Servers before Redis 7 can't be asked what another user may do. */
const knowsDryRun = await serverIsAtLeast(7)
const askers: [how: string, asked: 'itself' | 'another'][] = [['by trial, without the right to ask', 'itself']]
if (knowsDryRun) askers.push(['by asking for another user', 'another'])

test.each(askers)('finds the rights that a user lacks %s, and changes nothing', async (_, asked) => {
  const { channel } = fleet
  const user = `limited-${asked}`
  await acl(user, `~{${channel}}:stream`, `~{${channel}}:last`, '+@all', '-xadd', '-eval', '-acl', '-discard')
  const administration = asked === 'itself' ? await open(user) : await open()
  const missing = await administration.missingRights(asked === 'itself' ? undefined : user)
  const names = missing.value?.map(({ role, command: [name, first] }) => `${role}: ${name} ${first ?? ''}`.trim())
  const cursors = `{${channel}}:cursors`
  const scripts = (role: string): string[] => [`${role}: EVALSHA ${'0'.repeat(40)}`, `${role}: EVAL return 1`]
  const register = (role: string): string[] =>
    ['HSET', 'HLEN', 'HGETALL', 'HDEL', 'PTTL', 'PEXPIRE'].map((name) => `${role}: ${name} {${channel}}:${role}s`)
  expect(names).toEqual([
    'publisher: EVAL return 1',
    `publisher: XADD {${channel}}:stream`,
    `publisher: PUBLISH ${channel}`,
    ...scripts('publisher'),
    `publisher: SET {${channel}}:probe`,
    ...scripts('publisher'),
    ...register('publisher'),
    `subscriber: SUBSCRIBE ${channel}`,
    'subscriber: EVAL return 1',
    `subscriber: XADD {${channel}}:stream`,
    `subscriber: HGETALL {${channel}}:publishers`,
    ...scripts('subscriber'),
    ...['HGET', 'HSET'].map((name) => `subscriber: ${name} ${cursors}`),
    ...['XADD', 'XRANGE', 'XDEL'].map((name) => `subscriber: ${name} {${channel}}:dead`),
    ...scripts('subscriber'),
    ...register('subscriber'),
  ])
  expect(await fleet.redis.keys('*')).toEqual([])
})

test('tries nothing out where transactions are refused', async () => {
  await acl('single', '~*', '&*', '+@all', '-multi')
  const publisher = await fleet.publisher()
  await publisher.invalidate('user', '1')
  const administration = await open('single')
  const missing = await administration.missingRights()
  expect(missing.value?.map(({ command }) => command)).toEqual([['MULTI']])
  expect(await fleet.redis.xlen(`{${fleet.channel}}:stream`)).toBe(1)
})

test('finds that transactions can be begun and not be run', async () => {
  await acl('queues', '~*', '&*', '+@all', '-exec')
  const administration = await open('queues')
  const missing = await administration.missingRights()
  expect(missing.value?.map(({ command }) => command)).toEqual([['EXEC']])
  expect((await administration.info()).value?.get('role'), 'what is asked next is answered').toBe('master')
})

test('misses no right of a user who may do everything, and none of them takes effect', async () => {
  const { handled } = await fleet.follow({}, { announce: false })
  const publisher = await fleet.publisher({ announce: false })
  await publisher.invalidate('user', '1')
  const state = async (): Promise<unknown> => {
    const keys = (await fleet.redis.keys('*')).sort()
    return Promise.all(keys.map(async (key) => [key, await fleet.redis.call('DUMP', key)]))
  }
  const before = await state()
  const administration = await open()
  expect(await administration.missingRights()).toEqual({ value: [] })
  if (knowsDryRun) expect(await administration.missingRights('default')).toEqual({ value: [] })
  expect(await state()).toEqual(before)
  await publisher.invalidate('user', '2')
  await handled.has('2')
  expect(handled.names).toEqual(['1', '2'])
})

test('rejects where the server can not be reached, and where it refuses us', async () => {
  const port = await freePort()
  const nowhere = openOnce((listener) => Administration.connect(`redis://127.0.0.1:${port}`, {}, listener))
  await expect(nowhere).rejects.toMatchObject({ kind: 'disconnected' })
  await expect(open('nobody')).rejects.toMatchObject({ kind: 'refused' })
})
