import { describe, expect, it } from 'vitest'
import type { Invalidation, InvalidationMessage } from '../../../../src/message/message.js'
import { decodeMessage } from '../../../../src/message/wire/decode.js'
import { encodeWithTrace, prepareMessage } from '../../../../src/message/wire/encode.js'
import { InvalidMessageError, SerializationError } from '../../../../src/support/errors.js'
import { encodeCrateMessage } from '../../../support/crate-message.js'
import { encodeMessage } from '../../../support/encode-message.js'

const defaults = {
  messageId: '0d0f1c2e-7425-40de-944b-e07fc1f90ae7',
  timestamp: '2026-11-22T10:00:00.000Z',
  sourceService: 'user-service',
}
const user: Invalidation = { action: 'delete', entityType: 'user', entityId: '123' }

function coalesceKeyOf(...[given, by = defaults]: [Parameters<typeof prepareMessage>[0], typeof defaults?]) {
  const { coalesceGroup, coalesceKey } = prepareMessage(given, by)
  return { coalesceGroup, coalesceKey }
}

/** Encodes what the compiler would refuse. */
function prepareUntyped(given: unknown) {
  return prepareMessage(given as Invalidation, defaults)
}

describe('the wire form', () => {
  it('of an entity has the fields of the crate and no others', () => {
    expect(JSON.parse(encodeMessage({ ...user, ...defaults }))).toEqual({
      message_id: defaults.messageId,
      entity_type: 'User',
      entity_id: '123',
      action: 'Delete',
      timestamp: defaults.timestamp,
      source_service: 'user-service',
    })
  })

  it('of a custom entity, a pattern and a batch spells the type as the crate does', () => {
    const wire = (invalidation: Invalidation): unknown => JSON.parse(encodeMessage({ ...invalidation, ...defaults }))

    expect(wire({ action: 'update', entityType: 'session', entityId: 'a' })).toMatchObject({
      entity_type: { Custom: 'session' },
      action: 'Update',
    })
    expect(wire({ action: 'pattern', pattern: 'feed:*' })).toMatchObject({
      entity_type: { Custom: 'pattern' },
      pattern: 'feed:*',
      action: 'Pattern',
    })
    expect(wire({ action: 'batch', cacheKeys: ['user:1', 'post:2'] })).toMatchObject({
      entity_type: { Custom: 'batch' },
      entity_ids: ['user:1', 'post:2'],
      action: 'Batch',
    })
  })

  it('never takes a name from the prototype for a built-in type', () => {
    const json = encodeMessage({ action: 'delete', entityType: 'constructor', entityId: '1', ...defaults })

    expect(JSON.parse(json)).toMatchObject({ entity_type: { Custom: 'constructor' } })
  })

  it('leaves out fields of ours that another message brought along', () => {
    const carried = {
      ...user,
      ...defaults,
      stream_id: '1-1',
      append_id: 'a',
      prev: 'b',
      traceparent: 'c',
      tracestate: 'd',
      streamId: '1-1',
      appendId: 'a',
      traceParent: 'c',
      traceState: 'd',
      pattern: '*',
    }

    expect(encodeMessage(carried)).toBe(encodeMessage({ ...user, ...defaults }))
  })

  it('leaves out metadata that is null', () => {
    expect(encodeMessage({ ...user, ...defaults, metadata: null })).not.toContain('metadata')
  })
})

