import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Invalidation, InvalidationMessage } from '../../../../src/message/message.js'
import type { TraceContext } from '../../../../src/message/trace-context.js'
import { decodeFrame } from '../../../../src/message/wire/decode-frame.js'
import { decodeMessage } from '../../../../src/message/wire/decode.js'
import { Stamp } from '../../../../src/message/wire/encode-plain.js'
import { encodeFrame, prepareMessage } from '../../../../src/message/wire/encode.js'
import type { PreparedMessage } from '../../../../src/message/wire/prepared-message.js'
import { timestampText } from '../../../../src/support/precise-clock.js'
import { heapInUse } from '../../../support/collect-garbage.js'

const series = '1849d92d-e2cd-4bb1-b50b-0534f75f0'
const start = Date.parse('2026-11-22T10:00:00.000Z') * 1_000
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

const traces: readonly (TraceContext | undefined)[] = [
  undefined,
  { traceparent },
  { traceparent: traceparent.replace('b7', 'c8') },
  { traceparent, tracestate: 'a=b' },
]
const id = fc.oneof(
  fc.stringMatching(/^[!#-[\]-~]{1,40}$/),
  fc.uuid(),
  fc.nat().map(String),
  fc.constantFrom('a b', 'é', '"', '\\', ',', '__proto__', 'x'.repeat(600), ' ', '\n'),
)
const entity = fc.record({
  action: fc.constantFrom('delete', 'update'),
  entityType: fc.oneof(fc.constantFrom('user', 'post', 'session', 'two words', 'ü', '__proto__'), id),
  entityId: id,
}) as fc.Arbitrary<Invalidation>
const given = fc.oneof(
  { weight: 6, arbitrary: entity },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Invalidation & Partial<InvalidationMessage>>(
      { action: 'pattern', pattern: 'user:*' },
      { action: 'batch', cacheKeys: ['user:1', 'post:2'] },
      { action: 'tag', tags: ['tenant:42', 'posts'] },
      { action: 'tag', tags: ['posts'], mode: 'expire' },
      { action: 'delete', entityType: 'user', entityId: '1', metadata: { why: [1, 'two'] } },
      { action: 'delete', entityType: 'user', entityId: '1', messageId: 'mine' },
      { action: 'delete', entityType: 'user', entityId: '1', timestamp: '2026-11-22T10:00:00+01:00' },
      { action: 'delete', entityType: 'user', entityId: '1', sourceService: 'other' },
    ),
  },
)
/** Steps of the id counter and of the clock, which may go back. */
const stamped = fc.record({
  given,
  skip: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(5_000) }),
  after: fc.oneof(
    { weight: 5, arbitrary: fc.nat(9) },
    { weight: 1, arbitrary: fc.integer({ min: -10_000_000, max: 10_000_000 }) },
  ),
  trace: fc.constantFrom(...traces),
  source: fc.oneof(
    { weight: 8, arbitrary: fc.constant('user-service') },
    { weight: 1, arbitrary: fc.constant('other') },
  ),
  isDrawn: fc.integer({ min: 0, max: 9 }).map((chance) => chance === 0),
})
type Stamped = typeof stamped extends fc.Arbitrary<infer Value> ? Value : never

function isAccepted({ given: each, trace, source }: Stamped): boolean {
  try {
    prepareMessage(each, { messageId: 'm', timestamp: '2026-11-22T10:00:00Z', sourceService: source }, trace)
    return true
  } catch {
    return false
  }
}

function prepareAll(messages: readonly Stamped[]): PreparedMessage[] {
  let ids = 0
  let moment = start
  return messages.map(({ given: each, skip, after, trace, source, isDrawn }) => {
    ids += skip
    moment += after
    const at = isDrawn
      ? { series: `drawn-${ids}`, count: -1 }
      : { series: `${series.slice(0, -1)}${Math.floor(ids / 4_096) % 10}`, count: ids % 4_096 }
    ids += 1
    return prepareMessage(each, new Stamp(at, moment, source), trace)
  })
}

/** What a reader makes of the same messages if each is written plain. */
function plainly(prepared: readonly PreparedMessage[]): ReturnType<typeof decodeFrame> {
  return decodeFrame(`{"frame":[${prepared.map(({ json }) => json).join()}]}`)
}

