import { afterEach, expect, test } from 'vitest'
import type { Finding, Severity } from '../../src/cli/doctor/check.js'
import { checks } from '../../src/cli/doctor/checks.js'
import { stampRecord } from '../../src/log/model/announced.js'
import { logKeys } from '../../src/log/model/keys.js'
import { InvalidationPublisher } from '../../src/publisher/publisher.js'
import { type Announcement, decodeAnnouncement, encodeAnnouncement } from '../../src/subscriber/announcement.js'
import type { SubscriptionEvents } from '../../src/subscriber/subscription-events.js'
import type { Subscription } from '../../src/subscriber/subscription.js'
import { systemRuntime } from '../../src/support/runtime.js'
import { FakeRedis } from '../support/fake-redis.js'
import { nextEvent, until } from '../support/latch.js'
import { LiveFleet } from '../support/live-fleet.js'
import { basics } from '../support/redis-log-fixture.js'
import { freePort, type RedisServerOptions, startRedisServer } from '../support/redis-server.js'
import { Replica } from '../support/replica.js'
import { type CommandOptions, runCommand } from '../support/running-command.js'
import { serverIsAtLeast } from '../support/server-version.js'
import { entriesOnly } from '../support/retention.js'

const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function startFleet(options: RedisServerOptions = {}): Promise<LiveFleet> {
  const fleet = await LiveFleet.start(options)
  cleanups.push(() => fleet.stop())
  return fleet
}

/** What is found that is not fine, as `check: severity`, and the rest of the result. */
async function diagnose(url: string, channel: string, args: readonly string[] = [], options: CommandOptions = {}) {
  const result = await runCommand(['doctor', '--json', '--redis', url, '--channel', channel, ...args], options)
  const report = JSON.parse(result.stdout) as { counts: Record<Severity, number>; findings: readonly Finding[] }
  const bad = report.findings.filter(({ severity }) => severity !== 'ok')
  return { ...result, report, found: [...new Set(bad.map(({ check, severity }) => `${check}: ${severity}`))] }
}

test('finds nothing wrong where all is well', async () => {
  const fleet = await startFleet({ persistence: 'aof' })
  const { handled } = await fleet.follow({ name: 'cache' }, { service: 'orders' })
  const publisher = await fleet.publisher()
  for (const id of ['1', '2', '3']) await publisher.invalidate('user', id)
  await handled.count(3)
  await announced(fleet, ({ state }) => state === 'live')
  const { found, exitCode, report } = await diagnose(fleet.server.url, fleet.channel, ['--strict'])
  expect(found).toEqual([])
  expect(exitCode).toBe(0)
  expect(report.counts).toEqual({ error: 0, warning: 0, unknown: 0, ok: checks.length })
})

test('finds a listener on the crate that misses what is packed, and status counts it', async () => {
  const fleet = await startFleet({ persistence: 'aof' })
  const { handled, subscriber } = await fleet.follow({ name: 'memory' })
  await subscriber.subscribe(() => undefined, { name: 'disk' }).caughtUp()
  for (const name of ['memory', 'disk']) {
    await announced(fleet, (each) => each.name === name && each.state === 'live')
  }
  const crate = fleet.redis.duplicate()
  cleanups.push(() => crate.quit())
  await crate.subscribe(fleet.channel)
  const careful = await fleet.publisher({ packing: false })
  await careful.invalidate('user', '1')
  await handled.count(1)
  expect((await diagnose(fleet.server.url, fleet.channel)).found).toEqual([])
  const publisher = await fleet.publisher()
  await Promise.all(['2', '3', '4'].map((id) => publisher.invalidate('user', id)))
  const { found, report } = await diagnose(fleet.server.url, fleet.channel)
  expect(found).toEqual(['packing: warning'])
  expect(report.findings[0]?.what).toMatch(/^1 of the 2 connections that listen to the channel belong/)
  const status = await runCommand(['status', '--json', '--redis', fleet.server.url, '--channel', fleet.channel])
  expect(JSON.parse(status.stdout)).toMatchObject({ listeners: 2, unregistered: 1 })
})

test('finds a log of the same channel in another database, and changes no connection to it', async () => {
  const fleet = await startFleet({ persistence: 'aof' })
  const { handled } = await fleet.follow({ name: 'cache' }, { service: 'orders' })
  const publisher = await fleet.publisher()
  await publisher.invalidate('user', '1')
  await handled.count(1)
  const staging = await InvalidationPublisher.connect(`${fleet.server.url}/1`, 'staging', { channel: fleet.channel })
  cleanups.push(() => staging.close())
  await staging.invalidate('user', '2')
  await announced(fleet, ({ state }) => state === 'live')
  const { found, stdout } = await diagnose(fleet.server.url, fleet.channel)
  expect(found).toEqual(['other-databases: warning'])
  expect(stdout).toContain('Database 1 of this server has a log of the channel')
})

