import { describe, expect, it } from 'vitest'
import { decodeMessage } from '../../../../src/message/wire/decode.js'
import { InvalidMessageError } from '../../../../src/support/errors.js'

const wire = {
  message_id: 'm',
  entity_type: 'User',
  entity_id: '1',
  action: 'Delete',
  timestamp: '2026-11-22T10:00:00Z',
  source_service: 's',
}

function decode(fields: object) {
  return decodeMessage(JSON.stringify({ ...wire, ...fields }))
}

describe('decodeMessage', () => {
  it('names the field that is wrong, what was expected and what was there', () => {
    expect(() => decode({ entity_id: 123 })).toThrow('Expected `entity_id` to be a string, got 123')
    expect(() => decode({ entity_id: undefined })).toThrow('Expected `entity_id` to be a string, got undefined')
    expect(() => decode({ action: 'Clear' })).toThrow(/`action`.*got "Clear"/)
    expect(() => decode({ entity_type: 'user' })).toThrow(/`entity_type`.*got "user"/)
    expect(() => decode({ entity_type: { Custom: 7 } })).toThrow(/`entity_type`.*got an object/)
    expect(() => decode({ entity_ids: [], action: 'Batch', entity_type: [] })).toThrow(
      /`entity_type`.*got an array of 0/,
    )
  })

  it('shows only the beginning of a long value', () => {
    const { message } = captureError(() => decodeMessage('x'.repeat(10_000)))

    expect(message.length).toBeLessThan(200)
  })

  it('takes what is empty, as the crate does, though encoding refuses it', () => {
    expect(decode({ entity_id: '' })).toMatchObject({ entityId: '' })
    expect(decode({ action: 'Batch', entity_ids: [] })).toMatchObject({ cacheKeys: [] })
  })

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])('takes %s for no built-in type', (name) => {
    expect(() => decode({ entity_type: name })).toThrow(InvalidMessageError)
    expect(decode({ entity_type: { Custom: name } })).toMatchObject({ entityType: name })
    expect(() => decodeMessage(JSON.stringify(wire).replace('"User"', `{"${name}":null}`))).toThrow(InvalidMessageError)
  })

  it('finds no field on a prototype that the message brings along', () => {
    const { entity_id, ...rest } = wire
    const text = `${JSON.stringify(rest).slice(0, -1)},"__proto__":{"entity_id":"${entity_id}"}}`

    expect(() => decodeMessage(text)).toThrow('Expected `entity_id` to be a string, got undefined')
  })

  it('hands metadata over as plain data, a `__proto__` in it as a property like any other', () => {
    const text = `${JSON.stringify(wire).slice(0, -1)},"metadata":{"__proto__":{"admin":true},"constructor":1}}`
    const { metadata } = decodeMessage(text)

    expect(Object.getPrototypeOf(metadata)).toBe(Object.prototype)
    expect(Object.keys(metadata ?? {})).toEqual(['__proto__', 'constructor'])
    expect(metadata).not.toHaveProperty('admin')
    expect({}).not.toHaveProperty('admin')
  })

  it('refuses what is no text', () => {
    expect(() => decodeMessage(undefined as unknown as string)).toThrow(InvalidMessageError)
    expect(() => decodeMessage(Buffer.from(JSON.stringify(wire)) as unknown as string)).toThrow(InvalidMessageError)
  })

  it('keeps the cause of what is no JSON', () => {
    expect(captureError(() => decodeMessage('{')).cause).toBeInstanceOf(SyntaxError)
  })

  it('refuses metadata that nests deeper than 100 levels, without overflowing the stack', () => {
    const nested = (levels: number) =>
      `${JSON.stringify(wire).slice(0, -1)},"metadata":${'['.repeat(levels)}${']'.repeat(levels)}}`

    expect(decodeMessage(nested(100))).toHaveProperty('metadata')
    expect(() => decodeMessage(nested(101))).toThrow(/at most 100 levels/)
    expect(() => decodeMessage(nested(100_000))).toThrow(InvalidMessageError)
    expect(() => decodeMessage('['.repeat(200_000))).toThrow(InvalidMessageError)
    expect(() => decodeMessage('{"a":'.repeat(50_000))).toThrow(InvalidMessageError)
  })
})

describe('limits', () => {
  it('a message takes 256 KiB of UTF-8', () => {
    const overhead = Buffer.byteLength(JSON.stringify({ ...wire, metadata: '' }))
    const room = 256 * 1024 - overhead
    const fits = 'é'.repeat(Math.floor(room / 2)) + 'x'.repeat(room % 2)

    expect(decode({ metadata: fits })).toHaveProperty('metadata', fits)
    expect(() => decode({ metadata: `${fits}x` })).toThrow(/at most 262144 bytes, got 262145/)
  })

  it.each([
    ['entity_id', {}],
    ['message_id', {}],
    ['source_service', {}],
    ['pattern', { action: 'Pattern' }],
  ])('%s takes 8 KiB of UTF-8', (name, fields) => {
    const fits = 'é'.repeat(4096)

    expect(() => decode({ ...fields, [name]: fits })).not.toThrow()
    expect(() => decode({ ...fields, [name]: `${fits}x` })).toThrow(
      `\`${name}\` to be at most 8192 bytes long, got 8193`,
    )
  })

  it('a custom type and a key of a batch take 8 KiB', () => {
    const over = 'x'.repeat(8193)

    expect(() => decode({ entity_type: { Custom: over } })).toThrow(/`entity_type`.*8192/)
    expect(() => decode({ action: 'Batch', entity_ids: ['user:1', over] })).toThrow(/`entity_ids`.*8192/)
  })

  it('a batch takes 10,000 keys', () => {
    const keys = Array.from({ length: 10_001 }, (_, index) => String(index))

    expect(decode({ action: 'Batch', entity_ids: keys.slice(1) })).toHaveProperty('cacheKeys.length', 10_000)
    expect(() => decode({ action: 'Batch', entity_ids: keys })).toThrow(
      /at most 10000 cache keys, got an array of 10001/,
    )
  })
})

function captureError(run: () => unknown): Error {
  try {
    run()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('Expected an error')
}
