import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { logKeys } from '../../src/log/model/keys.js'
import { until } from '../support/latch.js'
import { brisk, LiveFleet, type LiveFollower } from '../support/live-fleet.js'
import { hasPseudoTerminal, PseudoTerminal } from '../support/pseudo-terminal.js'
import { type CommandResult, runCommand, RunningCommand } from '../support/running-command.js'

let fleet: LiveFleet
let args: readonly string[]

beforeAll(async () => {
  fleet = await LiveFleet.start()
  args = ['status', '--redis', fleet.server.url, '--channel', fleet.channel]
})

afterAll(() => fleet.stop())

function status(...more: readonly string[]): Promise<CommandResult> {
  return runCommand([...args, ...more])
}

/** A subscription that operators see as live. */
async function followAs(service: string, name: string, maxEntries = 5_000): Promise<LiveFollower> {
  const follower = await fleet.follow({ name }, { service, retention: { maxEntries } })
  await until(async () => (await announcedAs(name)).state === 'live', 10_000, `${name} is announced as live`)
  return follower
}

async function announcedAs(name: string): Promise<{ readonly state?: unknown }> {
  const records = await fleet.redis.hvals(logKeys(fleet.channel).subscribers)
  const found = records.map((text) => JSON.parse(text) as { name: string; state: string })
  return found.find((record) => record.name === name) ?? {}
}

describe('status', () => {
  test('names every service with its lag, and tells of the log', async () => {
    const publisher = await fleet.publisher({ retention: { maxEntries: 5_000 } })
    const followers = [await followAs('feed-service', 'feed'), await followAs('user-service', 'users')]
    for (let id = 0; id < 20; id++) await publisher.invalidate('user', String(id))
    const { position } = await publisher.invalidate('user', 'last')

    const { exitCode, stdout } = await status('--json')
    expect(exitCode).toBe(0)
    const found: unknown = JSON.parse(stdout)
    const number = expect.any(Number) as number
    const member = { pid: process.pid, state: 'live', lagMs: number, behind: 0, seenAgoMs: number, resyncs: 0 }
    expect(found).toMatchObject({
      channel: fleet.channel,
      server: fleet.server.url.replace('redis://', ''),
      log: {
        length: number,
        retentions: [{ maxEntries: 5_000, maxBytes: 67_108_864, maxAgeMs: null }],
        bytes: number,
        head: position,
        oldestAgeMs: number,
      },
      subscribers: [
        { service: 'feed-service', name: 'feed', ...member },
        { service: 'user-service', name: 'users', ...member },
      ],
      unknown: [],
    })
    expect(found).toHaveProperty(
      'log.rate.entries',
      expect.toSatisfy((entries: number) => entries >= 20),
    )

    const { stdout: text } = await status()
    expect(text).toContain(`${fleet.channel} on `)
    expect(text).toMatch(/length +\d+ entries, kept: 5,000 entries, 64 MiB\n/)
    expect(text).toMatch(/\nfeed +0 +0 +feed-service +\S+:\d+ +live +\d+-\d+ /)
    expect(text).toMatch(/\nusers +0 +0 +user-service /)
    await Promise.all(followers.map(({ subscriber }) => subscriber.close()))
    expect((await status()).stdout).toContain('no subscription has announced itself')
  })

  test('marks a name that two use at once', async () => {
    const followers = [await followAs('feed-service', 'twin'), await followAs('post-service', 'twin')]
    expect((await status()).stdout.match(/name seen twice/g)).toHaveLength(2)
    await Promise.all(followers.map(({ subscriber }) => subscriber.close()))
  })

  test('tells of an empty log', async () => {
    const { exitCode, stdout } = await runCommand(['status', '--redis', fleet.server.url, '--channel', 'status:none'])
    expect(exitCode).toBe(0)
    expect(stdout).toContain('0 entries')
    expect(stdout).toContain('no subscription has announced itself')
  })

  test('says what it may not know, and shows the rest', async () => {
    await fleet.redis.call('acl', 'setuser', 'narrow', 'on', '>secret', '~*', '&*', '+@all', '-memory', '-time')
    const url = fleet.server.url.replace('//', '//narrow:secret@')
    const { exitCode, stdout } = await runCommand(['status', '--redis', url, '--channel', fleet.channel, '--json'])
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      log: { length: expect.any(Number) as number, bytes: null },
      subscribers: null,
      unknown: [expect.stringContaining('MEMORY') as string, expect.stringContaining('TIME') as string],
    })
    expect(stdout).not.toContain('secret')
  })

  test('ends with 3 where Redis is not to be reached', async () => {
    const { exitCode, stderr } = await runCommand(['status', '--redis', 'redis://127.0.0.1:1'])
    expect(exitCode).toBe(3)
    expect(stderr).toContain('127.0.0.1:1')
  })

  test('ends with 130 at once where it is interrupted before the server has answered', async () => {
    const mute = createServer().listen(0, '127.0.0.1')
    const [connected] = [once(mute, 'connection'), await once(mute, 'listening')]
    const { port } = mute.address() as AddressInfo
    const command = new RunningCommand(['status', '--redis', `redis://127.0.0.1:${port}`], {})
    await connected
    command.interrupt()
    // A command that is not answered is given up only after 5 s.
    expect((await command.ended(4_000)).exitCode).toBe(130)
    mute.close()
  })

  test.each([
    [['--watch'], 'terminal'],
    [['--watch', '0'], '1 to 3600'],
    [['--watch', 'often'], '1 to 3600'],
    [['feed'], 'too many arguments'],
  ])('%j is refused', async (more, reason) => {
    const { exitCode, stderr } = await status(...more)
    expect(exitCode).toBe(2)
    expect(stderr).toContain(reason)
  })

  test('--watch --json prints it again until it is interrupted, also past an outage', async () => {
    const server = await LiveFleet.start()
    const watching = new RunningCommand(['status', '--redis', server.server.url, '--json', '--watch', '1'], {})
    await watching.printed(({ objects }) => objects.length === 2)
    await server.server.kill()
    await watching.printed(({ stderr }) => stderr.includes('warning:'))
    const printed = watching.objects.length
    await server.server.restart()
    await watching.printed(({ objects }) => objects.length > printed, 20_000)
    watching.interrupt()
    expect((await watching.ended()).exitCode).toBe(130)
    await server.stop()
  })
})

describe.runIf(hasPseudoTerminal)('status --watch at a terminal', () => {
  let watching: PseudoTerminal
  const escape = '\u001b['

  afterEach(() => watching.kill())

  function watch(): PseudoTerminal {
    watching = new PseudoTerminal(['status', '--watch', '1', '--channel', fleet.channel], {
      REDIS_URL: fleet.server.url,
    })
    return watching
  }

  test('draws again what has changed, and q leaves the terminal as it was', async () => {
    watch()
    await watching.shows('no subscription has announced itself')
    const subscriber = await fleet.subscriber({ service: 'late-service', ...brisk })
    subscriber.subscribe(() => undefined, { name: 'late' })
    await watching.shows('late-service')
    await subscriber.close()
    watching.type('q')
    expect(await watching.ended()).toBe(0)
    expect(watching.screen).toContain(`${escape}?1049h`)
    expect(watching.screen.trimEnd().endsWith(`${escape}?1049l`)).toBe(true)
  })

  test('ends with 130 by Ctrl-C', async () => {
    watch()
    await watching.shows('q ends')
    watching.type('\u0003')
    expect(await watching.ended()).toBe(130)
    expect(watching.screen.trimEnd().endsWith(`${escape}?1049l`)).toBe(true)
  })
})
