import { buildCacheKey, type Invalidation } from '../../../src/index.js'
import { type Database, postCount, userCount } from './database.js'
import { popularId, type Random } from './random.js'

/** Each commits a change to the database and returns what is to be evicted for it. */
type Change = (database: Database, random: Random, revision: number) => readonly Invalidation[]

/** How many of the users after an author follow that author. */
const followers = 3

const renameUser: Change = (database, random, revision) => {
  const id = popularId(userCount, random)
  database.run('UPDATE user SET name = ? WHERE id = ?', `User ${id}, revision ${revision}`, id)
  return [{ action: 'update', entityType: 'user', entityId: String(id) }]
}

/** Writes a post again, or anew where it was deleted, and puts it on top of the feeds of who follows its author. */
const writePost: Change = (database, random, revision) => {
  const id = popularId(postCount, random)
  const author = id % userCount
  const text = `Post ${id}, revision ${revision}`
  const feeds = Array.from({ length: followers }, (_, index) => (author + index + 1) % userCount)
  database.transaction(() => {
    database.run('INSERT OR REPLACE INTO post VALUES (?, ?, ?)', id, author, text)
    for (const feed of feeds) database.run('UPDATE feed SET latest = ? WHERE id = ?', text, feed)
  })
  return [
    { action: 'update', entityType: 'post', entityId: String(id) },
    { action: 'batch', cacheKeys: feeds.map((feed) => buildCacheKey('feed', String(feed))) },
  ]
}

const deletePost: Change = (database, random) => {
  const id = popularId(postCount, random)
  database.run('DELETE FROM post WHERE id = ?', id)
  return [{ action: 'delete', entityType: 'post', entityId: String(id) }]
}

const rebuildFeeds: Change = (database, _random, revision) => {
  database.run('UPDATE feed SET latest = ?', `Rebuilt, revision ${revision}`)
  return [{ action: 'pattern', pattern: 'feed:*' }]
}

/** One of the changes that happen all the time, most of them small. */
export const anyChange: Change = (database, random, revision) => {
  const drawn = random()
  if (drawn < 0.5) return renameUser(database, random, revision)
  if (drawn < 0.93) return writePost(database, random, revision)
  if (drawn < 0.995) return deletePost(database, random, revision)
  return rebuildFeeds(database, random, revision)
}

/** Writes posts `first` to `first + count` again, in one commit. */
export function rewritePosts(database: Database, first: number, count: number, revision: number): Invalidation[] {
  const ids = Array.from({ length: count }, (_, index) => (first + index) % postCount)
  database.transaction(() => {
    for (const id of ids) {
      const text = `Post ${id}, revision ${revision}`
      database.run('INSERT OR REPLACE INTO post VALUES (?, ?, ?)', id, id % userCount, text)
    }
  })
  return ids.map((id) => ({ action: 'update', entityType: 'post', entityId: String(id) }))
}