function users(ids: readonly string[], source = 'user-service'): PreparedMessage[] {
  return ids.map((entityId, index) =>
    prepareMessage(
      { action: 'delete', entityType: 'user', entityId },
      new Stamp({ series, count: index % 4_096 }, start + index * 3, source),
    ),
  )
}

function sixDigits(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(100_000 + ((index * 7_919) % 900_000)))
}

describe('a frame in columns', () => {
  it('says what its messages say one by one, whatever they are, in their order', () => {
    let inColumns = 0
    fc.assert(
      fc.property(
        fc.array(stamped.filter(isAccepted), { minLength: 2, maxLength: 40 }),
        fc.boolean(),
        (all, isLive) => {
          const prepared = prepareAll(all)
          const frame = encodeFrame(prepared)
          if (frame.startsWith('{"columns"')) inColumns++
          const place = { stream_id: '1795365850251-16', append_id: 'abcdefgh4mnz', prev: '', db: 0 }
          const text = isLive ? `${JSON.stringify(place).slice(0, -1)},${frame.slice(1)}` : frame
          const { messages, traces: read, rejected, appendId } = decodeFrame(text)
          const expected = plainly(prepared)
          expect(rejected).toEqual([])
          expect(messages).toEqual(prepared.map(({ json }) => decodeMessage(json)))
          expect(messages.map((_message, index) => read?.[index])).toEqual(
            messages.map((_message, index) => expected.traces?.[index]),
          )
          expect(appendId).toBe(isLive ? 'abcdefgh4mnz' : undefined)
        },
      ),
      { numRuns: 2_000 },
    )
    expect(inColumns).toBeGreaterThan(1_000)
  })

  it('takes at most 16 bytes a message for ids of six digits', () => {
    const prepared = users(sixDigits(380))
    expect(Buffer.byteLength(encodeFrame(prepared)) / prepared.length).toBeLessThan(11)
  })

  it.each([
    ['one message alone', (all: readonly PreparedMessage[]) => all.slice(0, 1)],
    ['no message', () => []],
  ])('is not made of %s', (_what, of) => {
    expect(encodeFrame(of(users(['1', '2'])))).not.toContain('columns')
  })

  it('keeps types and actions that change with each message small', () => {
    const mixed = sixDigits(400).map((entityId, index) =>
      prepareMessage(
        { action: index % 2 === 0 ? 'delete' : 'update', entityType: index % 3 === 0 ? 'user' : 'session', entityId },
        new Stamp({ series, count: index }, start + index * 3, 'user-service'),
      ),
    )
    expect(encodeFrame(mixed).length / mixed.length).toBeLessThan(16)
  })

  it('keeps ids small of which others were used between them, as if two publishers of a process share their series', () => {
    const every = users(sixDigits(800)).filter((_message, index) => index % 2 === 0)
    expect(encodeFrame(every).length / every.length).toBeLessThan(16)
    expect(decodeFrame(encodeFrame(every)).messages).toEqual(every.map(({ json }) => decodeMessage(json)))
  })

  it('takes no more than its messages are counted as, and 64 KiB, if each is of another type with a long name', () => {
    const types = Array.from({ length: 1_000 }, (_, index) => String(index).padEnd(512, 'x'))
    const prepared = types.map((entityType, count) =>
      prepareMessage({ action: 'delete', entityType, entityId: '1' }, new Stamp({ series, count }, start, 'service')),
    )
    const counted = prepared.reduce((sum, { packedBytes }) => sum + packedBytes, 0)
    expect(encodeFrame(prepared).length).toBeLessThan(counted + 64 * 1024)
  })

  it.each([2_256, 3_000, 9_999])('is read as it was written by a clock of the year %d', (year) => {
    const at = Date.parse(`${year}-07-01T00:00:00.123Z`) * 1_000
    const prepared = ['1', '2', '3'].map((entityId, count) =>
      prepareMessage(
        { action: 'delete', entityType: 'user', entityId },
        new Stamp({ series, count }, at + count * 1_000, 'service'),
      ),
    )
    const { messages, rejected } = decodeFrame(encodeFrame(prepared))
    expect(rejected).toEqual([])
    expect(messages).toEqual(prepared.map(({ json }) => decodeMessage(json)))
  })

  it('names the version that writes it, as every new form does', () => {
    expect(JSON.parse(encodeFrame(users(['1', '2'])))).toMatchObject({ version: expect.any(String) as string })
  })

  it('is read into messages whose texts do not keep it', () => {
    const kept: InvalidationMessage[] = []
    const before = heapInUse()
    for (let index = 0; index < 200; index++) {
      // One long id among short ones, and all of them long: both forms of the column.
      const areLong = index % 2 === 0
      const ids = Array.from(
        { length: 1_000 },
        (_, n) => `${index}-${n}${areLong || n === 500 ? '-with-a-long-tail' : ''}`,
      )
      const message = decodeFrame(encodeFrame(users(ids))).messages[500]
      if (message) kept.push(message)
    }
    expect(kept).toHaveLength(200)
    // A frame has 8 to 45 KB.
    expect(heapInUse() - before).toBeLessThan(200 * 3_000)
    expect(kept.every(({ action }) => action === 'delete')).toBe(true)
  })
})

