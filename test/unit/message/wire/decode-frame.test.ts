import { describe, expect, it } from 'vitest'
import type { InvalidationMessage, Json } from '../../../../src/message/message.js'
import { decodeFrame } from '../../../../src/message/wire/decode-frame.js'
import { encodeFrame } from '../../../../src/message/wire/encode.js'
import { InvalidMessageError } from '../../../../src/support/errors.js'
import { encodeMessage } from '../../../support/encode-message.js'

const link = { stream_id: '1795365850251-16', append_id: 'abcdefgh4mnz', prev: 'abcdefgh4mny' }

function message(entityId: string, metadata?: Json): InvalidationMessage {
  return {
    action: 'delete',
    entityType: 'user',
    entityId,
    messageId: `m${entityId}`,
    timestamp: '2026-11-22T10:00:00.000Z',
    sourceService: 'user-service',
    ...(metadata !== undefined && { metadata }),
  }
}

/** Messages in one frame, as a list. */
function packed(...jsons: string[]): string {
  return encodeFrame(jsons.map((json) => ({ json })))
}

/** Puts fields in front of a frame, as the append script does. */
function splice(fields: object, frame: string): string {
  return `${JSON.stringify(fields).slice(0, -1)},${frame.slice(1)}`
}

describe('a frame', () => {
  it('of one message is the message itself', () => {
    const json = encodeMessage(message('1'))

    expect(encodeFrame([{ json }])).toBe(json)
    expect(decodeFrame(json)).toEqual({ messages: [message('1')], rejected: [] })
  })

  it('of several keeps their order', () => {
    const messages = [message('1'), message('2', { frame: [1] }), message('3')]

    expect(decodeFrame(packed(...messages.map(encodeMessage)))).toEqual({ messages, rejected: [] })
  })

  it('of none is the marker', () => {
    expect(encodeFrame([])).toBe('{"frame":[]}')
    expect(decodeFrame('{"frame":[]}')).toEqual({ messages: [], rejected: [] })
  })

  it('may be as large as a full one and a message of the largest size', () => {
    const messages = [message('1', 'x'.repeat(255 * 1024)), message('2', 'y'.repeat(64 * 1024))]

    expect(decodeFrame(packed(...messages.map(encodeMessage))).messages).toEqual(messages)
  })

  it('gives the good messages and says what is wrong with the others', () => {
    const good = encodeMessage(message('1'))
    const { messages, rejected } = decodeFrame(`{"frame":[null,${good},{"action":"Clear"},7,[${good}],${good}]}`)

    expect(messages).toEqual([message('1'), message('1')])
    expect(rejected).toHaveLength(4)
    expect(rejected.every((error) => error instanceof InvalidMessageError)).toBe(true)
  })

  it('is not taken for packed if it has a message id: extra fields are free to use', () => {
    const json = encodeMessage(message('1'))

    expect(decodeFrame(splice({ frame: [] }, json)).messages).toEqual([message('1')])
  })

  it.each(['', '{', 'null', '42', '"user:1"', '[]', '[{"frame":[]}]', 'x'.repeat(512 * 1024 + 1)])(
    'is refused as a whole where the text is no object: %.20s',
    (text) => {
      expect(decodeFrame(text)).toEqual({ messages: [], rejected: [expect.any(InvalidMessageError)] })
    },
  )
})

describe('the place in the chain', () => {
  const json = encodeMessage(message('1'))
  const placed = { streamId: '1795365850251-16', appendId: 'abcdefgh4mnz', prev: 'abcdefgh4mny' }

  it('is read from a message and from a packed frame', () => {
    expect(decodeFrame(splice(link, json))).toEqual({ ...placed, messages: [message('1')], rejected: [] })
    expect(decodeFrame(splice(link, packed(json, json)))).toMatchObject(placed)
  })

  it('may follow nothing', () => {
    expect(decodeFrame(splice({ ...link, prev: '' }, json))).toMatchObject({ ...placed, prev: '' })
  })

  it('stays with a frame whose only message is bad', () => {
    const { messages, rejected, ...place } = decodeFrame(splice(link, '{"action":"Clear"}'))

    expect(place).toEqual(placed)
    expect(messages).toEqual([])
    expect(rejected).toHaveLength(1)
  })

  it.each([
    ['no stream id', { stream_id: undefined }],
    ['a number as stream id', { stream_id: 17953658 }],
    ['a stream id without sequence', { stream_id: '1795365850251' }],
    ['a stream id with an empty sequence', { stream_id: '1795365850251-' }],
    ['a stream id with a line behind it', { stream_id: '1-1\n' }],
    ['a stream id with a sign', { stream_id: '-1-1' }],
    ['a stream id of 21 digits', { stream_id: `${'9'.repeat(21)}-0` }],
    ['a stream id beyond 64 bits', { stream_id: '18446744073709551616-0' }],
    ['a sequence beyond 64 bits', { stream_id: '1-18446744073709551616' }],
    ['no append id', { append_id: undefined }],
    ['an empty append id', { append_id: '' }],
    ['an append id with a space', { append_id: 'a b' }],
    ['an append id of 65 characters', { append_id: 'a'.repeat(65) }],
    ['no prev', { prev: undefined }],
    ['null as prev', { prev: null }],
    ['a prev with a quote', { prev: '"' }],
  ])('is none with %s: as if it came from the crate', (_name, fields) => {
    expect(decodeFrame(splice({ ...link, ...fields }, json))).toEqual({ messages: [message('1')], rejected: [] })
  })
})

describe('the limit of a message', () => {
  const room = 256 * 1024 - Buffer.byteLength(encodeMessage(message('1', '')))
  const fits = message('1', 'x'.repeat(room))
  const over = JSON.stringify({ ...(JSON.parse(encodeMessage(fits)) as object), metadata: 'x'.repeat(room + 1) })

  it('leaves room for the place in the chain', () => {
    expect(decodeFrame(splice(link, encodeMessage(fits))).messages).toEqual([fits])
  })

  it('holds for a message alone and for a packed one', () => {
    expect(decodeFrame(encodeMessage(fits)).messages).toEqual([fits])
    expect(decodeFrame(over)).toMatchObject({ messages: [], rejected: [expect.any(InvalidMessageError)] })

    const read = decodeFrame(packed(encodeMessage(message('2')), over, encodeMessage(message('3'))))
    expect(read.messages).toEqual([message('2'), message('3')])
    expect(read.rejected.map(String)).toEqual([expect.stringContaining('at most 262144 bytes, got 262145')])
  })

  it('holds for JSON that nests too deep to be measured', () => {
    const deep = `{"a":${'['.repeat(140_000)}${']'.repeat(140_000)}}`

    expect(decodeFrame(`{"frame":[${deep},${encodeMessage(message('1'))}]}`)).toMatchObject({
      messages: [message('1')],
      rejected: [expect.any(InvalidMessageError)],
    })
  })
})
