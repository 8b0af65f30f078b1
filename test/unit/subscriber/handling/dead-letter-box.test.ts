import { beforeEach, expect, test } from 'vitest'
import type { DeadLetter } from '../../../../src/log/log.js'
import { compareStreamIds } from '../../../../src/message/stream-id.js'
import { DeadLetterBox } from '../../../../src/subscriber/handling/dead-letter-box.js'
import { RedisError } from '../../../../src/support/errors.js'
import { VirtualRuntime } from '../../../support/virtual-runtime.js'
import { deferred } from './fixtures.js'

type NewLetter = Omit<DeadLetter, 'id'>

let stored: NewLetter[]
let told: DeadLetter[]
let errors: Error[]
let refuses: (letter: NewLetter) => boolean
let onTold: () => void
let asked: string[]
let left: readonly string[]

beforeEach(() => {
  stored = []
  told = []
  errors = []
  refuses = () => false
  onTold = () => undefined
  asked = []
  left = []
})

/** The oldest letter from an id on, of those that are left. */
function list(from: string): Promise<readonly { readonly id: string; readonly subscriber: string }[]> {
  asked.push(from)
  const found = left.filter((each) => from === '-' || compareStreamIds(each, from) >= 0)
  return Promise.resolve(found.map((id) => ({ id, subscriber: id === '7-0' ? 'other' : 'cache' })))
}

function box(limit?: number): DeadLetterBox {
  return new DeadLetterBox({
    store(letter) {
      if (refuses(letter)) return Promise.reject(new RedisError('disconnected', 'The link is down'))
      stored.push(letter)
      return Promise.resolve(`${stored.length}-0`)
    },
    list,
    ...(limit === undefined ? {} : { limit }),
    onError: (error) => errors.push(error),
    onStored: (letter) => {
      told.push(letter)
      onTold()
    },
  })
}

function letter(id: string): NewLetter {
  return { message: JSON.stringify({ message_id: id }), error: 'HandlerError: no', subscriber: 'cache', tries: 3 }
}

test('a dead letter is stored at once, and told with its id', async () => {
  await box().add(letter('a'), 1)
  expect(stored).toEqual([letter('a')])
  expect(told).toEqual([{ id: '1-0', ...letter('a') }])
  expect(errors).toEqual([])
})

test('dead letters that can not be stored are kept until they can, and the outage is told once', async () => {
  refuses = () => true
  const kept = box()
  await kept.add(letter('a'), 1)
  await kept.add(letter('b'), 1)
  await kept.retry()
  expect(stored).toEqual([])
  expect(errors).toHaveLength(1)
  expect(errors[0]).toMatchObject({ code: 'REDIS', kind: 'disconnected' })
  expect(errors[0]?.message).toContain('beginning with that of message a')
  refuses = () => false
  await kept.retry()
  await kept.retry()
  expect(stored.map(({ message }) => message).toSorted()).toEqual([letter('a').message, letter('b').message])
  expect(told.map(({ id }) => id)).toEqual(['1-0', '2-0'])
  refuses = () => true
  await kept.add(letter('c'), 1)
  expect(errors).toHaveLength(2)
})

test('when a new dead letter can be stored, those that wait follow', async () => {
  refuses = () => true
  const kept = box()
  await kept.add(letter('a'), 1)
  refuses = () => false
  const bothTold = new Promise<void>((resolve) => {
    onTold = () => {
      if (told.length === 2) resolve()
    }
  })
  await kept.add(letter('b'), 1)
  await bothTold
  expect(stored).toEqual([letter('b'), letter('a')])
})

test('one that can never be stored does not hold up the others', async () => {
  refuses = () => true
  const kept = box()
  for (const id of ['poison', 'b', 'c']) await kept.add(letter(id), 1)
  refuses = ({ message }) => message.includes('poison')
  await kept.retry()
  await kept.retry()
  expect(stored).toEqual([letter('b'), letter('c')])
})

test('retries that overlap store each letter once', async () => {
  refuses = () => true
  const kept = box()
  for (const id of ['a', 'b', 'c']) await kept.add(letter(id), 1)
  refuses = () => false
  await Promise.all([kept.retry(), kept.retry()])
  expect(stored).toEqual([letter('a'), letter('b'), letter('c')])
})

test('what no longer fits is reported lost, by its message id and with what the handler failed of', async () => {
  refuses = () => true
  const kept = box(2)
  for (const id of ['a', 'b', 'c']) await kept.add(letter(id), 1)
  expect(errors).toHaveLength(2)
  expect(errors[1]).toMatchObject({ code: 'REDIS', cause: expect.any(RedisError) as RedisError })
  expect(errors[1]?.message).toContain('The dead letter of message c is lost')
  expect(errors[1]?.message).toContain('HandlerError: no')
  refuses = () => false
  await kept.retry()
  expect(stored).toEqual([letter('a'), letter('b')])
})

test('a thousand wait unless told otherwise', async () => {
  refuses = () => true
  const kept = box()
  for (let index = 0; index <= 1_000; index++) await kept.add(letter(`m${index}`), 1)
  expect(errors.map(({ message }) => message.includes('is lost'))).toEqual([false, true])
  expect(errors[1]?.message).toContain('message m1000 is lost')
})

