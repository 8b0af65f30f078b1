import { expect, test } from 'vitest'
import { findStale } from '../../soak/checker/find-stale.js'

const truth = { 'user:1': 4, 'user:2': 7 }

test('values that differ from the source of truth are stale, in whichever cache', () => {
  const caches = new Map([
    ['memory', { 'user:1': 4, 'user:2': 6 }],
    ['redis', { 'user:1': 3 }],
    ['file', { 'user:2': 7 }],
  ])
  expect(findStale(truth, caches)).toEqual([
    { subscription: 'memory', key: 'user:2', cached: 6, current: 7 },
    { subscription: 'redis', key: 'user:1', cached: 3, current: 4 },
  ])
})

test('a value of which the source of truth knows nothing is stale', () => {
  expect(findStale(truth, new Map([['memory', { 'user:3': 0 }]]))).toEqual([
    { subscription: 'memory', key: 'user:3', cached: 0, current: undefined },
  ])
})

test('what is not cached is not stale', () => {
  expect(findStale(truth, new Map([['memory', {}]]))).toEqual([])
})
