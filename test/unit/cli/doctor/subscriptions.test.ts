import { describe, expect, test } from 'vitest'
import type { Answers } from '../../../../src/cli/doctor/facts.js'
import { type Right, rightsOf } from '../../../../src/log/admin/rights.js'
import { briefly, entry, logOf, member, now, one, problemsOf, publisher, terms, two } from './fixtures.js'

/** A subscription that is not at the newest entry, which had stood for so long when it last told of itself. */
const behindFor = (ms: number, ageMs: number): Partial<Answers> => ({
  snapshot: logOf(one, two, entry(`${now - ms - ageMs}-0`, 'three', 'two')),
  subscriptions: [member({ position: `${now - 90_000}-0@one`, ageMs })],
})

const packedLog: Partial<Answers> = {
  snapshot: logOf(one, entry(two.id, 'two', 'one', `{"frame":[${two.fields[5]},${two.fields[5]}]}`)),
  subscriptions: [member({ position: undefined })],
}

describe('is found', () => {
  test.each<[what: string, brief: string, changes: Partial<Answers>]>([
    ['that nobody listens', 'listeners: warning', { listeners: 0 }],
    ['a listener that may not understand what is packed', 'packing: warning', { listeners: 2, ...packedLog }],
    [
      'such a listener before anything was packed, since a publisher packs',
      'packing: warning',
      { listeners: 2, publishers: [publisher(), publisher({ service: 'users', packing: false })] },
    ],
    [
      'a subscription that fell silent',
      'silent: warning',
      { subscriptions: [member({ silent: true, ageMs: 20_000 })] },
    ],
    ['a handler that fails', 'failing: warning', { subscriptions: [member({ retrying: 2 })] }],
    ['a handler that is stuck', 'stuck: error', { subscriptions: [member({ lagMs: 30_001, behind: 3 })] }],
    ['a subscription that never came to the newest entry', 'stuck: error', behindFor(30_001, 2_000)],
    ['a subscription that replays', 'not-live: warning', { subscriptions: [member({ state: 'replaying' })] }],
    [
      'a name that is used twice at once',
      'twice: warning',
      { subscriptions: [member({ nameTaken: true }), member({ nameTaken: true, pid: 8 })] },
    ],
    ['a cursor that nobody uses', 'cursors: warning', { cursors: new Map([['gone', '1-1@abc']]) }],
  ])('%s', (_, brief, changes) => {
    expect(briefly(problemsOf(changes))).toEqual([brief])
  })
})

describe('is fine', () => {
  test.each<[what: string, changes: Partial<Answers>]>([
    ['a fleet that does not make itself known', { subscriptions: [] }],
    ['a listener without a record while nothing is packed', { listeners: 2 }],
    ['what is packed while every listener has a record', { listeners: 1, ...packedLog }],
    [
      'what is packed for subscriptions that share a connection',
      { ...packedLog, listeners: 1, subscriptions: ['a', 'b'].map((name) => member({ name, subscriber: 's' })) },
    ],
    ['a handler that takes a while', { subscriptions: [member({ lagMs: 30_000, behind: 3 })] }],
    ['an entry that had stood for a moment when a subscription last told of itself', behindFor(29_000, 2_000)],
    ['a subscription without a position yet', { subscriptions: [member({ position: undefined })] }],
    ['a cursor that is in use', { cursors: new Map([['cache', '1-1@abc']]) }],
  ])('%s', (_, changes) => {
    expect(problemsOf(changes)).toEqual([])
  })
})

test('what a silent subscription said before is old news', () => {
  const gone = member({ silent: true, state: 'replaying', lagMs: 90_000 })
  expect(briefly(problemsOf({ subscriptions: [gone] }))).toEqual(['silent: warning'])
})

test('says whether a cursor that nobody uses will replay or resync', () => {
  const whats = problemsOf({
    cursors: new Map([
      ['old', '1-1@abc'],
      ['young', `${one.id}@one`],
      ['odd', 'no position'],
    ]),
  }).map(({ what }) => what.split('; ')[1])
  expect(whats).toEqual([
    'its place in the log is gone, so it will resync',
    'it will replay from its place',
    'it will replay from its place',
  ])
})

test('takes how far behind a subscription may be from the operator', () => {
  const subscriptions = [member({ lagMs: 500 })]
  expect(problemsOf({ subscriptions }, { lagMs: 500 })).toEqual([])
  expect(briefly(problemsOf({ subscriptions }, { lagMs: 499 }))).toEqual(['stuck: error'])
})

describe('rights', () => {
  const rights = rightsOf(terms.keys, false)
  const lacking = (role: Right['role'], ...names: string[]): Pick<Answers, 'missingRights'> => ({
    missingRights: rights.filter((right) => right.role === role && names.includes(right.command[0])),
  })

  test('that are needed are errors, others warnings; each says what happens without', () => {
    expect(briefly(problemsOf(lacking('publisher', 'PUBLISH')))).toEqual(['publisher-rights: error'])
    expect(briefly(problemsOf(lacking('publisher', 'WAIT')))).toEqual(['publisher-rights: warning'])
    expect(briefly(problemsOf(lacking('subscriber', 'SUBSCRIBE')))).toEqual(['subscriber-rights: error'])
    expect(briefly(problemsOf(lacking('subscriber', 'HGET')))).toEqual(['subscriber-rights: warning'])
  })

  test('are named with command, key and channel, and how to grant them', () => {
    const [finding] = problemsOf(lacking('publisher', 'EVAL', 'XADD'), { user: 'shop' })
    expect(finding?.what).toBe(
      'A publisher is refused EVAL {orders}:stream {orders}:last, XADD {orders}:stream: nothing is appended',
    )
    expect(finding?.whatToDo).toContain('ACL SETUSER shop +eval ~{orders}:stream ~{orders}:last +xadd')
  })

  test('of a sharded fleet are those of its shard', () => {
    const sharded = rightsOf(terms.keys, true).filter(({ command: [name] }) => /^S(PUBLISH|SUBSCRIBE)$/.test(name))
    const advice = problemsOf({ missingRights: sharded }).map(({ whatToDo }) => whatToDo)
    expect(advice).toEqual([
      expect.stringMatching(/\+spublish &orders$/) as string,
      expect.stringMatching(/\+ssubscribe &orders$/) as string,
    ])
  })

  test('of the other role are left out where one is asked for', () => {
    const missing = lacking('publisher', 'XADD')
    expect(problemsOf(missing, { role: 'subscriber' })).toEqual([])
    expect(briefly(problemsOf(missing, { role: 'publisher' }))).toEqual(['publisher-rights: error'])
  })
})
