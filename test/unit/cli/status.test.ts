import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { renderStatus } from '../../../src/cli/status-rendering.js'
import { type StatusFacts, summarizeStatus } from '../../../src/cli/status-summary.js'
import { announced } from '../../support/announced.js'
import { entriesOnly } from '../../support/retention.js'

const now = 1_795_000_000_000
const entry = (age: number, appendId: string) => ({
  position: { streamId: `${now - age}-0`, appendId },
  prev: '',
  frame: '',
})
const first = entry(90_000, 'a1')
const last = entry(10_000, 'a4')

const facts: StatusFacts = {
  publishers: { value: [] },
  channel: 'cache:invalidate',
  server: 'redis.internal:6379',
  now,
  snapshot: {
    value: {
      last: 'a4',
      stream: { length: 4, added: 4, lastId: last.position.streamId, first, last },
      newest: [90_000, 40_000, 20_000, 10_000].map((age) => ({ id: `${now - age}-0`, fields: [] })),
    },
  },
  bytes: { value: 2_048 },
  listeners: { value: 2 },
  announced: {
    value: [
      announced(
        { service: 'feed-service', name: 'feed', behind: 1_234, lagMs: 2_500, retrying: 3, deadLetters: 1, resyncs: 2 },
        1_200,
      ),
      announced({ service: 'user-service', name: 'users', state: 'replaying', position: undefined }, 90_000),
    ],
  },
}
const plain = { style: (_: string, text: string) => text }

/** The fields of `--json`; a name such as `.lagMs` continues the one before it, and one row has all that names a member. */
function documentedFields(): readonly string[] {
  const page = readFileSync(new URL('../../../docs/command-line.md', import.meta.url), 'utf8')
  const [table = ''] = page.slice(page.indexOf('With `--json` it is one object')).split('\n\n').slice(1)
  return table.split('\n').flatMap((row) => {
    const [, first = '', second = ''] = row.split('|')
    const names = codeIn(first)
    if (names[0] === 'subscribers[]') return codeIn(second).map((name) => `subscribers[].${name}`)
    return names.map((name) => (name.startsWith('.') ? `subscribers[]${name}` : name))
  })
}

