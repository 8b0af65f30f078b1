import { describe, expect, it } from 'vitest'
import {
  batchMessage,
  deleteMessage,
  type MessageOptions,
  patternMessage,
  tagMessage,
  type TagMessageOptions,
  updateMessage,
} from '../../../src/message/create-message.js'
import { decodeMessage } from '../../../src/message/wire/decode.js'
import { systemRuntime } from '../../../src/support/runtime.js'
import { encodeMessage } from '../../support/encode-message.js'

const runtime = { ...systemRuntime, now: () => Date.UTC(2026, 10, 22, 10), uuid: () => 'the-uuid' }
const made = { messageId: 'the-uuid', timestamp: '2026-11-22T10:00:00.000Z', sourceService: 'user-service' }

describe('message constructors', () => {
  it('make a whole message, with id and time from the runtime', () => {
    const options = { runtime }

    expect(deleteMessage('user', '1', 'user-service', options)).toEqual({
      action: 'delete',
      entityType: 'user',
      entityId: '1',
      ...made,
    })
    expect(updateMessage('session', 'a', 'user-service', options)).toEqual({
      action: 'update',
      entityType: 'session',
      entityId: 'a',
      ...made,
    })
    expect(patternMessage('feed:*', 'user-service', options)).toEqual({ action: 'pattern', pattern: 'feed:*', ...made })
    expect(batchMessage(['user:1'], 'user-service', options)).toEqual({
      action: 'batch',
      cacheKeys: ['user:1'],
      ...made,
    })
    expect(tagMessage(['tenant:42', 'posts'], 'user-service', options)).toEqual({
      action: 'tag',
      tags: ['tenant:42', 'posts'],
      ...made,
    })
    expect(tagMessage('posts', 'user-service', { mode: 'expire', metadata: 1, ...options })).toEqual({
      action: 'tag',
      tags: ['posts'],
      mode: 'expire',
      metadata: 1,
      ...made,
    })
  })

  it('take id, time and metadata that are given', () => {
    const given = { messageId: 'mine', timestamp: '2025-01-01T00:00:00Z', metadata: { reason: 'gdpr' } }

    expect(deleteMessage('user', '1', 'user-service', { ...given, runtime })).toMatchObject(given)
  })

  it('refuse an option that is none, or of a wrong kind', () => {
    for (const [given, why] of [
      [{ metadta: 1 }, 'Unknown option `metadta`'],
      [{ messageId: 5 }, 'Expected `messageId` to be a string'],
      [{ timestamp: new Date() }, 'Expected `timestamp` to be a string'],
      [{ metadata: () => 1 }, 'Expected `metadata` to be anything that JSON can carry'],
      [null, 'to be an object'],
    ] as const) {
      // What callers without types may pass.
      const options = given as unknown as MessageOptions
      expect(() => deleteMessage('user', '1', 'user-service', options)).toThrow(why)
    }
  })

  it('refuse a mode that is none, and have none but for tags', () => {
    const soft = { mode: 'soft' } as unknown as TagMessageOptions
    expect(() => tagMessage('a', 'user-service', soft)).toThrow("Expected `mode` to be 'evict' or 'expire'")
    const expire: MessageOptions = { mode: 'expire' } as TagMessageOptions
    expect(() => deleteMessage('user', '1', 'user-service', expire)).toThrow('Unknown option `mode`')
    const { messageId, timestamp } = deleteMessage('user', '1', 'user-service')
    const given = { messageId, timestamp, mode: 'evict' as const }
    expect(tagMessage('a', 'user-service', given)).not.toHaveProperty('mode')
  })

  it('make messages of their own on the real clock, fit to be sent', () => {
    const messages = [deleteMessage('user', '1', 'user-service'), deleteMessage('user', '1', 'user-service')]

    expect(new Set(messages.map(({ messageId }) => messageId)).size).toBe(2)
    for (const message of messages) expect(decodeMessage(encodeMessage(message))).toEqual(message)
  })
})
