import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deleteMessage } from '../../../../src/message/create-message.js'
import { maxTextBytes } from '../../../../src/message/limits.js'
import type { Invalidation } from '../../../../src/message/message.js'
import { decodePlainFrame, parseFrame } from '../../../../src/message/wire/decode-frame.js'
import { encodeFrame, prepareMessage } from '../../../../src/message/wire/encode.js'
import { heapInUse } from '../../../support/collect-garbage.js'
import { encodeMessage } from '../../../support/encode-message.js'

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const plainText = fc.stringMatching(/^[ !#-[\]-~]{1,40}$/)
const anyText = fc.oneof(
  plainText,
  fc.string({ minLength: 1 }),
  fc.constantFrom('user', '"', '\\', 'é', '{}', '[', '],'),
)
const entity = (text: fc.Arbitrary<string>): fc.Arbitrary<Invalidation> =>
  fc.record({
    action: fc.constantFrom('delete', 'update'),
    entityType: fc.oneof(fc.constantFrom('user', 'post', 'feed'), text),
    entityId: text,
  })
const anything = fc.oneof(
  entity(anyText),
  fc.constantFrom<Invalidation>(
    { action: 'pattern', pattern: 'user:*' },
    { action: 'batch', cacheKeys: ['user:1'] },
    { action: 'tag', tags: ['tenant:42'], mode: 'expire' },
    { action: 'delete', entityType: 'user', entityId: '1', metadata: { why: 1 } },
  ),
)
const envelope = fc.constantFrom('', '"stream_id":"1795365850251-16","append_id":"abcdefgh4mnz","prev":"abcdefgh4mny",')
const moments = [
  '2026-11-22T10:00:00Z',
  '2026-11-30T23:59:59.123Z',
  '2026-12-31T00:00:59.123456Z',
  '2026-02-28T19:07:08.123456789Z',
  '2027-10-01T20:30:00.000Z',
  '0000-01-09T00:00:00Z',
]
/** Timestamps as well, but not such as our publishers write, or on few days alone. */
const rareMoments = [
  '2024-02-29T10:00:00Z',
  '2026-12-31T23:59:60Z',
  '2026-11-22T10:00:00+01:00',
  '2026-11-22T10:00:00.1Z',
  '2026-11-22T10:00:00.1234Z',
  '2026-11-22T10:00:00-00:00',
]

function frames(of: fc.Arbitrary<Invalidation>, timestamps = moments): fc.Arbitrary<string> {
  const message = fc.record({
    given: of,
    timestamp: fc.constantFrom(...timestamps),
    isTraced: fc.boolean(),
    source: fc.constantFrom('a', 'b-service-of-ours'),
  })
  return fc.tuple(envelope, fc.array(message, { minLength: 1, maxLength: 5 })).map(([place, messages]) => {
    const encoded = messages.map(({ given, timestamp, isTraced, source }, index) => {
      const defaults = { messageId: `id-${index}`, timestamp, sourceService: source }
      return prepareMessage(given, defaults, isTraced ? { traceparent } : undefined)
    })
    return `{${place}${encodeFrame(encoded).slice(1)}`
  })
}

/** As it is, or with a stretch of it replaced or left out. */
function damaged(of: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const junk = fc.constantFrom(
    '',
    '"',
    '\\',
    '\\u0041',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    ' ',
    '\n',
    'null',
    '1',
    'Delete',
    'é',
  )
  return fc.tuple(of, fc.nat(), fc.nat({ max: 3 }), junk).map(([text, at, length, by]) => {
    const from = at % text.length
    return text.slice(0, from) + by + text.slice(from + length)
  })
}

describe('the short way to read what most frames are', () => {
  it('reads every frame of plain entities, as the long way does', () => {
    fc.assert(
      fc.property(frames(entity(plainText)), (text) => {
        expect(decodePlainFrame(text)).toEqual(parseFrame(text))
      }),
      { numRuns: 1_000 },
    )
  })

  it('reads nothing otherwise than the long way, whatever the text', () => {
    let read = 0
    const mixed = frames(anything, [...moments, ...rareMoments])
    fc.assert(
      fc.property(
        fc.oneof(mixed, frames(anything), damaged(frames(anything)), damaged(frames(entity(plainText)))),
        (text) => {
          const short = decodePlainFrame(text)
          if (short === undefined) return
          read++
          expect(short).toEqual(parseFrame(text))
        },
      ),
      { numRuns: 5_000 },
    )
    expect(read).toBeGreaterThan(100)
  })

  it.each<[string, (text: string) => string]>([
    ['a field twice', (text: string) => text.replace('"action"', '"entity_id":"2","action"')],
    ['another order of fields', (text: string) => text.replace(/("action":"Delete"),("source_service":"a")/, '$2,$1')],
    ['a space between fields', (text: string) => text.replace(',"action"', ', "action"')],
    ['an escape', (text: string) => text.replace('"id-0"', '"\\u0069d-0"')],
    ['an entity type that does not exist', (text: string) => text.replace('"User"', '"Usher"')],
    ...['11-31', '02-29', '02-30', '04-31', '00-10', '13-01', '10-00', '12-32'].map(
      (day): [string, (text: string) => string] => [`the day ${day}`, (text: string) => text.replace('11-22', day)],
    ),
    ...['24:00:00Z', '10:60:00Z', '10:00:60Z', '10:00:00', '10:00:00.Z', '10:00:00.1234567890Z', '10:00:00.123z'].map(
      (time): [string, (text: string) => string] => [
        `the time ${time}`,
        (text: string) => text.replace('10:00:00Z', time),
      ],
    ),
    ['a stream ID beyond 64 bits', (text: string) => text.replace('1795365850251-16', '99999999999999999999-1')],
    ['a text that is too long', (text: string) => text.replace('"id-0"', `"${'i'.repeat(maxTextBytes + 1)}"`)],
    ['something behind its end', (text: string) => `${text} `],
    ['what is no text', () => 7 as unknown as string],
  ])('leaves %s to the long way', (_what, change) => {
    const message = `"message_id":"id-0","timestamp":"2026-11-22T10:00:00Z","entity_type":"User","entity_id":"1","action":"Delete","source_service":"a"}`
    const text = `{"stream_id":"1795365850251-16","append_id":"abc","prev":"",${message}`
    expect(decodePlainFrame(text)).toBeDefined()
    expect(decodePlainFrame(change(text))).toBeUndefined()
  })

  it('reads messages that do not keep the frame they came in', () => {
    const frameBytes = 60_000
    const read = (index: number) => {
      const message = encodeMessage(deleteMessage('user', `user-${index}-with-a-long-id`, 'user-service'))
      const text = `{"frame":[${new Array<string>(Math.floor(frameBytes / message.length)).fill(message).join()}]}`
      return decodePlainFrame(text)?.messages[0]
    }
    const before = heapInUse()
    const kept = Array.from({ length: 200 }, (_, index) => read(index))
    expect(heapInUse() - before).toBeLessThan((kept.length * frameBytes) / 4)
    expect(kept.every((message) => message?.action === 'delete')).toBe(true)
  })
})
