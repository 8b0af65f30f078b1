import { buildCacheKey } from '../../src/index.js'

const users = 700
const sessions = 300

/** Every key there is: each has a value in the source of truth, and caches hold all of them. */
export const allKeys: readonly string[] = [
  ...Array.from({ length: users }, (_, id) => buildCacheKey('user', String(id))),
  ...Array.from({ length: sessions }, (_, id) => buildCacheKey('session', String(id))),
]

/** Ids of the two kinds of entities, and how many there are. */
export const entityTypes = [
  { entityType: 'user', count: users },
  { entityType: 'session', count: sessions },
] as const
