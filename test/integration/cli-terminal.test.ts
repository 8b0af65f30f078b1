import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { InvalidationPublisher } from '../../src/publisher/publisher.js'
import { LiveFleet } from '../support/live-fleet.js'
import { hasPseudoTerminal, PseudoTerminal } from '../support/pseudo-terminal.js'

const ctrlC = '\u0003'
const escape = '\u001b['

describe.runIf(hasPseudoTerminal)('at a terminal', () => {
  let fleet: LiveFleet
  let publisher: InvalidationPublisher
  let terminals: PseudoTerminal[] = []

  beforeAll(async () => {
    fleet = await LiveFleet.start()
    publisher = await fleet.publisher()
    await publisher.invalidate('user', '1')
  })

  afterEach(async () => {
    await Promise.all(terminals.map((terminal) => terminal.kill()))
    terminals = []
  })

  afterAll(async () => {
    await fleet.stop()
  })

  function open(args: readonly string[], redirection?: string, env: NodeJS.ProcessEnv = {}): PseudoTerminal {
    const terminal = new PseudoTerminal(
      [...args, '--channel', fleet.channel],
      { REDIS_URL: fleet.server.url, ...env },
      redirection,
    )
    terminals.push(terminal)
    return terminal
  }

  test('tail is coloured and goes on until Ctrl-C, which ends it with 130', async () => {
    const tail = open(['tail'])
    await tail.shows('state: live')
    await publisher.invalidate('user', '123')
    await tail.shows('user:123')
    expect(tail.screen).toContain(`${escape}32mdelete`)
    tail.type(ctrlC)
    expect(await tail.ended()).toBe(130)
  })

  test.each([
    { title: '--no-color', args: ['--no-color'], env: {} },
    { title: 'NO_COLOR', args: [], env: { NO_COLOR: '1' } },
    { title: 'a dumb terminal', args: [], env: { TERM: 'dumb' } },
  ])('$title takes the colours away', async ({ args, env }) => {
    const tail = open(['tail', '--since', '1h', '--count', '1', ...args], undefined, env)
    expect(await tail.ended()).toBe(0)
    expect(tail.screen).toContain('user:1')
    expect(tail.screen).not.toContain(escape)
  })

  test('replay shows how far it is, in a line that goes away', async () => {
    const replay = open(['replay', '--from', '0', '--exec', 'true'])
    await replay.shows(' read, up to ')
    expect(await replay.ended()).toBe(0)
    expect(replay.screen).toMatch(/ read, up to .*\r\S+replayed \d+ message/)
  })

  test('what goes into a pipe has neither colours nor progress', async () => {
    const piped = open(['replay', '--from', '0', '--exec', 'cat'], '2>&1 | cat')
    expect(await piped.ended()).toBe(0)
    expect(piped.screen).toMatch(/^\{.*"entityId":"1".*\}\r\n(.*\r\n)*replayed \d+ messages?, read \d+ entr\w+\r\n$/)
    expect(piped.screen).not.toContain('up to')
    const plain = open(['replay', '--from', '0'], '2>/dev/null | cat')
    expect(await plain.ended()).toBe(0)
    expect(plain.screen).toContain('user:1')
    expect(plain.screen).not.toContain(escape)
  })

  test('a reader that has enough ends tail', async () => {
    const tail = open(['tail', '--since', '1h'], '2>/dev/null | head --lines 1')
    await tail.shows('user:1')
    // More than once: the first may be written while the reader is about to go.
    const ended = tail.ended()
    while (!(await Promise.race([ended.then(() => true), publisher.invalidate('user', '2').then(() => false)])));
    expect(await ended).toBe(0)
  })

  test('notes that nobody can read end nothing', async () => {
    const replay = open(['replay', '--from', '0'], '2>/dev/full')
    expect(await replay.ended()).toBe(0)
    expect(replay.screen).toContain('user:1')
  })

  test('results that can not be written are a failure', async () => {
    const replay = open(['replay', '--from', '0'], '>/dev/full')
    expect(await replay.ended()).toBe(1)
    expect(replay.screen).toContain('Not all could be printed: ENOSPC')
    const tail = open(['tail', '--since', '1h'], '>/dev/full')
    expect(await tail.ended()).toBe(1)
  })

  test('purge asks, and Ctrl-C at the question removes nothing', async () => {
    const dead = `{${fleet.channel}}:dead`
    await fleet.redis.xadd(dead, '*', 'message', 'x', 'error', 'x', 'subscriber', 's', 'tries', '1')
    const left = open(['dead', 'purge', '--all'])
    await left.shows('for good? [y/N]')
    left.type(ctrlC)
    expect(await left.ended()).toBe(130)
    expect(await fleet.redis.xlen(dead)).toBe(1)
    const confirmed = open(['dead', 'purge', '--all'])
    await confirmed.shows('for good? [y/N]')
    confirmed.type('y\n')
    await confirmed.shows('removed 1 dead letter')
    expect(await confirmed.ended()).toBe(0)
    expect(await fleet.redis.xlen(dead)).toBe(0)
  })
})
