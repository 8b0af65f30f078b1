import { EventEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'
import type { StalenessComparison } from '../../../bench/staleness/comparison.js'
import { Conversation } from '../../../bench/staleness/conversation.js'
import { Database } from '../../../bench/staleness/database.js'
import { scenarios } from '../../../bench/staleness/scenarios.js'
import { ours, setUps } from '../../../bench/staleness/set-ups.js'
import { stalenessTable } from '../../../bench/staleness/table.js'

describe('the database of the comparison', () => {
  test('a load that is held ends with the version that it read, whatever was committed meanwhile', async () => {
    const database = new Database()
    const held = database.hold('user:1')
    const load = database.load('user:1')
    await held.hasRead
    database.commit('user:1')
    held.release()
    expect(await load).toEqual({ id: 'user:1', version: 1 })
    expect(await database.load('user:1')).toEqual({ id: 'user:1', version: 2 })
  })

  test('only the next load is held, and loads of other records are not', async () => {
    const database = new Database()
    const held = database.hold('user:1')
    expect(await database.load('user:2')).toEqual({ id: 'user:2', version: 1 })
    const load = database.load('user:1')
    expect(await database.load('user:1')).toEqual({ id: 'user:1', version: 1 })
    held.release()
    await load
  })
})

describe('a conversation between two processes', () => {
  /** What one side sends, the other one receives. */
  function ports(): [Port, Port] {
    const [one, other] = [new Port(), new Port()]
    one.other = other
    other.other = one
    return [one, other]
  }

  class Port extends EventEmitter {
    other: EventEmitter | undefined

    send(message: unknown): boolean {
      queueMicrotask(() => this.other?.emit('message', JSON.parse(JSON.stringify(message))))
      return true
    }
  }

  test('each side can ask while it is asked', async () => {
    const [one, other] = ports()
    const parent = new Conversation(one, (question) => Promise.resolve({ record: question }))
    const child: Conversation = new Conversation(other, async (question) => [question, await child.ask({ load: 1 })])
    const answers = await Promise.all([parent.ask({ get: 1 }), parent.ask({ get: 2 })])
    expect(answers).toEqual([
      [{ get: 1 }, { record: { load: 1 } }],
      [{ get: 2 }, { record: { load: 1 } }],
    ])
  })

  test('what the other side rejects with comes back as an error with its message', async () => {
    const [one, other] = ports()
    const parent = new Conversation(one, () => Promise.resolve())
    new Conversation(other, () => Promise.reject(new Error('No such record')))
    await expect(parent.ask({ get: 1 })).rejects.toThrow('No such record')
  })

  test('when one side ends, the questions that it has not answered are rejected, and so are later ones', async () => {
    const [one] = ports()
    const parent = new Conversation(one, () => Promise.resolve())
    const asked = parent.ask({ get: 1 })
    parent.end(new Error('The process ended'))
    await expect(asked).rejects.toThrow('The process ended')
    await expect(parent.ask({ get: 2 })).rejects.toThrow('The process ended')
  })
})

test('the table has a row for each set-up and a column for each scenario', () => {
  const comparison: StalenessComparison = {
    date: '2026-12-01T00:00:00.000Z',
    versions: { bentocache: '1.6.1', cacheable: '2.5.0' },
    scenarios: scenarios.slice(0, 2).map(({ name, title }) => ({ name, title })),
    outcomes: [
      {
        name: 'bentocache',
        cache: 'bentocache',
        shared: true,
        scenario: 'key-during-load',
        verdict: 'stale in both',
      },
      { name: 'bentocache', cache: 'bentocache', shared: true, scenario: 'key-while-cut', verdict: 'fresh' },
      { name: 'cacheable-memory', cache: 'cacheable', shared: false, scenario: 'key-while-cut', verdict: 'none' },
    ],
  }
  const rows = stalenessTable(comparison)
    .split('\n')
    .map((line) => line.replaceAll(/ +/g, ' '))
  expect(rows.slice(2)).toEqual([
    '| bentocache 1.6.1 | memory and Redis | stale in both | fresh |',
    '| cacheable 2.5.0 | memory | | none |',
  ])
})

test('the set-ups begin with ours, and their names are unique', () => {
  expect(setUps[0]).toMatchObject({ cache: ours, hasTags: true })
  expect(new Set(setUps.map(({ name }) => name)).size).toBe(setUps.length)
})
