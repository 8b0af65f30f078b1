import { beforeEach, expect, test } from 'vitest'
import type { DeadLetter, DeadLetterStore } from '../../../../src/log/log.js'
import { compareStreamIds } from '../../../../src/message/stream-id.js'
import { DeadLetters, type ListDeadLettersOptions } from '../../../../src/subscriber/handling/dead-letters.js'
import { RedisError } from '../../../../src/support/errors.js'

/** A dead-letter stream in memory. */
class FakeLog implements DeadLetterStore {
  letters: DeadLetter[] = []
  published: string[] = []
  /** What happened, in order. */
  readonly steps: string[] = []
  onPublish: (message: string) => void = () => undefined
  #next = 1

  fill(count: number): void {
    for (let index = 0; index < count; index++) this.add(`m${this.#next}`)
  }

  add(message: string): void {
    void this.addDeadLetter({ message, error: 'no', subscriber: 'cache', tries: 3 })
  }

  addDeadLetter(letter: Omit<DeadLetter, 'id'>): Promise<string> {
    const id = `${this.#next++}-0`
    this.letters.push({ id, ...letter })
    return Promise.resolve(id)
  }

  listDeadLetters(from: string, count: number): Promise<readonly DeadLetter[]> {
    const standing = this.letters.filter(({ id }) => from === '-' || compareStreamIds(id, from) >= 0)
    return Promise.resolve(standing.slice(0, count))
  }

  removeDeadLetters(ids: readonly string[]): Promise<number> {
    if (ids.length === 0) return Promise.reject(new RedisError('reply', 'wrong number of arguments'))
    const before = this.letters.length
    this.letters = this.letters.filter(({ id }) => !ids.includes(id))
    this.steps.push(`remove ${ids.join()}`)
    return Promise.resolve(before - this.letters.length)
  }

  async republish(message: string): Promise<void> {
    await Promise.resolve()
    this.onPublish(message)
    this.steps.push(`publish ${message}`)
    this.published.push(message)
  }
}

let log: FakeLog
let deadLetters: DeadLetters

beforeEach(() => {
  log = new FakeLog()
  deadLetters = new DeadLetters({ store: log, republish: (message) => log.republish(message) })
})

test('dead letters are listed oldest first, from an id on and up to a limit', async () => {
  log.fill(150)
  expect(await deadLetters.list()).toHaveLength(100)
  const page = await deadLetters.list({ from: '3-0', limit: 2 })
  expect(page.map(({ message }) => message)).toEqual(['m3', 'm4'])
})

test.each([
  [{ limit: 0 }, '`limit`'],
  [{ limit: 1.5 }, '`limit`'],
  [{ limit: 10_001 }, '`limit`'],
  [{ from: '+' }, 'Expected the id of a dead letter'],
  [{ from: '18446744073709551616-0' }, 'Expected the id of a dead letter'],
  [{ from: 5 }, 'Expected the id of a dead letter'],
  [{ limt: 5 }, 'Unknown option `limt` of deadLetters.list'],
  [null, 'Expected the options of deadLetters.list to be an object'],
])('listing with %j is refused', async (options, why) => {
  // What callers without types may pass.
  await expect(deadLetters.list(options as ListDeadLettersOptions)).rejects.toMatchObject({
    code: 'CONFIGURATION',
    message: expect.stringContaining(why) as string,
  })
})

test('all are published again, in order and over pages, and each is removed only after that', async () => {
  log.fill(250)
  expect(await deadLetters.redrive()).toEqual({ redriven: 250, failed: 0, error: undefined })
  expect(log.published).toEqual(Array.from({ length: 250 }, (_, index) => `m${index + 1}`))
  expect(log.letters).toEqual([])
  const removals = log.steps.flatMap((step, index) => (step.startsWith('remove') ? [{ step, index }] : []))
  for (const { step, index } of removals) {
    for (const id of step.slice('remove '.length).split(',')) {
      const message = `m${id.split('-')[0]}`
      expect(log.steps.slice(0, index)).toContain(`publish ${message}`)
    }
  }
})

test('what fails to be published stays, and the rest goes on', async () => {
  log.fill(220)
  log.onPublish = (message) => {
    if (message === 'm2' || message === 'm150') throw new RedisError('disconnected', `not ${message}`)
  }
  const outcome = await deadLetters.redrive()
  expect(outcome).toMatchObject({ redriven: 218, failed: 2, error: { message: 'not m2' } })
  expect(log.letters.map(({ message }) => message)).toEqual(['m2', 'm150'])
})

test('a page of which nothing could be published again stays as it is', async () => {
  log.fill(1)
  log.onPublish = () => {
    throw new Error('no')
  }
  expect(await deadLetters.redrive()).toMatchObject({ redriven: 0, failed: 1 })
  expect(log.letters).toHaveLength(1)
})

test('a redrive comes to an end although every message fails again at once', async () => {
  log.fill(120)
  log.onPublish = (message) => {
    log.add(message)
  }
  expect(await deadLetters.redrive()).toMatchObject({ redriven: 120, failed: 0 })
  expect(log.letters).toHaveLength(120)
})

test('only the ids asked for are published again; those that are gone count for nothing', async () => {
  log.fill(5)
  expect(await deadLetters.redrive(['4-0', '2-0', '4-0', '99-0'])).toMatchObject({ redriven: 2, failed: 0 })
  expect(log.published).toEqual(['m4', 'm2'])
  expect(await deadLetters.redrive(['2-0'])).toMatchObject({ redriven: 0, failed: 0 })
  expect(log.letters.map(({ message }) => message)).toEqual(['m1', 'm3', 'm5'])
})

test('ids that are none are refused before anything is done', async () => {
  log.fill(2)
  await expect(deadLetters.redrive(['1-0', '-'])).rejects.toMatchObject({ code: 'CONFIGURATION' })
  await expect(deadLetters.purge(['1-0', 'all'])).rejects.toMatchObject({ code: 'CONFIGURATION' })
  for (const none of [null, '', '1-0', [5]] as unknown[]) {
    await expect(deadLetters.purge(none as readonly string[])).rejects.toMatchObject({ code: 'CONFIGURATION' })
  }
  expect(log.published).toEqual([])
  expect(log.letters).toHaveLength(2)
})

test('purging removes all, or those asked for, and says how many there were', async () => {
  log.fill(230)
  expect(await deadLetters.purge(['7-0', '999-0'])).toBe(1)
  expect(await deadLetters.purge()).toBe(229)
  expect(await deadLetters.purge()).toBe(0)
  expect(await deadLetters.redrive()).toEqual({ redriven: 0, failed: 0, error: undefined })
  expect(log.published).toEqual([])
})

test('a log that can not be asked rejects', async () => {
  log.listDeadLetters = () => Promise.reject(new RedisError('disconnected', 'The link is down'))
  await expect(deadLetters.redrive()).rejects.toMatchObject({ code: 'REDIS' })
})
