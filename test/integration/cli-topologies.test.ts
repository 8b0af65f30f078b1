import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Finding } from '../../src/cli/doctor/check.js'
import { Administration } from '../../src/log/admin/administration.js'
import { logKeys } from '../../src/log/model/keys.js'
import { ClusterStage } from '../support/cluster-stage.js'
import { until } from '../support/latch.js'
import { Fleet } from '../support/live-fleet.js'
import type { RedisServer } from '../support/redis-server.js'
import { type CommandResult, runCommand, RunningCommand } from '../support/running-command.js'
import { SentinelStage } from '../support/sentinel-stage.js'
import { serverIsAtLeast } from '../support/server-version.js'
import { slotTable } from '../support/slot-table.js'

const running: RunningCommand[] = []

/** Servers before Redis 7 have no sharded Pub/Sub. */
const knowsSharded = await serverIsAtLeast(7)

afterEach(async () => {
  for (const command of running) command.interrupt()
  await Promise.all(running.splice(0).map((command) => command.ended()))
})

/** The command line with the URL of a stage and a channel. */
class Shell {
  readonly channel = `test:${Math.random().toString(36).slice(2)}`
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  run(...args: string[]): Promise<CommandResult> {
    return this.runAt(this.#url, ...args)
  }

  runAt(url: string, ...args: string[]): Promise<CommandResult> {
    return runCommand([...args, '--channel', this.channel], { env: { REDIS_URL: url } })
  }

  start(...args: string[]): RunningCommand {
    const command = new RunningCommand([...args, '--channel', this.channel], { env: { REDIS_URL: this.#url } })
    running.push(command)
    return command
  }

  /** What `doctor` finds that is not fine, and with what it ends. */
  async diagnose(url: string, ...args: string[]): Promise<{ found: Map<string, Finding>; exitCode: number }> {
    const { stdout, exitCode } = await this.runAt(url, 'doctor', '--json', ...args)
    const { findings } = JSON.parse(stdout) as { readonly findings: readonly Finding[] }
    const bad = findings.filter(({ severity }) => severity !== 'ok')
    return { found: new Map(bad.map((finding) => [`${finding.check}: ${finding.severity}`, finding])), exitCode }
  }
}

/** As `status --json` prints it. */
interface StatusLine {
  readonly server: string
  readonly log: { readonly length: number; readonly head: string } | null
  readonly unknown: readonly string[]
}

const addressOf = ({ port }: RedisServer): string => `127.0.0.1:${port}`

/** Uses every command once. */
async function expectAllCommands(
  shell: Shell,
  server: () => Promise<RedisServer>,
  flags: string[] = [],
): Promise<void> {
  const tail = shell.start('tail', '--json', '--count', '3', ...flags)
  await tail.printed(({ stderr }) => stderr.includes('state: live'))
  for (const line of ['publish user 1', 'pattern feed:*', 'batch user:2 user:3']) {
    const { exitCode, stdout, stderr } = await shell.run(...line.split(' '), '--json', ...flags)
    expect({ line, exitCode, stderr }).toEqual({ line, exitCode: 0, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ receivers: 1 })
  }
  expect(await tail.ended()).toMatchObject({ exitCode: 0 })
  expect(tail.objects).toMatchObject([{ entityId: '1' }, { pattern: 'feed:*' }, { cacheKeys: ['user:2', 'user:3'] }])

  const replayed = await shell.run('replay', '--from', '0', '--json', ...flags)
  expect(replayed.stdout.trimEnd().split('\n')).toHaveLength(3)
  expect(await shell.run('dead', 'list', ...flags)).toMatchObject({
    exitCode: 0,
    stderr: 'there are no dead letters\n',
  })
  const { stdout } = await shell.run('status', '--json', ...flags)
  expect(JSON.parse(stdout)).toMatchObject({ server: addressOf(await server()), log: { length: 3 }, unknown: [] })
}

/** Resolves when a `status --watch` has told of the log from another server, all of it. */
async function expectWatchedFrom(watching: RunningCommand, server: RedisServer): Promise<void> {
  await watching.printed(({ objects }) => {
    const last = objects.at(-1) as StatusLine | undefined
    return last?.server === addressOf(server) && last.log !== null && last.unknown.length === 0
  }, 30_000)
}

describe('with sentinels', () => {
  let stage: SentinelStage
  let shell: Shell

  beforeAll(async () => {
    stage = await SentinelStage.start({ replicas: 1, sentinels: 1 })
    shell = new Shell(stage.url)
  }, 60_000)

  afterAll(async () => {
    await stage.stop()
  })

  test('every command goes to the primary', async () => {
    await expectAllCommands(shell, () => stage.primary())
    const { found, exitCode } = await shell.diagnose(stage.url)
    expect([...found.keys()]).toEqual(['persistence: warning', 'listeners: warning'])
    expect(exitCode).toBe(0)
  })

  test('doctor knows a sentinel that was named as the server, and says how to name it', async () => {
    const url = stage.sentinels[0]?.url ?? ''
    const { found, exitCode } = await shell.diagnose(url)
    expect(found.get('server: error')?.whatToDo).toContain(`${url.replace('redis:', 'redis+sentinel:')}/NAME`)
    expect(found.get('server: error')?.whatToDo).toContain(stage.name)
    expect(exitCode).toBe(1)
  })

  test('status --watch goes on at the new primary, although the old one still answers', async () => {
    const watching = shell.start('status', '--json', '--watch', '1')
    await expectWatchedFrom(watching, await stage.primary())
    await expectWatchedFrom(watching, await stage.failOver())
  })

  test('doctor warns of a primary that has no replica', async () => {
    await Promise.all((await stage.replicas()).map((replica) => replica.kill()))
    const { found } = await shell.diagnose(stage.url)
    expect(found.get('replication: warning')?.what).toContain('has no replica')
  })
})

describe('in a cluster', () => {
  let stage: ClusterStage
  let shell: Shell

  beforeAll(async () => {
    stage = await ClusterStage.start({ primaries: 3, replicasEach: 1 })
    shell = new Shell(stage.url)
  }, 60_000)

  afterAll(async () => {
    await stage.stop()
  })

  test('every command goes to the owner of the log, also from a node that is not', async () => {
    await expectAllCommands(shell, () => stage.ownerOf(shell.channel))
    const stranger = await stage.stranger(shell.channel)
    const { found, exitCode } = await shell.diagnose(`redis+cluster://${addressOf(stranger)}`)
    expect([...found.keys()]).toEqual(['persistence: warning', 'listeners: warning'])
    expect(exitCode).toBe(0)
  })

  test.runIf(knowsSharded)('--sharded publishes and listens in the shard alone', async () => {
    const sharded = new Shell(stage.url)
    await expectAllCommands(sharded, () => stage.ownerOf(sharded.channel), ['--sharded'])
    const fleet = new Fleet(stage.cluster())
    try {
      await fleet
        .subscriber({ channel: sharded.channel, sharded: true })
        .then((each) => each.subscribe(() => {}).caughtUp())
      expect((await sharded.diagnose(stage.url, '--sharded')).found.has('listeners: warning')).toBe(false)
      expect((await sharded.diagnose(stage.url)).found.has('listeners: warning')).toBe(true)
    } finally {
      await fleet.stop()
    }
  })

  test('doctor counts those who listen on any node', async () => {
    const listener = new Redis((await stage.stranger(shell.channel)).url)
    try {
      await listener.subscribe(shell.channel)
      expect((await shell.diagnose(stage.url)).found.has('listeners: warning')).toBe(false)
    } finally {
      listener.disconnect()
    }
  })

  test('doctor does not count itself: who listens is known before it tries whether it may listen', async () => {
    const counting = vi.spyOn(Administration.prototype, 'listeners')
    const known: string[] = []
    vi.spyOn(Administration.prototype, 'missingRights').mockImplementation(() => {
      known.push(...counting.mock.settledResults.map(({ type }) => type))
      return Promise.resolve({ value: [] })
    })
    onTestFinished(() => void vi.restoreAllMocks())
    await shell.diagnose(stage.url)
    expect(known).toEqual(['fulfilled'])
  })

  test('a node that was named as a single server is told as such', async () => {
    const { url } = await stage.stranger(shell.channel)
    const { found, exitCode } = await shell.diagnose(url)
    expect(found.get('cluster: error')?.whatToDo).toContain(url.replace('redis:', 'redis+cluster:'))
    expect(found.get('key-types: unknown')?.whatToDo).toContain('see `cluster`')
    expect(exitCode).toBe(1)
    const { exitCode: published, stderr } = await shell.runAt(url, 'publish', 'user', '1')
    expect(published).toBe(3)
    expect(stderr).toContain('redis+cluster://')
  })

  test('of a cluster that is down doctor says what is missing, and a publish waits for it', async () => {
    const server = await stage.ownerOf(shell.channel)
    const owner = stage.clients.of(server)
    const slot = await stage.slotOf(shell.channel)
    const range = (await slotTable(owner)).find(({ primary }) => primary === server.port)
    const other = String(range?.first === slot ? range.last : range?.first)
    let waiting: RunningCommand | undefined
    await owner.call('CONFIG', 'SET', 'cluster-require-full-coverage', 'yes')
    await owner.call('CLUSTER', 'DELSLOTS', other)
    try {
      const { found, exitCode } = await shell.diagnose(stage.url)
      expect(found.get('cluster: error')?.what).toContain('16,383 of its 16,384 slots')
      expect(found.get('key-types: unknown')?.whatToDo).toContain('see `cluster`')
      expect(exitCode).toBe(1)
      await owner.call('CONFIG', 'RESETSTAT')
      waiting = shell.start('publish', 'user', '4')
      const isRefused = async (): Promise<boolean> =>
        /cmdstat_eval(sha)?:.*rejected_calls=[1-9]/.test(await owner.info('commandstats'))
      await until(isRefused, 10_000, 'a publish that is refused')
    } finally {
      await owner.call('CLUSTER', 'ADDSLOTS', other)
      await owner.call('CONFIG', 'SET', 'cluster-require-full-coverage', 'no')
    }
    expect(await waiting?.ended()).toMatchObject({ exitCode: 0, stderr: '' })
  })

  test('doctor changes nothing while the slot of the log is on its way', async () => {
    const to = await stage.stranger(shell.channel)
    const migration = await stage.slotMigration(shell.channel, to)
    await migration.begin()
    const { exitCode } = await shell.diagnose(stage.url)
    expect(exitCode).toBe(0)
    expect(await stage.clients.of(to).keys(`{${shell.channel}}*`)).toEqual([])
    await migration.moveKeys()
    await migration.finish()
    expect(await stage.clients.of(to).exists(logKeys(shell.channel).stream)).toBe(1)
  })

  test('status --watch goes on at the new owner, although the old one still answers', async () => {
    const watching = shell.start('status', '--json', '--watch', '1')
    const old = await stage.ownerOf(shell.channel)
    await expectWatchedFrom(watching, old)
    await expectWatchedFrom(watching, await stage.failOver(shell.channel))
  })
})
