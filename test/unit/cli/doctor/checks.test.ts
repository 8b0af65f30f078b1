import { expect, test } from 'vitest'
import type { Finding } from '../../../../src/cli/doctor/check.js'
import { checks, examine } from '../../../../src/cli/doctor/checks.js'
import type { Facts } from '../../../../src/cli/doctor/facts.js'
import { formatFindings } from '../../../../src/cli/doctor/report.js'
import { factsWith, problemsOf, settingsWith, terms } from './fixtures.js'

test('where all is well every check says so once', () => {
  const findings = examine(factsWith(), terms)
  expect(findings.map(({ check }) => check)).toEqual(checks.map(({ name }) => name))
  expect(findings.every(({ severity, whatToDo }) => severity === 'ok' && whatToDo === '')).toBe(true)
})

test('names are unique', () => {
  const names = checks.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})

const factNames = Object.keys(factsWith()) as (keyof Facts)[]

test.each(factNames)('where %s could not be read, the checks that need it say that they do not know', (name) => {
  const facts: Facts = { ...factsWith(), [name]: { reason: `NOPERM for ${name}` } }
  const told = examine(facts, terms).filter(({ severity }) => severity !== 'ok')
  expect(told.length).toBeGreaterThan(0)
  for (const finding of told) expect(finding).toMatchObject({ severity: 'unknown', what: `NOPERM for ${name}` })
})

test.each([
  ['NOPERM', 'a user who may ask'],
  ['WRONGTYPE', '`key-types`'],
  ['MOVED', '`cluster`'],
  ['CLUSTERDOWN', '`cluster`'],
  ['ERR', 'does not have the command'],
  [undefined, 'Ask again'],
])('what is not known because of %s says what to do about just that', (code, advice) => {
  const facts: Facts = { ...factsWith(), deadLetters: { reason: 'refused', ...(code !== undefined && { code }) } }
  const [finding] = examine(facts, terms)
  expect(finding?.whatToDo).toContain(advice)
})

test('the worst comes first, and every problem has something to do', () => {
  const keyStates = [{ key: '{orders}:dead', type: 'string', expected: 'stream' }]
  const found = problemsOf({ ...settingsWith({ timeout: '1' }), keyStates, deadLetters: 2 })
  // In the order in which they are looked at, the first two would stand the other way round.
  expect(found.map(({ check }) => check)).toEqual(['key-types', 'idle-clients', 'dead-letters'])
  for (const { whatToDo } of found) expect(whatToDo).not.toBe('')
})

test('a report has a title for each severity, what to do, and the numbers; text of others can not move the cursor', () => {
  const findings: Finding[] = [
    { check: 'role', severity: 'error', what: 'a replica', whatToDo: 'go elsewhere' },
    { check: 'silent', severity: 'warning', what: 'name \u001b[2J', whatToDo: 'look' },
    { check: 'memory', severity: 'unknown', what: 'NOPERM', whatToDo: 'ask with rights' },
    { check: 'server', severity: 'ok', what: 'has all', whatToDo: '' },
  ]
  expect(formatFindings(findings, { style: (_, text) => text })).toBe(
    [
      'Errors\n  role: a replica\n    go elsewhere',
      'Warnings\n  silent: name \\u{1b}[2J\n    look',
      'Not known\n  memory: NOPERM\n    ask with rights',
      'Fine\n  server: has all',
      '1 error, 1 warning, 1 not known, 1 fine',
    ].join('\n\n'),
  )
})
