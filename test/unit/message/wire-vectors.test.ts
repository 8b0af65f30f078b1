import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { buildCacheKey, buildPattern, parseCacheKey, validateCacheKey } from '../../../src/message/cache-key.js'
import { keyOfTag } from '../../../src/message/cache-tags.js'
import { entityTypeFromWire } from '../../../src/message/entity.js'
import type { InvalidationMessage } from '../../../src/message/message.js'
import { decodeFrame } from '../../../src/message/wire/decode-frame.js'
import { decodeMessage } from '../../../src/message/wire/decode.js'
import { InvalidMessageError } from '../../../src/support/errors.js'
import { encodeMessage } from '../../support/encode-message.js'

type WireEntityType = string | { readonly Custom: string }

interface Accepted {
  readonly name: string
  readonly wire: string
  readonly expect: {
    readonly action: string
    readonly entityType?: WireEntityType
    readonly cacheKey?: string
    readonly pattern?: string
    readonly entityIds?: readonly string[]
    /** What only this library sees in such a batch. */
    readonly tags?: readonly string[]
    readonly mode?: string
  }
}

interface Refused {
  readonly name: string
  readonly wire: string
}

interface Vectors {
  readonly accept: readonly Accepted[]
  readonly reject: readonly Refused[]
  readonly rejectHere: readonly Refused[]
  readonly keys: {
    readonly parse: readonly (readonly [key: string, entityType: WireEntityType, entityId: string])[]
    readonly parseRejects: readonly string[]
    readonly valid: readonly string[]
    readonly invalid: readonly string[]
    readonly patterns: readonly (readonly [entityType: string, rest: string | null, pattern: string])[]
  }
}

const vectors = JSON.parse(readFileSync(new URL('../../wire-vectors.json', import.meta.url), 'utf8')) as Vectors

/** What a vector says about a message, read off the message. */
function summarize(message: InvalidationMessage): Accepted['expect'] {
  switch (message.action) {
    case 'delete':
    case 'update':
      return {
        action: message.action === 'delete' ? 'Delete' : 'Update',
        cacheKey: buildCacheKey(message.entityType, message.entityId),
      }
    case 'pattern':
      return { action: 'Pattern', pattern: message.pattern }
    case 'batch':
      return { action: 'Batch', entityIds: message.cacheKeys }
    case 'tag':
      return {
        action: 'Batch',
        entityIds: message.tags.map(keyOfTag),
        tags: message.tags,
        ...(message.mode && { mode: message.mode }),
      }
  }
}

describe('what the crate writes', () => {
  it.each(vectors.accept)('is accepted: $name', ({ wire, expect: { entityType, ...expected } }) => {
    const message = decodeMessage(wire)

    expect(summarize(message)).toEqual(expected)
    if ('entityType' in message) expect(message.entityType).toBe(entityTypeFromWire(entityType))
    expect(decodeMessage(encodeMessage(message))).toEqual(message)
    expect(decodeFrame(wire)).toMatchObject({ messages: [message], rejected: [] })
  })

  it('keeps message id, timestamp, source service and metadata as they were', () => {
    const vector = vectors.accept.find(({ name }) => name === 'metadata of any shape')

    expect(decodeMessage(vector?.wire ?? '')).toEqual({
      action: 'delete',
      entityType: 'user',
      entityId: '1',
      messageId: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
      timestamp: '2025-11-11T00:00:00.123456789Z',
      sourceService: 'user-service',
      metadata: { reason: 'gdpr', nested: [1, null, { a: true }] },
    })
  })
})

describe('what is no message', () => {
  it.each([...vectors.reject, ...vectors.rejectHere])('is refused: $name', ({ wire }) => {
    expect(() => decodeMessage(wire)).toThrow(InvalidMessageError)
  })

  it.each([...vectors.reject, ...vectors.rejectHere])('is refused within a packed frame: $name', ({ wire }) => {
    let packed: string
    try {
      packed = JSON.stringify({ frame: [JSON.parse(wire)] })
    } catch {
      packed = `{"frame":[${wire}`
    }
    expect(decodeFrame(packed)).toEqual({ messages: [], rejected: [expect.any(InvalidMessageError)] })
  })
})

describe('cache keys', () => {
  it.each(vectors.keys.parse)('takes %j apart as the crate does', (key, entityType, entityId) => {
    expect(parseCacheKey(key)).toEqual({ entityType: entityTypeFromWire(entityType), entityId })
    expect(buildCacheKey(parseCacheKey(key).entityType, entityId)).toBe(key)
  })

  it.each(vectors.keys.parseRejects)('refuses to take %j apart', (key) => {
    expect(() => parseCacheKey(key)).toThrow(InvalidMessageError)
  })

  it.each(vectors.keys.valid)('finds %j valid', (key) => {
    expect(validateCacheKey(key)).toBe(true)
  })

  it.each(vectors.keys.invalid)('finds %j invalid', (key) => {
    expect(validateCacheKey(key)).toBe(false)
  })

  it.each(vectors.keys.patterns)('builds the pattern of %j and %j', (entityType, rest, pattern) => {
    expect(buildPattern(entityType, rest ?? undefined)).toBe(pattern)
  })
})

it.each([undefined, null, 5])('%j, which JavaScript can hand in, is no cache key', (value) => {
  expect(validateCacheKey(value as unknown as string)).toBe(false)
  expect(() => parseCacheKey(value as unknown as string)).toThrow(InvalidMessageError)
})
