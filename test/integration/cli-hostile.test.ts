import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { logKeys } from '../../src/log/model/keys.js'
import { deleteMessage } from '../../src/message/create-message.js'
import { encodeMessage } from '../support/encode-message.js'
import { LiveFleet } from '../support/live-fleet.js'
import { type CommandOptions, runCommand, RunningCommand } from '../support/running-command.js'

/** Clears a screen in two ways, forges a line, turns the reading direction around, and hides in a tag of Unicode. */
const evil = 'x\u001b[2J\u009b2J\nerror: forged\r\u202e\u2028\u{e0041}\u001b[8m'
const escape = '\u001b'
/** What a terminal may be shown: text, line breaks, the styles of the command line, and progress that is cleared. */
const harmless = new RegExp(
  `^(?:[^\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]|\\n|${escape}\\[(?:1|2|22|31|32|33|36|39)m|\\r${escape}\\[K)*$`,
  'u',
)

let fleet: LiveFleet
let channel: string
let running: RunningCommand | undefined

beforeAll(async () => {
  fleet = await LiveFleet.start()
})

beforeEach(() => {
  channel = `${fleet.channel}:${Math.random().toString(36).slice(2)}`
})

afterEach(async () => {
  running?.interrupt()
  await running?.ended()
  running = undefined
})

afterAll(async () => {
  await fleet.stop()
})

const message = encodeMessage({
  ...deleteMessage('user', `1${evil}`, `writer${evil}`),
  messageId: `id${evil}`,
  metadata: { [evil]: evil },
})

/** Whoever may write to Redis has put control characters into every key of the log. */
async function poison(): Promise<void> {
  const { redis } = fleet
  const keys = logKeys(channel)
  const announced = { name: evil, service: evil, host: evil, version: evil, state: evil, position: evil }
  const counts = { pid: 1, behind: 1, resyncs: 1, replayed: 1, deadLetters: 1, cap: 1, lagMs: 1 }
  const record = { ...announced, ...counts, startedAt: Date.now(), heartbeatMs: 1_000 }
  await redis.xadd(keys.stream, '*', 'a', `a${evil}`, 'p', '', 'm', message)
  await redis.xadd(keys.stream, '*', 'a', `b${evil}`, 'p', `not a${evil}`, 'm', message)
  await redis.xadd(keys.stream, '*', 'a', `c${evil}`, 'p', `b${evil}`, 'm', evil)
  await redis.xadd(keys.stream, '*', evil, evil)
  await redis.set(keys.last, `d${evil}`)
  await redis.hset(keys.cursors, evil, evil, `name${evil}`, `1-1@a${evil}`)
  await redis.hset(keys.subscribers, `1${evil}`, JSON.stringify(record), `2${evil}`, evil)
  const letter = { subscriber: evil, position: evil, error: evil, attempts: '3', at: evil, message, [evil]: evil }
  await redis.xadd(keys.dead, '*', ...Object.entries(letter).flat())
  await redis.xadd(keys.dead, '*', 'message', evil)
}

const everywhere: CommandOptions = { terminals: ['stdout', 'stderr'] }

function run(args: readonly string[], options: CommandOptions): ReturnType<typeof runCommand> {
  return runCommand([...args, '--channel', channel, '--redis', fleet.server.url], options)
}

describe('control characters in Redis reach no terminal', () => {
  test.each(
    [
      ['replay', '--from', '0'],
      ['status'],
      ['doctor'],
      ['dead', 'list'],
      ['dead', 'redrive', '--all'],
      ['dead', 'purge', '--all', '--yes'],
    ].flatMap((args) => [[args], [[...args, '--json']]]),
  )('through %j', async (args) => {
    await poison()
    for (const options of [everywhere, {}]) {
      const { stdout, stderr } = await run(args, options)
      expect(stdout + stderr).not.toBe('')
      expect(stdout).toMatch(harmless)
      expect(stderr).toMatch(harmless)
      expect(`${stdout}\n${stderr}`).not.toMatch(/^error: forged/m)
    }
  })

  test.each([[[]], [['--json']]])('through one dead letter, with %j', async (more) => {
    await poison()
    const [[id] = ['']] = await fleet.redis.xrange(logKeys(channel).dead, '-', '+')
    const { stdout, stderr } = await run(['dead', 'show', id, ...more], everywhere)
    expect(stdout).not.toBe('')
    expect(stdout + stderr).toMatch(harmless)
  })

  test.each([[[]], [['--json']]])('through `tail`, of the log and of the channel, with %j', async (more) => {
    await poison()
    const args = ['tail', '--since', '0-1', ...more, '--channel', channel, '--redis', fleet.server.url]
    const command = new RunningCommand(args, everywhere)
    running = command
    await command.printed(({ stderr }) => stderr.includes('state: live'))
    const placed = { stream_id: '1-1', append_id: evil, prev: evil }
    await fleet.redis.publish(channel, evil)
    await fleet.redis.publish(channel, JSON.stringify({ ...placed, ...(JSON.parse(message) as object) }))
    await fleet.redis.publish(channel, message.replace(/^\{/, '{"from":"the channel",'))
    await command.printed(({ stderr }) => stderr.includes('as JSON, got'))
    expect(command.stdout).not.toBe('')
    expect(command.stdout + command.stderr).toMatch(harmless)
  })

  test('and JSON of it has the same value as before', async () => {
    await poison()
    const { stdout } = await run(['replay', '--from', '0', '--json'], everywhere)
    const [first] = stdout.split('\n').map((line) => (line === '' ? {} : (JSON.parse(line) as object)))
    expect(first).toMatchObject({ entityId: `1${evil}`, sourceService: `writer${evil}`, metadata: { [evil]: evil } })
  })
})
