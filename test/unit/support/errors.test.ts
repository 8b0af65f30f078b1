import { expect, test } from 'vitest'
import { ClosedError, isLinkLost, isRefused, RedisError, type RedisErrorKind } from '../../../src/support/errors.js'

const kinds: readonly RedisErrorKind[] = [
  'disconnected',
  'timeout',
  'readonly',
  'moved',
  'refused',
  'replicas',
  'reply',
]

test('the link was lost where it closed or did not answer', () => {
  expect(kinds.filter((kind) => isLinkLost(new RedisError(kind, 'no')))).toEqual(['disconnected', 'timeout'])
  expect([new ClosedError('no'), new Error('no'), undefined].filter(isLinkLost)).toEqual([])
})

test('credentials and rights were refused, and nothing else', () => {
  expect(kinds.filter((kind) => isRefused(new RedisError(kind, 'no')))).toEqual(['refused'])
  expect([new ClosedError('no'), new Error('no'), undefined].filter(isRefused)).toEqual([])
})
