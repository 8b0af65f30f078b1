import { expect, test } from 'vitest'
import { type CursorContext, memoryCursor, redisCursor } from '../../../../src/subscriber/handling/cursor.js'

const context: CursorContext = {
  channel: 'cache:invalidate',
  loadCursor: () => Promise.reject(new Error('not asked for')),
  saveCursor: () => Promise.reject(new Error('not asked for')),
}

test('a memory cursor keeps nothing', async () => {
  const store = memoryCursor()(context)
  expect(store.durable).toBe(false)
  await store.save('cache', '5-1@a', false)
  expect(await store.load('cache')).toBeUndefined()
})

test('a Redis cursor is kept by the log', async () => {
  const calls: unknown[] = []
  const store = redisCursor()({
    ...context,
    loadCursor(name) {
      calls.push(['load', name])
      return Promise.resolve('5-1@a')
    },
    saveCursor(...save) {
      calls.push(['save', ...save])
      return Promise.resolve()
    },
  })
  expect(store.durable).toBe(true)
  expect(await store.load('cache')).toBe('5-1@a')
  await store.save('cache', '6-1@b', true)
  expect(calls).toEqual([
    ['load', 'cache'],
    ['save', 'cache', '6-1@b', true],
  ])
})
