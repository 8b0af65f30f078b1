import { describe, expect, test } from 'vitest'
import type { Answers } from '../../../../src/cli/doctor/facts.js'
import type { LogSnapshot } from '../../../../src/log/admin/administration-replies.js'
import { briefly, entry, healthyLog, logOf, member, now, one, problemsOf, publisher, three, two } from './fixtures.js'
import { entriesOnly } from '../../../support/retention.js'

/** A log that spans some time and holds so many entries, all that were ever added or not. */
function logOver(spanMs: number, length: number, added: number | undefined, prev = ''): LogSnapshot {
  const log = logOf(entry(`${now - spanMs}-0`, 'one', prev), entry(`${now}-0`, 'two', 'one'))
  return { ...log, stream: log.stream && { ...log.stream, length, added } }
}
const caughtUp = { subscriptions: [member({ position: `${now}-0@two` })] }

describe('is found', () => {
  test.each<[what: string, brief: string, changes: Partial<Answers>]>([
    [
      'a key of another type',
      'key-types: error',
      { keyStates: [{ key: '{orders}:dead', type: 'string', expected: 'stream' }] },
    ],
    [
      'an entry added by hand',
      'foreign-entries: error',
      { snapshot: logOf(one, { id: two.id, fields: ['k', 'v'] }, three) },
    ],
    ['an entry that is no JSON', 'foreign-entries: error', { snapshot: logOf(entry(one.id, 'one', '', 'text'), two) }],
    ['an entry that is no message', 'foreign-entries: error', { snapshot: logOf(entry(one.id, 'one', '', '{}'), two) }],
    [
      'an entry of a form that a newer version wrote',
      'newer-entries: error',
      { snapshot: logOf(entry(one.id, 'one', '', '{"columns":[],"version":"9.1.0"}'), two) },
    ],
    ['a log of the same channel in another database', 'other-databases: warning', { otherDatabases: [1] }],
    ['an entry that was deleted', 'chain: warning', { snapshot: logOf(one, three) }],
    ['a head that is not the last entry', 'chain: error', { snapshot: { ...logOf(one, two), last: 'three' } }],
    [
      'stream IDs ahead of the clock',
      'stream-clock: warning',
      { snapshot: logOf(one, entry(`${now + 501}-0`, 'two', 'one')), subscriptions: [] },
    ],
    ['a full log that covers too little', 'cover: warning', { snapshot: logOver(599_999, 100, 200), ...caughtUp }],
    [
      'the same before Redis 7, by its chain',
      'cover: warning',
      { snapshot: logOver(599_999, 100, undefined, 'zero'), ...caughtUp },
    ],
    [
      'a retention that will cover too little, before the log is full',
      'cover: warning',
      {
        snapshot: logOver(60_000, 100, 100),
        subscriptions: [member({ retention: entriesOnly(999), position: `${now}-0@two` })],
        publishers: [],
      },
    ],
    ['dead letters', 'dead-letters: warning', { deadLetters: 1 }],
  ])('%s', (_, brief, changes) => {
    expect(briefly(problemsOf(changes))).toEqual([brief])
  })
})

test('names the services whose retention differs from most', () => {
  const odd = publisher({
    service: 'billing',
    retention: { maxEntries: 500, maxBytes: undefined, maxAgeMs: undefined },
  })
  const [finding] = problemsOf({ publishers: [publisher(), odd] })
  expect(finding?.check).toBe('retention')
  expect(finding?.what).toMatch(/^billing: `retention` is 500 entries; [a-z, -]+: 100,000 entries/)
})

describe('is fine', () => {
  test.each<[what: string, changes: Partial<Answers>]>([
    ['no log yet', { snapshot: { last: undefined, stream: undefined, newest: [] } }],
    ['keys that are there as they should be', { keyStates: [{ key: 'k', type: 'hash', expected: 'hash' }] }],
    ['keys that are not there', { keyStates: [{ key: 'k', type: 'none', expected: 'hash' }] }],
    ['a marker', { snapshot: logOf(entry(one.id, 'one', '', '{"frame":[]}'), two, three) }],
    ['a log whose head key was lost', { snapshot: { ...healthyLog, last: undefined } }],
    ['a full log that covers enough', { snapshot: logOver(600_000, 100, 200), ...caughtUp }],
    [
      'a retention that will cover enough',
      {
        snapshot: logOver(60_000, 100, 100),
        subscriptions: [member({ retention: entriesOnly(1_000), position: `${now}-0@two` })],
        publishers: [],
      },
    ],
    ['a burst at the very beginning', { snapshot: logOver(10, 1_000, 1_000), ...caughtUp }],
  ])('%s', (_, changes) => {
    expect(problemsOf(changes)).toEqual([])
  })
})

test('says how much retention would do', () => {
  const [finding] = problemsOf({ snapshot: logOver(60_000, 1_000, 2_000), ...caughtUp })
  expect(finding?.what).toContain('1.0 min')
  expect(finding?.whatToDo).toContain('10,000')
})

describe('with a limit of age, it', () => {
  const aged = (maxAgeMs: number): Partial<Answers> => ({
    subscriptions: [],
    publishers: [publisher({ retention: { ...entriesOnly(100_000), maxAgeMs } })],
  })

  test('says to raise that alone if there is room for more entries', () => {
    const [finding] = problemsOf({ snapshot: logOver(60_000, 100, 100), ...aged(60_000) })
    expect(finding?.what).toContain('1.0 min')
    expect(finding?.whatToDo).toMatch(/raise `retention.maxAgeMs` to at least 600,000, or/)
  })

  test('is fine with a quiet log from which old entries were dropped', () => {
    const found = problemsOf({ snapshot: logOver(1_000, 2, 5_000), ...aged(3_600_000) })
    expect(briefly(found)).not.toContain('cover: warning')
  })
})

test('takes how long an outage is to be covered from the operator', () => {
  const snapshot = logOver(60_000, 100, 200)
  expect(problemsOf({ snapshot, ...caughtUp }, { coverMs: 60_000 })).toEqual([])
  expect(briefly(problemsOf({ snapshot, ...caughtUp }, { coverMs: 60_001 }))).toEqual(['cover: warning'])
})

test('names the first foreign entry and why it is none of ours', () => {
  const [finding] = problemsOf({ snapshot: logOf(one, { id: two.id, fields: ['k', 'v', 'x', 'y'] }, three) })
  expect(finding?.what).toContain(`1 entry of the newest 3 came from somebody else; ${two.id}: its fields are k, x`)
})
