import { expect, test } from 'vitest'
import { Resources } from '../../../bench/resources.js'

test('what was handed over is closed in the reverse order, each when the one before is', async () => {
  const resources = new Resources()
  const closed: string[] = []
  const resource = {
    async [Symbol.asyncDispose]() {
      await Promise.resolve()
      closed.push('first')
    },
  }
  expect(resources.use(resource)).toBe(resource)
  resources.defer(() => closed.push('second'))
  await resources[Symbol.asyncDispose]()
  expect(closed).toEqual(['second', 'first'])
})

test('what can not be closed does not keep the others from it, and is told', async () => {
  const resources = new Resources()
  let closed = false
  resources.defer(() => (closed = true))
  resources.defer(() => {
    throw new Error('stuck')
  })
  await expect(resources[Symbol.asyncDispose]()).rejects.toThrow('Could not close all: Error: stuck')
  expect(closed).toBe(true)
})