interface FrameVectors {
  readonly accept: readonly { readonly name: string; readonly wire: string; readonly expect: readonly unknown[] }[]
  readonly reject: readonly { readonly name: string; readonly wire: string; readonly error: string }[]
}

const { frames } = JSON.parse(readFileSync(new URL('../../../wire-vectors.json', import.meta.url), 'utf8')) as {
  readonly frames: FrameVectors
}

describe('the vectors of frames', () => {
  it.each(frames.accept)('$name is read', ({ wire, expect: messages }) => {
    expect(decodeFrame(wire)).toMatchObject({ messages, rejected: [] })
  })

  it.each(frames.reject)('$name is refused', ({ wire, error }) => {
    const { rejected } = decodeFrame(wire)
    expect(rejected).toHaveLength(1)
    expect(rejected[0]?.message).toContain(error)
  })
})

describe('columns that nobody should send', () => {
  const good = {
    source_service: 'hostile',
    kinds: [['Delete', 'User']],
    runs: [0, 3],
    message_ids: [[series, 7, 3]],
    timestamp: '2026-11-22T10:00:00.000000Z',
    after: [1, 2],
    entity_ids: '1 2 3',
  }
  const beside = {
    message_id: 'm',
    timestamp: '2026-11-22T10:00:00Z',
    source_service: 'a',
    entity_type: 'User',
    entity_id: '9',
    action: 'Delete',
  }

  const bad: readonly [what: string, change: Record<string, unknown>, names?: string][] = [
    ['a run of a million', { runs: [0, 1_000_000] }],
    ['a run of 9e15', { runs: [0, Number.MAX_SAFE_INTEGER] }],
    ['runs for fewer', { runs: [0, 2] }],
    ['an empty run', { runs: [0, 0, 0, 3] }],
    ['a run of half a message', { runs: [0, 1.5, 0, 1.5] }],
    ['a kind that does not exist', { runs: [1, 3] }, 'kinds'],
    ['a negative kind', { runs: [-1, 3] }],
    ['a kind by its name', { runs: ['0', 3] }],
    ['no kinds', { kinds: undefined }],
    ['a kind of another action', { kinds: [['Batch', 'User']] }],
    ['a kind of an unknown type', { kinds: [['Delete', 'Usher']] }],
    ['a million ids in many series', { message_ids: Array(20_000).fill(['', 0, 4_096]) }],
    ['a million message ids', { message_ids: [[series, 0, 1_000_000]] }],
    ['a series of 8 KiB', { message_ids: [['x'.repeat(8_000), 7, 3]] }],
    ['message ids for fewer', { message_ids: [[series, 7, 2]] }],
    ['message ids beyond their series', { message_ids: [[series, 4_094, 3]] }],
    ['a gap of no number', { message_ids: [[series, 7, 1, '1', 2]] }],
    ['a negative gap', { message_ids: [[series, 7, 1, -2, 2]] }],
    ['a series without a text', { message_ids: [[7, 7, 3]] }],
    ['offsets for fewer', { after: [1] }],
    ['offsets for a million', { after: Array(100_000).fill(1) }],
    ['offsets that overflow', { after: [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] }],
    ['offsets beyond the year 2255', { after: [8_000_000_000_000_000, 1] }],
    ['offsets before the year 1684', { after: [-11_000_000_000_000_000, 1] }],
    ['a timestamp beyond the year 2255', { timestamp: '2300-01-01T00:00:00.000000Z' }],
    ['offsets that are fractions', { after: [0.5, 0.5] }],
    ['offsets that are texts', { after: ['1', '2'] }],
    ['a timestamp of another form', { timestamp: '2026-11-22T10:00:00Z' }],
    ['a timestamp of a day that does not exist', { timestamp: '2026-02-30T10:00:00.000000Z' }],
    ['a leap second', { timestamp: '2026-12-31T23:59:60.000000Z' }],
    ['one id more, by a separator', { entity_ids: '1 2 3 ' }, 'runs'],
    ['ids that are numbers', { entity_ids: [1, 2, 3] }],
    ['an id that is too long', { entity_ids: `1 2 ${'x'.repeat(9_000)}` }],
    ['100,000 ids', { entity_ids: '1 '.repeat(100_000) }, 'got more'],
    ['a list of 100,000 ids', { entity_ids: Array(100_000).fill('1') }, 'got more'],
    ['no source', { source_service: null }],
    ['traces for fewer', { traceparents: [''] }],
  ]

  it.each(bad)(
    '%s: is refused in microseconds, with one error that names it, and costs no message beside it',
    (_what, change, names?: string) => {
      const text = JSON.stringify({ columns: { ...good, ...change }, others: [[0, beside]], version: '0.1.0' })
      const { messages, rejected } = decodeFrame(text)
      expect(rejected).toHaveLength(1)
      expect(rejected[0]?.message).toContain(names ?? Object.keys(change)[0])
      expect(messages.map((message) => 'entityId' in message && message.entityId)).toEqual(['9'])
      const startedAt = performance.now()
      for (let time = 0; time < 10; time++) decodeFrame(text)
      // Reading JSON of half a megabyte takes a few milliseconds; the columns themselves next to nothing.
      expect((performance.now() - startedAt) / 10).toBeLessThan(text.length > 50_000 ? 50 : 3)
    },
  )

  it('are refused if they are more than 10,000, however well they agree', () => {
    const of = (count: number) => ({
      ...good,
      runs: [0, count],
      message_ids: Array.from({ length: count / 5 }, () => [series, 0, 5]),
      after: Array(count - 1).fill(1),
      entity_ids: Array(count).fill('1').join(' '),
    })
    const read = (count: number) =>
      decodeFrame(JSON.stringify({ columns: of(count), version: '0.1.0' })).messages.length
    expect([read(10_000), read(10_005)]).toEqual([10_000, 0])
  })

  it('are read if they are as they should be', () => {
    const { messages, rejected } = decodeFrame(JSON.stringify({ columns: good, version: '0.1.0' }))
    expect([messages.length, rejected]).toEqual([3, []])
    expect(messages[2]).toMatchObject({ entityId: '3', messageId: `${series}009`, timestamp: timestampText(start + 3) })
  })

  it.each<[string, unknown]>([
    ['not a list', { 0: beside }],
    ['no pair', [beside]],
    ['a place that is no number', [['0', { ...beside, entity_id: 7 }]]],
    ['a place far away', [[1e9, { ...beside, action: 'Clear' }]]],
  ])('and others that are %s: is refused, and costs no message in the columns', (_what, others) => {
    const { messages, rejected } = decodeFrame(JSON.stringify({ columns: good, others, version: '0.1.0' }))
    expect(rejected).toHaveLength(1)
    expect(messages.map((message) => 'entityId' in message && message.entityId)).toEqual(['1', '2', '3'])
  })

  it('are refused beside a list of messages: neither form is read', () => {
    const { messages, rejected } = decodeFrame(JSON.stringify({ columns: good, frame: [], version: '0.1.0' }))
    expect([messages.length, rejected.length]).toEqual([0, 1])
  })

  it('with a thousand bad messages beside them are read no further, and say so', () => {
    const others = Array.from({ length: 5_000 }, (_, place) => [place, {}])
    const { messages, rejected } = decodeFrame(JSON.stringify({ columns: good, others, version: '0.1.0' }))
    expect([messages.length, rejected.length]).toEqual([3, 1_001])
  })
})
