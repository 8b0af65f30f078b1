import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { InvalidationMessage } from '../../../src/message/message.js'
import { decodeMessage } from '../../../src/message/wire/decode.js'
import { prepareMessage } from '../../../src/message/wire/encode.js'
import { encodeCrateMessage } from '../../support/crate-message.js'

function decodeBatch(type: unknown, ids: readonly string[]) {
  return decodeMessage(encodeCrateMessage({ entity_type: type, entity_ids: ids, action: 'Batch' }))
}

function republished(message: ReturnType<typeof decodeMessage>): Record<string, unknown> {
  return JSON.parse(prepareMessage(message, message).json) as Record<string, unknown>
}

/** The order of keys says nothing. */
function sorted(message: InvalidationMessage): unknown {
  return message.action === 'batch' ? { ...message, cacheKeys: message.cacheKeys.toSorted() } : message
}

describe('a batch with an entity type', () => {
  it('names keys of that type by bare ids', () => {
    expect(decodeBatch('User', ['1', '2'])).toMatchObject({ entityType: 'user', cacheKeys: ['user:1', 'user:2'] })
    const session = { entityType: 'session', cacheKeys: ['session:a'] }
    expect(decodeBatch({ Custom: 'session' }, ['a'])).toMatchObject(session)
  })

  it('may name keys in full, of its type and of others, which are taken for ids as well', () => {
    expect(decodeBatch('User', ['user:1', 'post:2'])).toMatchObject({
      cacheKeys: ['user:1', 'post:2', 'user:post:2'],
    })
  })

  it('is written again as it came', () => {
    for (const ids of [['1', '2'], ['user:a:b'], ['1', 'post:2', 'a:b', 'user:user:1']]) {
      const message = decodeBatch('User', ids)
      expect(republished(message)).toMatchObject({ entity_type: 'User', entity_ids: ids, action: 'Batch' })
    }
  })

  it('keeps its keys, however often it is written and read', () => {
    const text = fc.stringMatching(/^[a:u]{1,6}$/)
    fc.assert(
      fc.property(text, fc.array(text, { minLength: 1 }), (type, ids) => {
        const message = decodeBatch({ Custom: type }, ids)
        const again = decodeMessage(prepareMessage(message, message).json)
        expect(sorted(again)).toEqual(sorted(message))
      }),
    )
  })

  it('of as many ids as a batch may have can be written again, though each became two keys', () => {
    const ids = Array.from({ length: 10_000 }, (_, index) => `${index}:a`)
    const message = decodeBatch('User', ids)
    expect(message).toHaveProperty('cacheKeys.length', 20_000)
    expect(republished(message)).toHaveProperty('entity_ids.length', 10_000)
  })

  it('can be published from here as well', () => {
    const defaults = { messageId: 'm', timestamp: '2026-11-22T10:00:00.000Z', sourceService: 'here' }
    const { json } = prepareMessage({ action: 'batch', entityType: 'user', cacheKeys: ['user:1', '2'] }, defaults)
    expect(decodeMessage(json)).toMatchObject({ entityType: 'user', cacheKeys: ['user:1', 'user:2'] })
  })
})

it('a batch as the crate makes it names keys in full, and has no type', () => {
  const message = decodeBatch({ Custom: 'batch' }, ['user:1', 'bare'])
  expect(message).toMatchObject({ action: 'batch', cacheKeys: ['user:1', 'bare'] })
  expect(message).not.toHaveProperty('entityType')
})
