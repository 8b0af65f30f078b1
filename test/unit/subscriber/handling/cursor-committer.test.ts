import { beforeEach, expect, test } from 'vitest'
import { CursorCommitter } from '../../../../src/subscriber/handling/cursor-committer.js'
import type { CursorStore } from '../../../../src/subscriber/handling/cursor.js'
import { VirtualRuntime } from '../../../support/virtual-runtime.js'
import { type Deferred, deferred } from './fixtures.js'

interface Save {
  readonly at: number
  readonly name: string
  readonly position: string
  readonly overwrite: boolean
  readonly outcome: Deferred<void>
}

let runtime: VirtualRuntime
let saves: Save[]
let errors: string[]
let answer: 'at once' | 'when told' | 'with a failure'
let committer: CursorCommitter

function create(intervalMs: number): CursorCommitter {
  const store: CursorStore = {
    durable: true,
    load: () => Promise.resolve(undefined),
    save(name, position, overwrite) {
      const outcome = deferred()
      saves.push({ at: runtime.monotonic(), name, position, overwrite, outcome })
      if (answer === 'at once') outcome.resolve()
      if (answer === 'with a failure') outcome.reject(new Error(`no ${position}`))
      return outcome.promise
    },
  }
  return new CursorCommitter({
    store,
    name: 'cache',
    intervalMs,
    runtime,
    onError: (error) => errors.push(error.message),
  })
}

beforeEach(() => {
  runtime = new VirtualRuntime()
  saves = []
  errors = []
  answer = 'at once'
  committer = create(1_000)
})

const positions = (): string[] => saves.map(({ position }) => position)
const summary = (): unknown[] => saves.map(({ at, position, overwrite }) => [at, position, overwrite])

test('the first position is saved at once, and of those that follow the newest at the next interval', async () => {
  committer.commit('1-0@a')
  committer.commit('2-0@b')
  await runtime.advance(400)
  committer.commit('3-0@c')
  await runtime.advance(599)
  expect(summary()).toEqual([[0, '1-0@a', false]])
  await runtime.advance(60_000)
  expect(summary()).toEqual([
    [0, '1-0@a', false],
    [1_000, '3-0@c', false],
  ])
  expect(saves[0]?.name).toBe('cache')
})

test('a position that comes after a quiet interval is saved at once', async () => {
  committer.commit('1-0@a')
  await runtime.advance(5_000)
  committer.commit('2-0@b')
  await runtime.settle()
  expect(summary()).toEqual([
    [0, '1-0@a', false],
    [5_000, '2-0@b', false],
  ])
})

test('one save runs at a time, however long it takes', async () => {
  answer = 'when told'
  committer.commit('1-0@a')
  await runtime.advance(5_000)
  committer.commit('2-0@b')
  await runtime.advance(5_000)
  expect(positions()).toEqual(['1-0@a'])
  saves[0]?.outcome.resolve()
  await runtime.settle()
  expect(positions()).toEqual(['1-0@a', '2-0@b'])
})

test('a failed position is saved again at the next interval, and an outage is told once', async () => {
  answer = 'with a failure'
  committer.commit('1-0@a')
  await runtime.advance(2_500)
  expect(summary().map(String)).toEqual(['0,1-0@a,false', '1000,1-0@a,false', '2000,1-0@a,false'])
  expect(errors).toEqual(['no 1-0@a'])
  answer = 'at once'
  await runtime.advance(60_000)
  expect(saves).toHaveLength(4)
  answer = 'with a failure'
  committer.commit('2-0@b')
  await runtime.settle()
  expect(errors).toEqual(['no 1-0@a', 'no 2-0@b'])
})

test('a newer position takes the place of one whose save failed', async () => {
  answer = 'when told'
  committer.commit('1-0@a')
  committer.commit('2-0@b')
  saves[0]?.outcome.reject(new Error('no'))
  answer = 'at once'
  await runtime.advance(60_000)
  expect(positions()).toEqual(['1-0@a', '2-0@b'])
})