/** Servers before Redis 7 can't be asked what another user may do. */
const knowsDryRun = await serverIsAtLeast(7)

test.runIf(knowsDryRun)('finds what is wrong with a server, its log and its subscriptions', async () => {
  const fleet = await startFleet({
    args: [
      '--maxmemory',
      '200mb',
      '--maxmemory-policy',
      'allkeys-lru',
      '--client-output-buffer-limit',
      'pubsub',
      '1mb',
      '1mb',
      '10',
      '--timeout',
      '5',
      '--tcp-keepalive',
      '0',
    ],
  })
  const { channel, redis, server } = fleet
  const keys = logKeys(channel)
  await redis.call('ACL', 'SETUSER', 'limited', 'reset', 'on', 'nopass', `~${keys.stream}`, '&*', '+@all', '-xadd')
  await addSilentSubscription(fleet)
  await fleet.follow({ name: 'shared' })
  await fleet.follow({ name: 'shared' })
  const failing = await failingSubscription(fleet)
  const deadLetter = nextEvent<SubscriptionEvents, 'deadLetter'>(failing, 'deadLetter')
  const publisher = await fleet.publisher({ retention: { maxEntries: 100 }, packing: false })
  await Promise.all(Array.from({ length: 1_000 }, (_, id) => publisher.invalidate('post', String(id))))
  await publisher.invalidate('user', 'poison')
  await deadLetter
  await breakChain(fleet)
  await redis.xadd(keys.stream, '*', 'key', 'user:1')
  await stuckSubscription(fleet, () => publisher.invalidate('user', '1').then(() => undefined))
  await redis.set(keys.cursors, 'text')

  const { found, exitCode } = await diagnose(server.url, channel, ['--user', 'limited', '--lag', '200ms'], {
    runtime: { ...systemRuntime, now: () => Date.now() + 60_000 },
  })
  expect(found).toEqual([
    'eviction: error',
    'publisher-rights: error',
    'subscriber-rights: error',
    'key-types: error',
    'foreign-entries: error',
    'stuck: error',
    'clock: warning',
    'idle-clients: warning',
    'persistence: warning',
    'output-buffer: warning',
    'publisher-rights: warning',
    'subscriber-rights: warning',
    'chain: warning',
    'cover: warning',
    'retention: warning',
    'dead-letters: warning',
    'silent: warning',
    'twice: warning',
    // Its key holds another type.
    'cursors: unknown',
  ])
  expect(exitCode).toBe(1)
})

/** As if the process of a subscription had been killed a minute ago. */
async function addSilentSubscription({ redis, channel }: LiveFleet): Promise<void> {
  const record = encodeAnnouncement({
    name: 'killed',
    service: 'orders',
    host: 'pod',
    pid: 7,
    version: '0.1.0',
    state: 'live',
    position: '1-1@a',
    behind: 0,
    lagMs: 0,
    retrying: 0,
    resyncs: 0,
    replayed: 0,
    deadLetters: 0,
    retention: entriesOnly(100_000),
    startedAt: 1,
    heartbeatMs: 1_000,
  })
  const [seconds] = await redis.time()
  await redis.hset(logKeys(channel).subscribers, 'id', stampRecord(record, (Number(seconds) - 60) * 1_000, 300_000))
}

/** A subscription that fails on the message "poison". */
async function failingSubscription(fleet: LiveFleet): Promise<Subscription> {
  const subscriber = await fleet.subscriber()
  const subscription = subscriber.subscribe(
    (message) => {
      if ('entityId' in message && message.entityId === 'poison') throw new Error('poison')
    },
    { name: 'failing', retry: { forMs: 0 }, onDeadLetter: 'keep' },
  )
  subscription.on('error', () => undefined)
  await subscription.caughtUp()
  return subscription
}

/** Deletes an entry that is neither the first nor the last. */
async function breakChain({ redis, channel }: LiveFleet): Promise<void> {
  const { stream } = logKeys(channel)
  const newest = await redis.xrevrange(stream, '+', '-', 'COUNT', 5)
  await redis.xdel(stream, newest[3]?.[0] ?? '')
}

/** A subscription whose handler never ends with what is published; resolves when it has made that known. */
async function stuckSubscription(fleet: LiveFleet, publish: () => Promise<void>): Promise<void> {
  const subscriber = await fleet.subscriber({ closeTimeoutMs: 0 })
  const subscription = subscriber.subscribe(() => new Promise(() => undefined), { name: 'stuck' })
  await subscription.caughtUp()
  await publish()
  await announced(fleet, ({ name, lagMs }) => name === 'stuck' && lagMs > 200)
}

