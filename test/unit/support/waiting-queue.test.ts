import { expect, test } from 'vitest'
import { WaitingQueue } from '../../../src/support/waiting-queue.js'
import { collectGarbage } from '../../support/collect-garbage.js'

class Item {
  waiting = true
}

function items(count: number): Item[] {
  return Array.from({ length: count }, () => new Item())
}

test('the oldest is the item that has waited longest and still does', () => {
  const queue = new WaitingQueue<Item>()
  const [first, second, third] = [new Item(), new Item(), new Item()]
  for (const item of [first, second, third]) queue.add(item)
  second.waiting = false
  expect(queue.oldest).toBe(first)
  first.waiting = false
  expect(queue.oldest).toBe(third)
  third.waiting = false
  expect(queue.oldest).toBeUndefined()
})

test('the items that still wait are listed and taken out in order', () => {
  const queue = new WaitingQueue<Item>()
  const added = items(100)
  for (const item of added) queue.add(item)
  for (const [index, item] of added.entries()) item.waiting = index % 3 === 0
  const waiting = added.filter((item) => item.waiting)
  expect([...queue]).toEqual(waiting)
  expect(queue.clear()).toEqual(waiting)
  expect(queue.oldest).toBeUndefined()
  expect([...queue]).toEqual([])
})

test('items that are over are not held behind one that waits', async () => {
  const queue = new WaitingQueue<Item>()
  const patient = new Item()
  queue.add(patient)
  const over = Array.from({ length: 10_000 }, () => {
    const item = new Item()
    queue.add(item)
    item.waiting = false
    return new WeakRef(item)
  })
  // A weak reference holds what it refers to until the turn is over.
  await new Promise((resolve) => setImmediate(resolve))
  collectGarbage()
  expect(over.filter((item) => item.deref() !== undefined).length).toBeLessThan(50)
  expect(queue.oldest).toBe(patient)
})
