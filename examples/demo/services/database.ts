import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { parseCacheKey } from '../../../src/index.js'

export const userCount = 1_000
export const postCount = 20_000

const schema = `
  PRAGMA busy_timeout = 5000;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS user (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS post (id INTEGER PRIMARY KEY, author INTEGER NOT NULL, text TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS feed (id INTEGER PRIMARY KEY, latest TEXT NOT NULL);`

/** The source of truth that all services share: users, their posts, and a feed for each user. */
export class Database {
  readonly #sqlite: DatabaseSync

  /** @param path of the file; `:memory:` for a database of this process alone */
  constructor(path: string) {
    this.#sqlite = new DatabaseSync(path)
    this.#sqlite.exec(schema)
  }

  /** Puts in the rows that the demo begins with. */
  fill(): void {
    this.transaction(() => {
      for (let id = 0; id < userCount; id++) {
        this.run('INSERT INTO user VALUES (?, ?)', id, `User ${id}`)
        this.run('INSERT INTO feed VALUES (?, ?)', id, 'Nothing yet')
      }
      for (let id = 0; id < postCount; id++) {
        this.run('INSERT INTO post VALUES (?, ?, ?)', id, id % userCount, `Post ${id}`)
      }
    })
  }

  /** The row behind a cache key such as `post:7`, as JSON; `null` where there is none. */
  read(cacheKey: string): string {
    const { entityType, entityId } = parseCacheKey(cacheKey)
    return JSON.stringify(this.#select(entityType).get(entityId) ?? null)
  }

  run(sql: string, ...values: SQLInputValue[]): void {
    this.#prepare(sql).run(...values)
  }

  /** All that `change` writes is committed together when this returns. */
  transaction<Result>(change: () => Result): Result {
    this.#sqlite.exec('BEGIN IMMEDIATE')
    try {
      const result = change()
      this.#sqlite.exec('COMMIT')
      return result
    } catch (error) {
      this.#sqlite.exec('ROLLBACK')
      throw error
    }
  }

  close(): void {
    this.#sqlite.close()
  }

  readonly #statements = new Map<string, ReturnType<DatabaseSync['prepare']>>()

  #prepare(sql: string): ReturnType<DatabaseSync['prepare']> {
    const statement = this.#statements.get(sql) ?? this.#sqlite.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  #select(entityType: string): ReturnType<DatabaseSync['prepare']> {
    switch (entityType) {
      case 'user':
      case 'post':
      case 'feed':
        return this.#prepare(`SELECT * FROM ${entityType} WHERE id = ?`)
      default:
        throw new Error(`Expected a user, a post or a feed, got \`${entityType}\``)
    }
  }
}