/** Resolves when a subscription has said of itself what is expected. */
async function announced(
  { redis, channel }: LiveFleet,
  isExpected: (announcement: Announcement) => boolean,
): Promise<void> {
  const isKnown = async (): Promise<boolean> => {
    const records = await redis.hvals(logKeys(channel).subscribers)
    return records.map(decodeAnnouncement).some((each) => each !== undefined && isExpected(each))
  }
  await until(isKnown, 15_000, 'the announcement')
}

test('finds that a server is a replica, and that nobody listens', async () => {
  const fleet = await startFleet({ persistence: 'aof' })
  const replica = await Replica.of(fleet.server)
  cleanups.push(() => replica.stop())
  const { found, exitCode } = await diagnose(replica.server.url, fleet.channel)
  expect(found).toEqual(['role: error', 'persistence: warning', 'listeners: warning'])
  expect(exitCode).toBe(1)
})

test('finds a server that refuses to write for want of replicas, and one that is full', async () => {
  const fleet = await startFleet({ persistence: 'aof', args: ['--min-replicas-to-write', '1', '--maxmemory', '100kb'] })
  const { found } = await diagnose(fleet.server.url, fleet.channel)
  expect(found).toEqual(['replication: error', 'memory: error', 'listeners: warning'])
})

test('finds a server of a cluster', async () => {
  const fleet = await startFleet({ persistence: 'aof', args: ['--cluster-enabled', 'yes'] })
  const { found, exitCode } = await diagnose(fleet.server.url, fleet.channel)
  expect(found).toContain('cluster: error')
  expect(exitCode).toBe(1)
})

test('finds a server that lacks what a log needs', async () => {
  const server = await FakeRedis.start((command) =>
    command[0] === 'xrange' ? '-ERR unknown command\r\n' : basics(command),
  )
  cleanups.push(() => server.stop())
  const { found, exitCode } = await diagnose(server.url, 'orders')
  expect(found).toContain('server: error')
  expect(exitCode).toBe(1)
})

test('warnings alone end with 1 only where they are asked to', async () => {
  const fleet = await startFleet()
  expect((await diagnose(fleet.server.url, fleet.channel)).exitCode).toBe(0)
  expect((await diagnose(fleet.server.url, fleet.channel, ['--strict'])).exitCode).toBe(1)
})

test('says what it may not look at, and looks at the rest', async () => {
  const fleet = await startFleet({ persistence: 'aof' })
  await fleet.follow()
  await announced(fleet, ({ state }) => state === 'live')
  const { redis } = fleet
  const rules = ['reset', 'on', '>secret', '~*', 'resetchannels', '&*', '+@all', '-config', '-acl']
  await redis.call('ACL', 'SETUSER', 'app', ...rules)
  await redis.call('ACL', 'SETUSER', 'blind', ...rules, '-info')
  const diagnoseAs = (user: string) => {
    const url = fleet.server.url.replace('//', `//${user}:secret@`)
    return diagnose(url, fleet.channel, ['--strict', '--role', 'subscriber'])
  }
  const unknownSettings = ['replication', 'idle-clients', 'persistence', 'output-buffer']
  const app = await diagnoseAs('app')
  expect(app.found.toSorted()).toEqual(unknownSettings.map((check) => `${check}: unknown`).toSorted())
  expect(app.exitCode, 'what is not known is no fault').toBe(0)

  const { found, stdout } = await diagnoseAs('blind')
  const unknownInfo = ['server', 'role', 'cluster', 'eviction', 'memory', 'log-share', 'saving', 'other-databases']
  expect(found.toSorted()).toEqual(
    [
      'subscriber-rights: warning',
      ...[...unknownSettings, ...unknownInfo].map((check) => `${check}: unknown`),
    ].toSorted(),
  )
  expect(stdout).toContain('NOPERM')
  expect(stdout).not.toContain('secret')
})

test('ends with 3 where Redis can not be reached or refuses us, and with 2 where it was asked wrongly', async () => {
  const server = await startRedisServer()
  cleanups.push(() => server.stop())
  const doctor = async (...args: string[]) => (await runCommand(['doctor', ...args])).exitCode
  expect(await doctor('--redis', `redis://127.0.0.1:${await freePort()}`)).toBe(3)
  expect(await doctor('--redis', server.url.replace('//', '//nobody:wrong@'))).toBe(3)
  expect(await doctor('--redis', server.url, '--cover', 'soon')).toBe(2)
  expect(await doctor('--redis', server.url, '--role', 'reader')).toBe(2)
  expect(await doctor('--redis', server.url, '--user', 'nobody')).toBe(2)
})

test('is coloured on a terminal, plain in a pipe, and says what to do', async () => {
  const fleet = await startFleet()
  const args = ['doctor', '--redis', fleet.server.url, '--channel', fleet.channel]
  const plain = await runCommand(args)
  expect(plain.stdout).toContain('\n    CONFIG SET appendonly yes')
  expect(plain.stdout).not.toContain('\u001b')
  expect((await runCommand(args, { terminals: ['stdout'] })).stdout).toContain('\u001b[')
})
