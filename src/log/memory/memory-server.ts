import { compareStreamIds } from '../../message/stream-id.js'
import { RedisError } from '../../support/errors.js'
import type { Runtime } from '../../support/runtime.js'
import type { DeadLetter } from '../log.js'
import {
  type Announced,
  maxAnnounced,
  type Member,
  readAnnounced,
  stampRecord,
  tooManyAnnounced,
} from '../model/announced.js'
import {
  type Anchor,
  type Appended,
  emptyFrame,
  type Entry,
  type Inspection,
  type Page,
  type Presence,
  publishedFrame,
} from '../model/entry.js'
import { isEarlier, type Position } from '../model/position.js'
import type { Retention } from '../model/retention.js'
import { MemoryStream, type StreamItem } from './memory-stream.js'

interface StoredEntry {
  readonly appendId: string
  readonly prev: string
  readonly frame: string
  /** What `last` held before this entry was appended. */
  readonly lastBefore: string | undefined
}

/** What takes published messages. */
export type Subscriber = (text: string) => void

/** A Redis server's share of the log: each method is one atomic step, as a script or a transaction is in Redis. */
export class MemoryServer {
  /** The number of the database. */
  readonly database: number
  readonly #runtime: Runtime
  readonly #nodeSize: number
  readonly #cursors = new Map<string, string>()
  readonly #registers = { subscriber: new MemoryRegister(), publisher: new MemoryRegister() }
  #entries: MemoryStream<StoredEntry>
  #dead: MemoryStream<Omit<DeadLetter, 'id'>>
  #last: string | undefined
  #replicationId: string
  /** How far its clock is ahead of the runtime's, in ms. */
  clockOffset = 0
  /** How many replicas confirm what is appended. */
  replicas = 0
  readonly subscribers: Set<Subscriber>

  /** @param beside the same server's part in another database: all databases share Pub/Sub */
  constructor(runtime: Runtime, nodeSize: number, database: number, beside?: MemoryServer) {
    this.database = database
    this.subscribers = beside?.subscribers ?? new Set()
    this.#runtime = runtime
    this.#nodeSize = nodeSize
    this.#entries = new MemoryStream(nodeSize)
    this.#dead = new MemoryStream(nodeSize)
    this.#replicationId = runtime.uuid()
  }

  get replicationId(): string {
    return this.#replicationId
  }

