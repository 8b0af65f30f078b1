import { expect, test } from 'vitest'
import { memoryCursor, redisCursor, type CursorContext } from '../../../src/delivery/cursor.js'

const context: CursorContext = {
  channel: 'cache:invalidate',
  loadCursor: () => Promise.reject(new Error('not asked for')),
  saveCursor: () => Promise.reject(new Error('not asked for')),
}

test('a memory cursor begins empty, and lives as long as what memoryCursor() returned', async () => {
  const factory = memoryCursor()
  const store = factory(context)
  expect(store.durable).toBe(false)
  expect(await store.load('cache')).toBeUndefined()
  await store.save('cache', '5-1@a', false)
  expect(await factory(context).load('cache')).toBe('5-1@a')
  expect(await memoryCursor()(context).load('cache')).toBeUndefined()
})

test('a memory cursor keeps names and channels apart', async () => {
  const factory = memoryCursor()
  await factory(context).save('cache', '5-1@a', false)
  expect(await factory(context).load('other')).toBeUndefined()
  expect(await factory({ ...context, channel: 'other' }).load('cache')).toBeUndefined()
})

test('a memory cursor moves back only where that is asked for', async () => {
  const store = memoryCursor()(context)
  await store.save('cache', '10-1@a', false)
  await store.save('cache', '9-7@b', false)
  expect(await store.load('cache')).toBe('10-1@a')
  await store.save('cache', '10-2@c', false)
  expect(await store.load('cache')).toBe('10-2@c')
  await store.save('cache', '9-7@b', true)
  expect(await store.load('cache')).toBe('9-7@b')
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
