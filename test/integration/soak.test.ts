import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type EndedScript, RunningScript } from '../support/running-script.js'

const main = fileURLToPath(new URL('../soak/main.ts', import.meta.url))
const timeoutMs = 180_000

const count: unknown = expect.toSatisfy((value) => Number.isInteger(value) && Number(value) >= 0)
const positive: unknown = expect.toSatisfy((value) => typeof value === 'number' && value > 0)
const text: unknown = expect.stringMatching(/./)

function startSoak(args: readonly string[], env: NodeJS.ProcessEnv = {}): RunningScript {
  // Of the mutants of this repository: not one that tests of the soak run under.
  return new RunningScript(main, { args, env: { MUTANT: undefined, ...env }, imports: ['tsx'], timeoutMs })
}

function runSoak(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<EndedScript> {
  return startSoak(args, env).ended()
}

/** The folder of its logs, as it says. */
function folderIn(stderr: string): string {
  return /logs in (\S+)/.exec(stderr)?.[1] ?? ''
}

test(
  'a few seconds of faults lose nothing and leave nothing stale; --json prints the score and nothing else',
  async () => {
    const { code, stdout, stderr } = await runSoak(['--seconds', '4', '--seed', '7', '--json'])
    expect(code, stderr).toBe(0)
    const versions = { 'cache-invalidation': text, node: process.versions.node, ioredis: text, 'redis-server': text }
    expect(JSON.parse(stdout)).toEqual({
      startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as unknown,
      topology: 'standalone',
      seed: 7,
      seconds: positive,
      versions,
      published: positive,
      acknowledged: positive,
      handled: positive,
      duplicates: count,
      faults: expect.toSatisfy((faults: object) => Object.keys(faults).length > 0) as unknown,
      // The first start of two durable subscriptions; one more where a FLUSHALL takes the cursor of one that is killed.
      resyncs: expect.objectContaining({ 'no-cursor': positive }) as unknown,
      repaired: count,
      recoverMs: { p50: positive, p99: positive, max: positive },
      memory: expect.objectContaining({ soak: positive, 'subscriber slow': positive, redis: positive }) as unknown,
      lost: 0,
      stale: 0,
    })
    expect(existsSync(folderIn(stderr))).toBe(false)
  },
  timeoutMs,
)

test(
  'a library that takes every frame for the next one is found out: what is lost is named, and the logs are kept',
  async () => {
    const soak = startSoak(['--seconds', '90', '--seed', '1', '--json'], { MUTANT: 'live-without-prev' })
    await soak.says(/[1-9]\d* lost/)
    soak.signal('SIGINT')
    const { code, stdout, stderr } = await soak.ended()
    expect(code, stderr).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ lost: positive })
    expect(stderr).toMatch(/LOST: subscription \S+ never handled \S+ of \S+ .*acknowledged [\d:.]+ as \d+-\d+@/)
    expect(stderr).toContain('Faults since the last audit:')
    const folder = folderIn(stderr)
    expect(await readFile(join(folder, 'findings.log'), 'utf8')).toContain('LOST: ')
    expect(await readFile(join(folder, 'events.log'), 'utf8')).toContain('fault: ')
    await rm(folder, { recursive: true })
  },
  timeoutMs,
)

test(
  'a soak that is stopped ends in order, with the score so far',
  async () => {
    const soak = startSoak(['--seconds', '600', '--json'])
    await soak.says(/[1-9]\d* faults/)
    soak.signal('SIGINT')
    const { code, stdout, stderr } = await soak.ended()
    expect(code, stderr).toBe(130)
    expect(JSON.parse(stdout)).toMatchObject({ published: positive, lost: 0, stale: 0 })
  },
  timeoutMs,
)

test('without a Redis to be had it says what to install, with exit code 1', async () => {
  const { code, stdout, stderr } = await runSoak(['--seconds', '1'], { REDIS_SERVER: '/nowhere/redis-server' })
  expect(code).toBe(1)
  expect(stdout).toBe('')
  expect(stderr).toContain('/nowhere/redis-server does not run')
})

test('a bad option is named, with exit code 2', async () => {
  const { code, stdout, stderr } = await runSoak(['--seconds', 'soon'])
  expect(code).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toContain('Expected --seconds to be a whole number from 1 to 604800, got `soon`')
})

test('--help lists the options', async () => {
  const { code, stdout } = await runSoak(['--help'])
  expect(code).toBe(0)
  for (const option of ['--seconds', '--seed', '--topology', '--sharded', '--rate', '--json', '--markdown']) {
    expect(stdout).toContain(option)
  }
})
