import { expect, test } from 'vitest'
import { Board } from '../../../examples/demo/board.js'
import { outcomeOf } from '../../../examples/demo/outcome.js'
import type { Paint } from '../../../examples/demo/screen/paint.js'
import { audit } from '../../../examples/demo/services/audit.js'
import { Database } from '../../../examples/demo/services/database.js'
import { emptyReport } from '../../../examples/demo/services/service.js'
import { TieredCache } from '../../../examples/demo/services/tiered-cache.js'
import { outcomeText } from '../../../examples/demo/table.js'

const about = { mode: 'memory', seconds: 1, seed: 1 } as const
const asIs = (text: string): string => text
const plain: Paint = { bold: asIs, dim: asIs, good: asIs, bad: asIs }

test('a value that was changed in the database and not evicted is found', async () => {
  const database = new Database(':memory:')
  database.fill()
  const read = (key: string): string => database.read(key)
  const cache = new TieredCache(undefined, read)
  await cache.get('user:1')
  await cache.get('user:2')
  expect(audit({ memory: cache.memory, redis: [] }, read)).toEqual({ compared: 2, stale: [] })
  database.run('UPDATE user SET name = ? WHERE id = ?', 'Renamed', 2)
  expect(audit({ memory: cache.memory, redis: [] }, read)).toEqual({
    compared: 2,
    stale: [
      { tier: 'memory', key: 'user:2', cached: '{"id":2,"name":"User 2"}', current: '{"id":2,"name":"Renamed"}' },
    ],
  })
  database.close()
})

test('a stale value in the Redis cache is found, and so is one that the database has no row for', () => {
  const redis = [['post:1', 'old'] as const, ['post:2', 'null'] as const]
  const { compared, stale } = audit({ memory: [['post:3', 'gone']], redis }, (key) =>
    key === 'post:1' ? 'new' : 'null',
  )
  expect(compared).toBe(3)
  expect(stale.map(({ tier, key }) => [tier, key])).toEqual([
    ['memory', 'post:3'],
    ['redis', 'post:1'],
  ])
})

test('one stale value fails the demo, and is named', () => {
  const board = new Board([])
  const stale = [{ tier: 'redis', key: 'feed:9', cached: 'old', current: 'new' }] as const
  board.tallies['feed-service'].take({ ...emptyReport, state: 'live', audit: { compared: 10, stale } })
  const outcome = outcomeOf(board, about, undefined)
  expect(outcome).toMatchObject({ ok: false, stale: 1 })
  expect(outcomeText(outcome, plain)).toContain('feed-service, redis, feed:9: old is new in the database')
})

test('an eviction that was given up fails the demo, whatever the comparison says', () => {
  const board = new Board([])
  board.tallies['feed-service'].take({ ...emptyReport, state: 'live', failures: 1 })
  expect(outcomeOf(board, about, undefined)).toMatchObject({ ok: false, stale: 0 })
})