test('a wish to overwrite holds for newer positions until it was carried out, and no longer', async () => {
  answer = 'when told'
  committer.commit('9-0@a')
  committer.commit('3-0@b', true)
  committer.commit('4-0@c')
  saves[0]?.outcome.resolve()
  await runtime.advance(1_000)
  committer.commit('5-0@d')
  saves[1]?.outcome.reject(new Error('no'))
  answer = 'at once'
  await runtime.advance(2_000)
  committer.commit('6-0@e')
  await runtime.advance(2_000)
  expect(saves.map(({ position, overwrite }) => [position, overwrite])).toEqual([
    ['9-0@a', false],
    ['4-0@c', true],
    ['5-0@d', true],
    ['6-0@e', false],
  ])
})

test('an interval of nothing saves one after the other, and does not spin while the store fails', async () => {
  committer = create(0)
  answer = 'with a failure'
  committer.commit('1-0@a')
  await runtime.advance(1_000)
  expect(saves.length).toBeGreaterThan(5)
  expect(saves.length).toBeLessThan(15)
  answer = 'at once'
  await runtime.advance(100)
  const before = saves.length
  committer.commit('2-0@b')
  committer.commit('3-0@c')
  await runtime.advance(0)
  expect(positions().slice(before)).toEqual(['2-0@b', '3-0@c'])
})

test('close waits for the save under way, then saves what is pending', async () => {
  answer = 'when told'
  committer.commit('1-0@a')
  committer.commit('2-0@b', true)
  let closed = false
  const closing = committer.close().then(() => (closed = true))
  await runtime.settle()
  expect(positions()).toEqual(['1-0@a'])
  saves[0]?.outcome.resolve()
  await runtime.settle()
  expect(summary()).toEqual([
    [0, '1-0@a', false],
    [0, '2-0@b', true],
  ])
  expect(closed).toBe(false)
  saves[1]?.outcome.resolve()
  await closing
})

test('close does not wait for the interval, and nothing is saved after it', async () => {
  committer.commit('1-0@a')
  await runtime.settle()
  committer.commit('2-0@b')
  await Promise.all([committer.close(), committer.close()])
  committer.commit('3-0@c')
  await committer.close()
  await runtime.advance(60_000)
  expect(summary()).toEqual([
    [0, '1-0@a', false],
    [0, '2-0@b', false],
  ])
})

test('a last save that fails is told, and close still resolves', async () => {
  committer.commit('1-0@a')
  await runtime.settle()
  answer = 'with a failure'
  committer.commit('2-0@b')
  await committer.close()
  expect(errors).toEqual(['no 2-0@b'])
})

test('closing twice waits both times for the last save', async () => {
  committer.commit('1-0@a')
  await runtime.settle()
  answer = 'when told'
  committer.commit('2-0@b')
  const order: string[] = []
  void committer.close().then(() => order.push('first'))
  void committer.close().then(() => order.push('second'))
  await runtime.settle()
  expect(order).toEqual([])
  saves[1]?.outcome.resolve()
  await runtime.settle()
  expect(order).toEqual(['first', 'second'])
})

test('close waits for the last save although the interval is long over', async () => {
  answer = 'when told'
  committer.commit('1-0@a')
  await runtime.advance(5_000)
  committer.commit('2-0@b')
  let closed = false
  const closing = committer.close().then(() => (closed = true))
  saves[0]?.outcome.resolve()
  await runtime.settle()
  expect(closed).toBe(false)
  expect(positions()).toEqual(['1-0@a', '2-0@b'])
  saves[1]?.outcome.resolve()
  await closing
})

test('close leaves no timer behind', async () => {
  committer.commit('1-0@a')
  await runtime.settle()
  committer.commit('2-0@b')
  await committer.close()
  await expect(runtime.runUntil(new Promise(() => undefined), 10)).rejects.toThrow('no timer is left')
})