describe('prepareMessage', () => {
  it('gives an invalidation the defaults and a message its own', () => {
    const own = { messageId: 'own', timestamp: '2025-01-01T00:00:00Z', sourceService: 'other' }

    expect(decodeMessage(prepareMessage(user, defaults).json)).toEqual({ ...user, ...defaults })
    expect(prepareMessage(user, defaults).messageId).toBe(defaults.messageId)
    expect(decodeMessage(prepareMessage({ ...user, ...own }, defaults).json)).toEqual({ ...user, ...own })
    expect(prepareMessage({ ...user, ...own }, defaults).messageId).toBe('own')
  })

  it('counts the bytes of UTF-8', () => {
    const { json, bytes } = prepareMessage({ ...user, entityId: '用户-1' }, defaults)

    expect(bytes).toBe(Buffer.byteLength(json))
    expect(bytes).toBeGreaterThan(json.length)
  })

  it('gives equal invalidations equal keys, whatever their id and time', () => {
    const later = { ...defaults, messageId: 'another', timestamp: '2027-01-01T00:00:00Z' }

    expect(coalesceKeyOf({ ...user }, later)).toEqual(coalesceKeyOf(user))
  })

  it.each<[string, Invalidation & Partial<InvalidationMessage>]>([
    ['id', { ...user, entityId: '124' }],
    ['type', { ...user, entityType: 'post' }],
    ['action', { ...user, action: 'update' }],
    ['metadata', { ...user, metadata: { reason: 'gdpr' } }],
    ['source service', { ...user, sourceService: 'post-service' }],
    ['kind', { action: 'pattern', pattern: 'user:123' }],
  ])('gives invalidations of another %s another key', (_name, other) => {
    expect(coalesceKeyOf(other)).not.toEqual(coalesceKeyOf(user))
  })
})

