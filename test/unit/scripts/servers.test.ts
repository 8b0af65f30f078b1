import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { allPassed, reportText, type ServerOutcome } from '../../../scripts/servers/report.js'
import { readReport, type SuiteResult } from '../../../scripts/servers/suites.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/servers.ts', ...args], {
    cwd: root,
    encoding: 'utf8',
    timeout: 15_000,
  })
  return { status, stdout, stderr }
}

test('--help names the options and the servers, and gets none', () => {
  const { status, stdout, stderr } = run('--help')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  for (const word of ['--server', '--tests', '--get', '--json', 'redis-6.2', 'valkey-9.1'])
    expect(stdout).toContain(word)
})

test.each([[['--server', 'redis-5.0']], [['--servers']], [['redis-6.2']]])('%j is refused with 2', (args) => {
  const { status, stdout, stderr } = run(...args)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toContain(args.at(-1))
})

const file = `${root}test/faults/some.test.ts`

test('a report of vitest is read: what passed, failed, was skipped, and files that did not come to their tests', () => {
  const assertionResults = [
    { status: 'passed', fullName: 'a' },
    { status: 'failed', fullName: 'b' },
    { status: 'skipped', fullName: 'c' },
    { status: 'pending', fullName: 'd' },
  ]
  const testResults = [
    { name: file, status: 'failed', assertionResults },
    { name: `${root}test/faults/broken.test.ts`, status: 'failed', message: 'no port\nat x', assertionResults: [] },
  ]
  expect(readReport(JSON.stringify({ testResults }), '')).toEqual({
    passed: 1,
    failed: ['test/faults/some.test.ts: b', 'test/faults/broken.test.ts: no port'],
    skipped: ['test/faults/some.test.ts: c', 'test/faults/some.test.ts: d'],
    problem: undefined,
  })
})

test('a run without a report, or without a test file, is a problem', () => {
  expect(readReport(undefined, 'starting\nno room left\n').problem).toBe('no room left')
  expect(readReport(JSON.stringify({ testResults: [] }), '').problem).toBe('no test file was found')
})

const good: SuiteResult = { passed: 7, failed: [], skipped: ['x: sharded'], problem: undefined, seconds: 61 }

function outcome(name: string, changes: Partial<ServerOutcome> = {}): ServerOutcome {
  return { name, version: 'Redis 8.2.3', missing: undefined, result: good, ...changes }
}

const missing = outcome('redis-7.4', { version: undefined, missing: 'no glibc', result: undefined })

test('a server that can not be had is a failure only if it was named', () => {
  expect(allPassed([outcome('a'), missing], [])).toBe(true)
  expect(allPassed([outcome('a'), missing], ['redis-7.4'])).toBe(false)
  expect(allPassed([missing], [])).toBe(false)
})

test('a test that failed, or a run that did not come to its tests, is a failure', () => {
  expect(allPassed([outcome('a'), outcome('b', { result: { ...good, failed: ['y: z'] } })], [])).toBe(false)
  expect(allPassed([outcome('a', { result: { ...good, problem: 'no room left' } })], [])).toBe(false)
})

test('the report has a line for each server, and names each failed or skipped test once', () => {
  const bad = outcome('valkey-9.1', { version: 'Valkey 9.1.2', result: { ...good, failed: ['y: z'] } })
  const text = reportText([outcome('redis-8.2'), bad, missing])
  expect(text).toMatch(/^redis-8\.2 +Redis 8\.2\.3 +7 +0 +1 +61 s$/m)
  expect(text).toMatch(/^redis-7\.4 +- .*can't be had: no glibc$/m)
  expect(text).toContain('failed:\n  y: z (valkey-9.1)')
  expect(text).toContain('skipped:\n  x: sharded (redis-8.2, valkey-9.1)')
})
