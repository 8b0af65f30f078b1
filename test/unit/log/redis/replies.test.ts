import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  readAppended,
  readEntry,
  readInfo,
  readJoinedPage,
  readNumber,
  readOptionalText,
  readPresence,
  readServer,
  readStreamInfo,
} from '../../../../src/log/redis/replies.js'
import { RedisError } from '../../../../src/support/errors.js'

describe('replies', () => {
  it('are read as the place of an append, whatever somebody else has put into the head before it', () => {
    const position = { streamId: '1-2', appendId: 'x' }
    expect(readAppended('1-2 3 w', 'x')).toEqual({ position, receivers: 3, prev: 'w' })
    expect(readAppended('1-2 -1 ', 'x')).toEqual({ position, receivers: -1, prev: '' })
    expect(readAppended('1-2 0 not ours\r\n 7', 'x')).toEqual({ position, receivers: 0, prev: 'not ours\r\n 7' })
  })

  it.each([['1-2'], ['1-2 3'], [' 3 w'], ['1-2 x w'], [['1-2', 'w', 3]], [null]])(
    'of an append that name no place are refused: %j',
    (reply) => {
      expect(() => readAppended(reply, 'x')).toThrow(RedisError)
    },
  )

  it('are read as entries, whatever the order of the fields', () => {
    const entry = { position: { streamId: '1-2', appendId: 'x' }, prev: 'w', frame: '{}' }
    expect(readEntry(['1-2', ['a', 'x', 'p', 'w', 'm', '{}']])).toEqual(entry)
    expect(readEntry(['1-2', ['m', '{}', 'other', 'a', 'p', 'w', 'a', 'x']])).toEqual(entry)
  })

  it('are read as entries that continue nothing where somebody else wrote them', () => {
    const foreign = { position: { streamId: '1-2', appendId: '' }, prev: '', frame: '' }
    expect(readEntry(['1-2', ['field', 'value']])).toEqual(foreign)
  })

  it('are read as what XINFO STREAM says, before Redis 7 and after', () => {
    const entry = ['1-2', ['a', 'x', 'p', '', 'm', '{}']]
    const old = ['length', 1, 'last-generated-id', '1-2', 'groups', 0, 'first-entry', entry, 'last-entry', entry]
    expect(readStreamInfo(old)).toMatchObject({ length: 1, added: undefined, lastId: '1-2' })
    expect(readStreamInfo([...old, 'entries-added', 7])).toMatchObject({ added: 7, last: { prev: '' } })
    const empty = ['length', 0, 'last-generated-id', '1-2', 'first-entry', null, 'last-entry', null]
    expect(readStreamInfo(empty)).toMatchObject({ first: undefined, last: undefined })
    expect(readStreamInfo(null)).toBeUndefined()
  })

  it.each([
    ['redis_version:7.0.15\r\nredis_mode:standalone', 'Redis 7.0.15', '7.0.15', false],
    ['redis_version:8.2.3\r\nredis_mode:sentinel', 'Redis 8.2.3', '8.2.3', true],
    [
      'redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:9.1.2\r\nserver_mode:standalone',
      'Valkey 9.1.2',
      '7.2.4',
      false,
    ],
    ['redis_version:7.2.4\r\nvalkey_version:8.1.8\r\nserver_mode:sentinel', 'Valkey 8.1.8', '7.2.4', true],
    // With `extended-redis-compatibility`.
    [
      'redis_version:7.2.4\r\nserver_name:redis\r\nvalkey_version:8.1.8\r\nredis_mode:sentinel',
      'Valkey 8.1.8',
      '7.2.4',
      true,
    ],
    ['redict_version:7.3.6\r\nredict_mode:sentinel\r\nredis_version:7.2.4', 'Redict 7.3.6', '7.2.4', true],
    ['# Server\r\nuptime_in_seconds:1', 'Redis', undefined, false],
  ])('are read as which server answers: %j', (info, name, redisVersion, isSentinel) => {
    expect(readServer(readInfo(info))).toEqual({ name, redisVersion, isSentinel })
  })

  it('are refused where they are not what was asked for', () => {
    expect(() => readEntry('1-2')).toThrow(RedisError)
    expect(() => readNumber('many')).toThrow('"many"')
    expect(() => readOptionalText(7)).toThrow('7')
    expect(() => readPresence('somewhere')).toThrow('"somewhere"')
  })
})

describe('a joined page', () => {
  const id = fc.stringMatching(/^[\w.-]{0,20}$/)
  const anyEntry = fc.record({ streamId: id, appendId: id, prev: id, frame: fc.string({ unit: 'binary' }) })
  const hostileId = fc.oneof(id, fc.stringMatching(/^[\w\n]{0,6}$/))
  const hostileEntry = fc.record({ streamId: id, appendId: hostileId, prev: hostileId, frame: fc.string() })
  type Stored = typeof anyEntry extends fc.Arbitrary<infer Value> ? Value : never

  const reply = (last: string | null, stored: readonly Stored[]): unknown => [
    last,
    stored.flatMap(({ streamId, appendId, prev }) => [streamId, appendId, prev]).join('\n'),
    stored.map(({ frame }) => frame),
  ]
  const page = (last: string | null, stored: readonly Stored[]): unknown => ({
    entries: stored.map(({ streamId, appendId, prev, frame }) => ({ position: { streamId, appendId }, prev, frame })),
    last: last ?? undefined,
  })

  it('is read as the entries that were put together, whatever their frames hold', () => {
    fc.assert(
      fc.property(fc.option(id), fc.array(anyEntry), (last, stored) => {
        expect(readJoinedPage(reply(last, stored))).toEqual(page(last, stored))
      }),
    )
  })

  it('is read as nothing, and never as other entries, where somebody put line breaks into their ids', () => {
    fc.assert(
      fc.property(fc.array(hostileEntry), (stored) => {
        const isWhole = stored.every(({ appendId, prev }) => !`${appendId}${prev}`.includes('\n'))
        expect(readJoinedPage(reply('x', stored))).toEqual(isWhole ? page('x', stored) : undefined)
      }),
    )
  })

  it('is read as it is where it could not be put together', () => {
    const entries = [['1-2', ['m', '{}', 'a', 'x']]]
    expect(readJoinedPage([null, entries])).toEqual({
      entries: [{ position: { streamId: '1-2', appendId: 'x' }, prev: '', frame: '{}' }],
      last: undefined,
    })
  })

  it('is refused where it is none', () => {
    for (const none of ['page', [null], [null, 'x', 'y'], [null, '1-1\nx\n', [7]], [7, '', []]]) {
      expect(() => readJoinedPage(none)).toThrow(RedisError)
    }
  })
})