describe('what is refused', () => {
  it.each([
    ['undefined', undefined, /invalidation, got undefined/],
    ['null', null, /invalidation, got null/],
    ['a text', 'user:1', /invalidation, got "user:1"/],
    ['no action', { entityType: 'user', entityId: '1' }, /`action`.*got undefined/],
    ['an unknown action', { ...user, action: 'Delete' }, /`action`.*got "Delete"/],
    ['a numeric id', { ...user, entityId: 123 }, /`entityId` to be a string, got 123/],
    ['an empty id', { ...user, entityId: '' }, /`entityId`.*not empty/],
    ['no type', { action: 'delete', entityId: '1' }, /`entityType`.*got undefined/],
    ['an empty type', { ...user, entityType: '' }, /`entityType`.*not empty/],
    ['a built-in type in another case', { ...user, entityType: 'User' }, /^Expected 'user', got 'User'.*user:<id>/],
    ['one with metadata', { ...user, entityType: 'NOTIFICATION', metadata: 1 }, /^Expected 'notification', got 'NOTI/],
    ['one of a batch', { action: 'batch', entityType: 'Feed', cacheKeys: ['feed:1'] }, /^Expected 'feed', got 'Feed'/],
    ['an empty pattern', { action: 'pattern', pattern: '' }, /`pattern`.*not empty/],
    ['keys that are no array', { action: 'batch', cacheKeys: 'user:1' }, /`cacheKeys`.*got "user:1"/],
    ['no keys', { action: 'batch', cacheKeys: [] }, /`cacheKeys`.*got an array of 0/],
    ['a key that is no string', { action: 'batch', cacheKeys: ['user:1', 2] }, /`cacheKeys`.*got 2/],
    ['a hole among the keys', { action: 'batch', cacheKeys: new Array(1) }, /`cacheKeys`.*got undefined/],
    ['a timestamp that is a date', { ...user, timestamp: new Date(0) }, /`timestamp`.*got an object/],
    ['a timestamp that is none', { ...user, timestamp: 'yesterday' }, /`timestamp`.*got "yesterday"/],
    ['an empty message id', { ...user, messageId: '' }, /`messageId`.*not empty/],
    ['a symbol as id', { ...user, entityId: Symbol('id') }, /`entityId`.*got Symbol\(id\)/],
  ])('%s, and the error says why', (_name, given, reason) => {
    const prepare = () => prepareUntyped(given)

    expect(prepare).toThrow(InvalidMessageError)
    expect(prepare).toThrow(reason)
  })

  it('a type in another case is not refused in a received message that becomes a dead letter', () => {
    const wire = encodeCrateMessage({ entity_type: { Custom: 'User' }, entity_id: '1', action: 'Delete' })
    const received = decodeMessage(wire)

    expect(received).toMatchObject({ entityType: 'User' })
    expect(decodeMessage(encodeWithTrace(received, undefined))).toEqual(received)
  })

  it('a message without its message id, where there are no defaults', () => {
    expect(() => encodeMessage(user as InvalidationMessage)).toThrow(/`messageId`/)
  })

  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  let tower: unknown = 1
  for (let level = 0; level < 101; level++) tower = [tower]

  it.each<[string, unknown]>([
    ['a BigInt', 1n],
    ['a nested BigInt', { a: [1n] }],
    ['a function', () => 1],
    ['a symbol', Symbol('metadata')],
    ['a cycle', cycle],
    ['101 levels', tower],
    [
      'a getter that throws',
      {
        get reason() {
          throw new Error('no')
        },
      },
    ],
  ])('metadata with %s', (_name, metadata) => {
    expect(() => prepareUntyped({ ...user, metadata })).toThrow(SerializationError)
  })
})

describe('limits', () => {
  it('an id, a type, a pattern and a key take 8 KiB of UTF-8, not a byte more', () => {
    const fits = 'é'.repeat(4096)
    const over = `${fits}x`

    for (const text of [fits, over]) {
      const prepare = [
        () => prepareMessage({ ...user, entityId: text }, defaults),
        () => prepareMessage({ ...user, entityType: text }, defaults),
        () => prepareMessage({ action: 'pattern', pattern: text }, defaults),
        () => prepareMessage({ action: 'batch', cacheKeys: ['user:1', text] }, defaults),
      ]
      for (const run of prepare) {
        if (text === fits) expect(run).not.toThrow()
        else expect(run).toThrow(/at most 8192 bytes long, got 8193/)
      }
    }
  })

  it('a batch takes 10,000 keys', () => {
    const cacheKeys = Array.from({ length: 10_000 }, (_, index) => `user:${index}`)

    expect(() => prepareMessage({ action: 'batch', cacheKeys }, defaults)).not.toThrow()
    expect(() => prepareMessage({ action: 'batch', cacheKeys: [...cacheKeys, 'user:x'] }, defaults)).toThrow(
      /1 to 10000 cache keys, got an array of 10001/,
    )
  })

  it('a message takes 256 KiB of UTF-8', () => {
    const empty = prepareMessage({ ...user, metadata: '' }, defaults).bytes
    const fits = 'x'.repeat(256 * 1024 - empty)

    expect(prepareMessage({ ...user, metadata: fits }, defaults).bytes).toBe(256 * 1024)
    expect(() => prepareMessage({ ...user, metadata: `${fits}x` }, defaults)).toThrow(InvalidMessageError)
    expect(() => prepareMessage({ ...user, metadata: `${fits}x` }, defaults)).toThrow(
      /at most 262144 bytes.*got 262145/,
    )
  })
})

describe('half a surrogate pair, which is no Unicode text, is refused', () => {
  it.each([{ entityId: 'a\ud800' }, { entityId: '\udc00a' }, { messageId: '\ud83d' }])('in %j', (fields) => {
    expect(() => prepareMessage({ ...user, ...fields }, defaults)).toThrow(InvalidMessageError)
  })

  it('in metadata', () => {
    expect(() => prepareMessage({ ...user, metadata: { note: '\ud800' } }, defaults)).toThrow(SerializationError)
    expect(() => prepareMessage({ ...user, metadata: { '\\\udfff': 1 } }, defaults)).toThrow(SerializationError)
  })

  it('and what only looks like it is taken', () => {
    const metadata = { pair: '\u{1f600}', spelledOut: '\\ud800', twice: '\\\\udc00' }
    const { json } = prepareMessage({ ...user, entityId: '\u{1f600}', metadata }, defaults)
    expect(JSON.parse(json)).toMatchObject({ entity_id: '\u{1f600}', metadata })
  })
})