  /** A copy with the same data; later changes here do not reach it. */
  copy(): MemoryServer {
    const copy = new MemoryServer(this.#runtime, this.#nodeSize, this.database)
    copy.#entries = this.#entries.copy()
    copy.#dead = this.#dead.copy()
    copy.#last = this.#last
    copy.#replicationId = this.#replicationId
    for (const [name, position] of this.#cursors) copy.#cursors.set(name, position)
    return copy
  }

  append(appendId: string, frame: string, retention: Retention): Appended {
    const { position, prev } = this.#add(appendId, frame, retention)
    return { position, prev, receivers: this.publish(publishedFrame({ position, prev, frame }, this.database)) }
  }

  /** Returns how many it reached. */
  publish(text: string): number {
    for (const subscriber of this.subscribers) subscriber(text)
    return this.subscribers.size
  }

  head(): string | undefined {
    return this.#last ?? this.#tail()?.value.appendId
  }

  /** The last entry if it is the one `last` names. */
  anchor(): Anchor | undefined {
    const entry = this.#entries.last
    if (!entry || entry.value.appendId !== this.#last) return undefined
    return { position: positionOf(entry), added: this.#entries.added }
  }

  addMarker(appendId: string, retention: Retention): Anchor {
    const { position } = this.#add(appendId, emptyFrame, retention)
    return { position, added: this.#entries.added }
  }

  inspect(position: Position): Inspection {
    const first = this.#entries.first
    return {
      found: this.#entries.at(position.streamId)?.value.appendId,
      first: first && { position: positionOf(first), prev: first.value.prev },
      last: this.#last,
      added: this.#entries.added,
      length: this.#entries.items.length,
    }
  }

  lookup(positions: readonly Position[]): Presence[] {
    const first = this.#entries.first
    return positions.map(({ streamId, appendId }) => {
      if (this.#entries.at(streamId)?.value.appendId === appendId) return 'intact'
      return first && compareStreamIds(streamId, first.id) < 0 ? 'below' : 'gone'
    })
  }

  readPage(from: string, count: number): Page {
    return { entries: this.#entries.range(from, count).map(entryOf), last: this.#last }
  }

  entries(): Entry[] {
    return this.#entries.items.map(entryOf)
  }

  loadCursor(name: string): string | undefined {
    return this.#cursors.get(name)
  }

  saveCursor(name: string, position: string, overwrite: boolean): void {
    const saved = this.#cursors.get(name)
    if (overwrite || saved === undefined || !isEarlier(position, saved)) this.#cursors.set(name, position)
  }

  addDeadLetter(letter: Omit<DeadLetter, 'id'>, cap: number): string {
    return this.#dead.add(letter, this.#now(), cap)
  }

  listDeadLetters(from: string, count: number): DeadLetter[] {
    return this.#dead.range(from, count).map(({ id, value }) => ({ id, ...value }))
  }

  removeDeadLetters(ids: readonly string[]): number {
    return this.#dead.delete(ids)
  }

  announce(member: Member, id: string, record: string, ttlMs: number): void {
    this.#registers[member].announce(id, record, ttlMs, this.#now())
  }

  withdraw(member: Member, id: string): void {
    this.#registers[member].withdraw(id)
  }

  listAnnounced(member: Member): Announced[] {
    return this.#registers[member].list(this.#now())
  }

  /** A replica that lacks the newest `lose` entries takes over: history goes on from there under a new id. */
  promoteReplica(lose: number): void {
    const oldestLost = this.#entries.takeBack(lose)[0]
    if (oldestLost) this.#last = oldestLost.value.lastBefore
    this.#replicationId = this.#runtime.uuid()
  }

  clear(): void {
    this.#entries = new MemoryStream(this.#nodeSize)
    this.#dead = new MemoryStream(this.#nodeSize)
    this.#cursors.clear()
    this.#registers.subscriber.clear()
    this.#registers.publisher.clear()
    this.#last = undefined
  }

  deleteEntries(streamIds: readonly string[]): number {
    return this.#entries.delete(streamIds)
  }

  trim(length: number): void {
    this.#entries.trim(length)
  }

  /** Drops what is too old. */
  keep({ maxAgeMs }: Retention): void {
    if (maxAgeMs !== undefined) this.#entries.keepSince(this.#now() - maxAgeMs)
  }

  evictLast(): void {
    this.#last = undefined
  }

  #add(appendId: string, frame: string, retention: Retention): { position: Position; prev: string } {
    const lastBefore = this.#last
    const prev = this.head() ?? ''
    this.#last = appendId
    const { maxEntries, maxBytes } = retention
    const bytes = appendId.length + prev.length + frame.length
    const streamId = this.#entries.add({ appendId, prev, frame, lastBefore }, this.#now(), maxEntries, bytes)
    this.#entries.keepBytes(maxBytes)
    this.keep(retention)
    return { position: { streamId, appendId }, prev }
  }

  /** The last entry, if it is also the last ever generated: nothing stood behind it. */
  #tail(): StreamItem<StoredEntry> | undefined {
    const entry = this.#entries.last
    return entry?.id === this.#entries.lastId ? entry : undefined
  }

  #now(): number {
    return Math.floor(this.#runtime.now() + this.clockOffset)
  }
}

function positionOf(item: StreamItem<StoredEntry>): Position {
  return { streamId: item.id, appendId: item.value.appendId }
}

function entryOf(item: StreamItem<StoredEntry>): Entry {
  return { position: positionOf(item), prev: item.value.prev, frame: item.value.frame }
}

/** The members of one kind that announced themselves to a `MemoryServer`. */
class MemoryRegister {
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
