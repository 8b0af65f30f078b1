import { RedisError } from '../errors.js'
import { maxAnnounced, readAnnounced, stampRecord, tooManyAnnounced } from './announced.js'
import type { Announced } from './log.js'

/** The subscriptions that made themselves known to a `MemoryServer`. */
export class MemoryRegistry {
  readonly #records = new Map<string, string>()

  announce(id: string, record: string, ttlMs: number, now: number): void {
    if (!this.#records.has(id)) this.#makeRoom(now)
    this.#records.set(id, stampRecord(record, now, ttlMs))
  }

  withdraw(id: string): void {
    this.#records.delete(id)
  }

  list(now: number): Announced[] {
    return [...this.#records].flatMap(([id, record]) => readAnnounced(id, record, now) ?? [])
  }

  clear(): void {
    this.#records.clear()
  }

  #makeRoom(now: number): void {
    if (this.#records.size < maxAnnounced) return
    for (const [id, record] of this.#records) if (!readAnnounced(id, record, now)) this.#records.delete(id)
    if (this.#records.size < maxAnnounced) return
    throw new RedisError('reply', `announce was refused: ${tooManyAnnounced}`)
  }
}
