import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Invalidation, Json, TagInvalidation } from '../../../src/message/message.js'
import { decodeFrame } from '../../../src/message/wire/decode-frame.js'
import { decodeMessage } from '../../../src/message/wire/decode.js'
import { encodeWithTrace, prepareMessage } from '../../../src/message/wire/encode.js'
import { InvalidMessageError } from '../../../src/support/errors.js'
import { encodeCrateMessage } from '../../support/crate-message.js'

const defaults = { messageId: 'm', timestamp: '2026-11-22T10:00:00.000Z', sourceService: 'here' }

function written(invalidation: Omit<TagInvalidation, 'action'>): Record<string, unknown> {
  const { json } = prepareMessage({ action: 'tag', ...invalidation }, defaults)
  return JSON.parse(json) as Record<string, unknown>
}

function read(fields: Readonly<Record<string, unknown>>) {
  return decodeMessage(encodeCrateMessage({ entity_type: { Custom: 'cache-tag' }, ...fields }))
}

/** As a caller without types may pass it. */
function refused(tags: unknown, mode?: unknown): string {
  const given = { action: 'tag', tags, mode } as Invalidation
  try {
    return prepareMessage(given, defaults).json
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidMessageError)
    return (error as Error).message
  }
}

function nested(levels: number): Json {
  return JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`) as Json
}

describe('tags on the wire', () => {
  it('are a batch of keys that no cache has, without metadata', () => {
    expect(prepareMessage({ action: 'tag', tags: ['tenant:42', 'posts'] }, defaults).json).toBe(
      '{"message_id":"m","timestamp":"2026-11-22T10:00:00.000Z","entity_type":{"Custom":"cache-tag"},' +
        '"entity_ids":["cache-tag:tenant:42","cache-tag:posts"],"action":"Batch","source_service":"here"}',
    )
  })

  it('carry a mode if it is not the default, and metadata with either mode', () => {
    const tags = ['posts']
    expect(written({ tags, mode: 'evict' })).not.toHaveProperty('metadata')
    expect(written({ tags, mode: 'expire' })).toHaveProperty('metadata', { mode: 'expire' })
    expect(written({ tags, metadata: [1] })).toHaveProperty('metadata', { mode: 'evict', metadata: [1] })
    expect(written({ tags, mode: 'expire', metadata: 1 })).toHaveProperty('metadata', { mode: 'expire', metadata: 1 })
  })

  it('say the mode before the metadata', () => {
    const { json } = prepareMessage({ action: 'tag', tags: ['a'], metadata: 1, mode: 'expire' }, defaults)
    expect(json).toMatch(/,"metadata":\{"mode":"expire","metadata":1\}\}$/)
  })

  it('are the same if they are published again as they were read', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 })
    const tag = fc.oneof(text, fc.constantFrom('cache-tag:', 'cache-tag:a', 'a', 'tenant:42'))
    const tags = fc.record(
      {
        tags: fc.array(tag, { minLength: 1, maxLength: 5 }),
        mode: fc.constantFrom('evict' as const, 'expire' as const),
        metadata: fc.oneof(
          // A round through JSON first: it turns −0 into 0.
          fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as Json),
          fc.constantFrom<Json>({ mode: 'expire' }, { mode: 'evict', metadata: 1 }, { mode: 'x' }),
        ),
      },
      { requiredKeys: ['tags'] },
    )
    fc.assert(
      fc.property(tags, (given) => {
        const { json } = prepareMessage({ action: 'tag', ...given }, defaults)
        const message = decodeMessage(json)
        const { mode, metadata, ...others } = given
        const meant = { ...(mode === 'expire' && { mode }), ...(metadata !== null && { metadata }) }
        expect(message).toEqual({ action: 'tag', ...others, ...JSON.parse(JSON.stringify(meant)), ...defaults })
        expect(encodeWithTrace(message, undefined)).toBe(json)
      }),
    )
  })
})

describe('a batch of the type cache-tag', () => {
  it('names tags by their keys, by themselves, or both', () => {
    expect(read({ entity_ids: ['cache-tag:tenant:42', 'tenant:43', 'posts'] })).toMatchObject({
      action: 'tag',
      tags: ['tenant:42', 'tenant:43', 'posts'],
    })
  })

  it('has a mode only if its tags expire', () => {
    const entity_ids = ['a']
    expect(read({ entity_ids, metadata: { mode: 'expire' } })).toHaveProperty('mode', 'expire')
    for (const metadata of [null, undefined, { mode: 'evict' }, { mode: 'evict', metadata: null }]) {
      const message = read({ entity_ids, metadata })
      expect(message).not.toHaveProperty('mode')
      expect(message).not.toHaveProperty('metadata')
    }
  })

  it('with metadata of any other form evicts, and keeps the metadata', () => {
    const others: Json[] = [
      'expire',
      ['expire'],
      5,
      {},
      { metadata: 1 },
      { mode: 'Expire' },
      { mode: null },
      { mode: ['expire'] },
      { mode: 'expire', reason: 'import' },
    ]
    for (const metadata of others) {
      const message = read({ entity_ids: ['a'], metadata })
      expect(message).toMatchObject({ action: 'tag', metadata })
      expect(message).not.toHaveProperty('mode')
      expect(decodeMessage(encodeWithTrace(message, undefined))).toEqual(message)
    }
  })

  it('may have metadata as deep as any other message, on both sides', () => {
    const metadata = nested(100)
    const message = decodeMessage(
      prepareMessage({ action: 'tag', tags: ['a'], mode: 'expire', metadata }, defaults).json,
    )
    expect(message).toMatchObject({ mode: 'expire', metadata })
    expect(() => read({ entity_ids: ['a'], metadata: { mode: 'expire', metadata: nested(101) } })).toThrow(/100 levels/)
    expect(() => prepareMessage({ action: 'tag', tags: ['a'], metadata: nested(101) }, defaults)).toThrow(/100 levels/)
  })

  it('whose tags are too long is refused because of its size', () => {
    const entity_ids = ['x'.repeat(8_182)]
    expect(read({ entity_ids })).toMatchObject({ tags: entity_ids })
    const wire = encodeCrateMessage({ entity_type: { Custom: 'cache-tag' }, entity_ids: ['x'.repeat(8_183)] })
    expect(decodeFrame(wire)).toMatchObject({ messages: [], rejected: [{ reason: 'size' }], oversized: true })
  })
})

describe('tags that can not be published', () => {
  it('are refused with a reason', () => {
    expect(refused('tenant:42')).toMatch(/`tags` to be an array of 1 to 10000 tags, got "tenant:42"/)
    expect(refused([])).toMatch(/`tags`.*got an array of 0/)
    expect(refused(Array.from({ length: 10_001 }, () => 'a'))).toMatch(/`tags`.*got an array of 10001/)
    expect(refused(['a', ''])).toMatch(/`tags` to be a string that is not empty/)
    expect(refused(['a', 5])).toMatch(/`tags` to be a string, got 5/)
    expect(refused(new Array(1))).toMatch(/`tags` to be a string, got undefined/)
    expect(refused(['\ud800'])).toMatch(/`tags` to be Unicode text/)
    expect(refused(['x'.repeat(8_183)])).toMatch(/`tags` to be at most 8182 bytes long, got 8183/)
    expect(refused(['x'.repeat(8_182)])).toMatch(/^\{/)
  })

  it('are refused with a mode that is none', () => {
    expect(refused(['a'], 'soft')).toMatch(/`mode` to be "evict" or "expire", got "soft"/)
    expect(refused(['a'], null)).toMatch(/`mode` to be "evict" or "expire", got null/)
  })
})

it('tags are joined only with equal ones of the same mode', () => {
  const key = (given: Omit<TagInvalidation, 'action'>): string => {
    const { coalesceGroup, coalesceKey } = prepareMessage({ action: 'tag', ...given }, defaults)
    return JSON.stringify([coalesceGroup, coalesceKey])
  }
  const tags = ['a', 'b']
  expect(key({ tags, mode: 'evict' })).toBe(key({ tags }))
  const different = [{ tags }, { tags, mode: 'expire' as const }, { tags, metadata: 1 }, { tags: ['a'] }].map(key)
  expect(new Set(different).size).toBe(4)
})