function codeIn(cell: string): readonly string[] {
  return Array.from(cell.matchAll(/`([^`]+)`/g), ([, code = '']) => code)
}

describe('a status', () => {
  it('has the fields that docs/command-line.md lists, and no others', () => {
    const { log, subscribers, ...others } = summarizeStatus(facts)
    const named = (prefix: string, part: object | undefined): string[] =>
      Object.keys(part ?? {}).map((key) => prefix + key)
    expect(documentedFields().toSorted()).toEqual(
      [
        ...named('', others),
        ...named('log.', log ?? undefined),
        ...named('subscribers[].', subscribers?.[0]),
      ].toSorted(),
    )
  })

  it('tells of the log and of every subscription, as JSON', () => {
    expect(JSON.parse(JSON.stringify(summarizeStatus(facts)))).toEqual({
      channel: 'cache:invalidate',
      server: 'redis.internal:6379',
      log: {
        length: 4,
        retentions: [
          { maxEntries: 100_000, maxBytes: 2 ** 40, maxAgeMs: null, services: ['feed-service', 'user-service'] },
        ],
        bytes: 2_048,
        oldest: first.position.streamId,
        oldestAgeMs: 90_000,
        head: `${last.position.streamId}@a4`,
        rate: { entriesPerSecond: 3 / 60, entries: 3, windowMs: 60_000 },
      },
      subscribers: [
        {
          name: 'feed',
          service: 'feed-service',
          host: 'web-3',
          pid: 4711,
          version: '0.1.0',
          state: 'live',
          position: '5-1@a',
          behind: 1_234,
          lagMs: 2_500,
          retrying: 3,
          resyncs: 2,
          replayed: 0,
          deadLetters: 1,
          startedAt: '2026-11-18T11:06:40.000Z',
          seenAgoMs: 1_200,
          silent: false,
          nameTaken: false,
        },
        {
          name: 'users',
          service: 'user-service',
          host: 'web-3',
          pid: 4711,
          version: '0.1.0',
          state: 'replaying',
          position: null,
          behind: 0,
          lagMs: 0,
          retrying: 0,
          resyncs: 0,
          replayed: 0,
          deadLetters: 0,
          startedAt: '2026-11-18T11:06:40.000Z',
          seenAgoMs: 90_000,
          silent: true,
          nameTaken: false,
        },
      ],
      listeners: 2,
      unregistered: 0,
      unknown: [],
    })
  })

  it('tells of an empty log that nobody follows', () => {
    const empty = { last: undefined, stream: undefined, newest: [] }
    const status = summarizeStatus({
      ...facts,
      snapshot: { value: empty },
      bytes: { value: 0 },
      announced: { value: [] },
    })
    expect(status.log).toMatchObject({ length: 0, retentions: [], oldest: null, oldestAgeMs: null, head: null })
    expect(renderStatus(status, plain)).toContain('no subscription has announced itself')
    expect(renderStatus(status, plain)).toContain('0 entries, retention not known')
  })

  it('tells of an entry that somebody else added by its stream ID', () => {
    const foreign = { length: 1, added: 1, lastId: '5-0', first, last: entry(0, '') }
    const status = summarizeStatus({ ...facts, snapshot: { value: { last: '', stream: foreign, newest: [] } } })
    expect(status.log?.head).toBe(`${now}-0`)
  })

  it('says what it does not know, and why', () => {
    const status = summarizeStatus({
      ...facts,
      snapshot: { reason: 'XINFO was refused' },
      bytes: { reason: 'MEMORY was refused' },
      announced: { reason: 'TIME was refused' },
    })
    const reasons = ['XINFO was refused', 'MEMORY was refused', 'TIME was refused']
    expect(status).toMatchObject({ log: null, subscribers: null, unknown: reasons })
    const text = renderStatus(status, plain)
    for (const reason of reasons) expect(text).toContain(`not known: ${reason}`)
  })

  it('counts who listens and has not announced itself: subscriptions of one subscriber share a connection', () => {
    const shared = [
      announced({ subscriber: 'one', name: 'memory' }),
      announced({ subscriber: 'one', name: 'disk' }),
      announced({ name: 'of an older version' }),
    ]
    const of = (listeners: number) =>
      summarizeStatus({ ...facts, announced: { value: shared }, listeners: { value: listeners } })
    expect([0, 2, 3, 5].map((listeners) => of(listeners).unregistered)).toEqual([0, 0, 1, 3])
    expect(renderStatus(of(2), plain)).not.toContain('listen to the channel')
    expect(renderStatus(of(3), plain)).toMatch(
      /\n1 more connection listens to the channel: a service on the Rust crate/,
    )
    expect(renderStatus(of(5), plain)).toMatch(/\n3 more connections listen to the channel/)
  })

  it('does not know who has not announced itself where the server refuses to count', () => {
    const status = summarizeStatus({ ...facts, listeners: { reason: 'NOPERM' } })
    expect(status).toMatchObject({ listeners: null, unregistered: null, unknown: ['NOPERM'] })
  })

  it('reads well', () => {
    expect(renderStatus(summarizeStatus(facts), plain)).toBe(
      [
        'cache:invalidate on redis.internal:6379',
        '  length  4 entries, kept: 100,000 entries, 1,048,576 MiB',
        '  oldest  1.5 min ago, 1794999910000-0',
        '  memory  2 KiB',
        '  rate    0.05 entries/s: 3 entries in the last 1.0 min',
        '  head    1794999990000-0@a4',
        '',
        '2 subscriptions, 1 silent',
        'name   failing  dead letters  service       host:pid    state      position  behind    lag    last seen  resyncs',
        'feed         3             1  feed-service  web-3:4711  live       5-1        1,234  2.5 s    1.2 s ago        2',
        'users        0             0  user-service  web-3:4711  replaying  -              0   0 ms  1.5 min ago        0  silent',
      ].join('\n'),
    )
  })

  it('shows services that disagree about retention, and names seen twice', () => {
    const both = { value: [announced({ retention: entriesOnly(500) }), announced({ retention: entriesOnly(1_000) })] }
    const text = renderStatus(summarizeStatus({ ...facts, announced: both }), plain)
    expect(text).toContain('kept: 500 entries, 1,048,576 MiB; services that differ: feed-service: 1,000 entries')
    expect(text.match(/name seen twice/g)).toHaveLength(2)
  })

  it('lets nobody draw on the terminal by their name', () => {
    const evil = { value: [announced({ name: '\u001b[2Jx', state: 'a\nb' })] }
    const text = renderStatus(summarizeStatus({ ...facts, channel: 'a\u0007b', announced: evil }), plain)
    expect(text).not.toMatch(/[^\P{Cc}\n]/u)
  })
})
