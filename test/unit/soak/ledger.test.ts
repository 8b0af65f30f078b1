import { beforeEach, describe, expect, test } from 'vitest'
import { Ledger } from '../../soak/checker/ledger.js'

let ledger: Ledger

beforeEach(() => {
  ledger = new Ledger(['memory', 'redis'])
  ledger.began('memory', 1)
  ledger.began('redis', 1)
})

function publish(id: string, publishedAt = 2): void {
  ledger.published({ id, publisher: 'single.1', keys: ['user:1'], publishedAt, acknowledged: undefined })
  ledger.acknowledged({ id, carrier: id, position: '1-1@aaaaaaaa' }, publishedAt + 1)
}

function handle(subscription: string, id: string): void {
  ledger.handled(subscription, { kind: 'message', id })
}

const missed = (): string[] =>
  ledger.findLost().map(({ subscription, publication }) => `${subscription} ${publication.id}`)

test('names each message that a subscription has not handled', () => {
  publish('a')
  publish('b')
  handle('memory', 'a')
  handle('redis', 'b')
  expect(missed()).toEqual(['redis a', 'memory b'])
})

test('an overflow stands for what was acknowledged under the id of its message that evicts all', () => {
  ledger.published({ id: 'a', publisher: 'single.1', keys: [], publishedAt: 2, acknowledged: undefined })
  ledger.acknowledged({ id: 'a', carrier: 'all', position: '1-1@aaaaaaaa' }, 5)
  expect(missed()).toEqual(['memory a', 'redis a'])
  for (const each of ['memory', 'redis']) {
    ledger.handled(each, { kind: 'evict-all', id: 'all', publisher: 'single.1', at: 3 })
  }
  expect(missed()).toEqual([])
})

test('a subscription whose process died need not have handled what came before it began again', () => {
  publish('a')
  ledger.lost('memory')
  publish('b', 10)
  expect(missed()).toEqual(['redis a', 'redis b'])
  ledger.began('memory', 10)
  expect(missed()).toEqual(['redis a', 'memory b', 'redis b'])
})

test('one that begins again without having died still owes what came before', () => {
  publish('a')
  ledger.began('redis', 10)
  expect(missed()).toContain('redis a')
})

describe('closing the books', () => {
  test('forgets what was published until then', () => {
    publish('a')
    ledger.close()
    expect(missed()).toEqual([])
    publish('b', 10)
    expect(missed()).toEqual(['memory b', 'redis b'])
  })

  test('does not forget the counts', () => {
    publish('a')
    handle('memory', 'a')
    ledger.close()
    expect(ledger.counts).toMatchObject({ published: 1, acknowledged: 1, handled: 1 })
  })
})

test('counts what one subscription handled twice, across the closing of the books too', () => {
  publish('a')
  for (const each of ['memory', 'redis', 'memory']) handle(each, 'a')
  expect(ledger.counts).toMatchObject({ handled: 3, duplicates: 1 })
  ledger.close()
  handle('redis', 'a')
  expect(ledger.counts).toMatchObject({ handled: 4, duplicates: 2 })
})

test('counts resyncs by reason', () => {
  for (const reason of ['trimmed', 'log-lost', 'trimmed'] as const) {
    ledger.handled('redis', { kind: 'resync', reason, head: '1-1@aaaaaaaa', at: 3 })
  }
  expect(ledger.counts.resyncs).toEqual({ trimmed: 2, 'log-lost': 1 })
})

test('an acknowledgement of what was never published is an error of the soak itself', () => {
  expect(() => ledger.acknowledged({ id: 'x', carrier: 'x', position: '1-1@aaaaaaaa' }, 3)).toThrow('never published')
})