test('close stores what it can, and reports every letter that it can not', async () => {
  refuses = () => true
  const kept = box()
  for (const id of ['a', 'b']) await kept.add(letter(id), 1)
  errors = []
  await kept.close()
  expect(errors.map(({ message }) => /message (\w) is lost/.exec(message)?.[1]).toSorted()).toEqual(['a', 'b'])
  refuses = () => false
  await kept.retry()
  expect(stored).toEqual([])
})

test('close with the link back loses nothing', async () => {
  refuses = () => true
  const kept = box()
  for (const id of ['a', 'b']) await kept.add(letter(id), 1)
  refuses = () => false
  await kept.close()
  expect(stored).toHaveLength(2)
  expect(errors).toHaveLength(1)
})

/** A box whose store has these outcomes, one after the other. */
function boxWith(...outcomes: Promise<string>[]): DeadLetterBox {
  return new DeadLetterBox({
    list,
    store: () => outcomes.shift() ?? Promise.reject(new Error('asked too often')),
    onError: (error) => errors.push(error),
    onStored: (letter) => told.push(letter),
  })
}

test('close waits for a letter that is stored again', async () => {
  const stored = deferred<string>()
  const kept = boxWith(Promise.reject(new Error('down')), stored.promise)
  await kept.add(letter('a'), 1)
  void kept.retry()
  let closed = false
  const closing = kept.close().then(() => (closed = true))
  await new VirtualRuntime().settle()
  expect(closed).toBe(false)
  stored.resolve('1-0')
  await closing
  expect(told).toEqual([{ id: '1-0', ...letter('a') }])
  expect(errors).toHaveLength(1)
})

test('a letter that turns out after close not to be stored is reported lost', async () => {
  const outcome = deferred<string>()
  const slow = boxWith(outcome.promise)
  const adding = slow.add(letter('a'), 1)
  await slow.close()
  expect(errors).toEqual([])
  outcome.reject(new RedisError('disconnected', 'closed'))
  await adding
  expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining('message a is lost')])
})

test('a message without an id is reported by how it begins', async () => {
  refuses = () => true
  await box(0).add({ ...letter('a'), message: 'no json at all' }, 1)
  expect(errors[0]?.message).toContain('message no json at all is lost')
})

test('a letter is outstanding until it is gone from the store, and the store is asked only meanwhile', async () => {
  const letters = box()
  expect(letters.hasOutstanding).toBe(false)
  await letters.check()
  expect(asked).toEqual([])
  for (const id of ['a', 'b', 'c']) await letters.add(letter(id), 1)
  left = ['2-0', '3-0']
  await letters.check()
  expect(letters.hasOutstanding).toBe(true)
  left = ['2-0']
  await letters.check()
  expect(letters.hasOutstanding).toBe(true)
  left = ['9-0']
  await letters.check()
  expect(letters.hasOutstanding).toBe(false)
  await letters.check()
  expect(asked).toEqual(['1-0', '2-0', '2-0'])
})

test('a letter that is stored while the store is asked stays outstanding', async () => {
  const letters = box()
  await letters.add(letter('a'), 1)
  const checking = letters.check()
  await letters.add(letter('b'), 2)
  await checking
  expect(letters.hasOutstanding).toBe(true)
})

test('a letter is no longer outstanding when everything has been evicted since its message failed', async () => {
  const letters = box()
  await letters.add(letter('a'), 1)
  await letters.add(letter('b'), 2)
  letters.covered(1)
  expect(letters.hasOutstanding).toBe(true)
  letters.covered(2)
  expect(letters.hasOutstanding).toBe(false)
})

test('a letter that waits in memory, or was lost, is outstanding until it is covered', async () => {
  refuses = () => true
  const letters = box(1)
  await letters.add(letter('a'), 1)
  letters.covered(1)
  expect(letters.hasOutstanding).toBe(false)
  await letters.add(letter('b'), 2)
  await letters.check()
  expect(letters.hasOutstanding).toBe(true)
  letters.covered(2)
  expect(letters.hasOutstanding).toBe(false)
  refuses = () => false
  await letters.retry()
  expect(letters.hasOutstanding).toBe(false)
})

test('a store that does not answer changes nothing about what is outstanding', async () => {
  const letters = new DeadLetterBox({
    store: () => Promise.resolve('1-0'),
    list: () => Promise.reject(new RedisError('disconnected', 'The link is down')),
    onError: (error) => errors.push(error),
    onStored: () => undefined,
  })
  await letters.add(letter('a'), 1)
  await letters.check()
  expect(letters.hasOutstanding).toBe(true)
  expect(errors).toEqual([])
})

test('letters that an earlier process has left are outstanding until they are gone or covered', async () => {
  left = ['6-0', '7-0']
  const letters = box()
  await letters.recall('cache')
  expect(letters.hasOutstanding).toBe(true)
  left = ['7-0']
  await letters.check()
  expect(letters.hasOutstanding).toBe(false)
  await letters.recall('other')
  expect(letters.hasOutstanding).toBe(true)
  letters.covered(0)
  expect(letters.hasOutstanding).toBe(false)
})
