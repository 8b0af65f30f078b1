import { Departures } from '../../support/backoff.js'
import { RedisError } from '../../support/errors.js'
import type { ConnectionListener, DeadLetter, LogCommands } from '../log.js'
import type { Announced, Member } from '../model/announced.js'
import type { Anchor, Appended, Inspection, Page, Presence } from '../model/entry.js'
import type { Position } from '../model/position.js'
import type { Replication } from '../model/replication.js'
import type { Retention } from '../model/retention.js'
import type { MemoryReplica } from './memory-replica.js'
import type { MemoryServer } from './memory-server.js'
import { MemorySession, type MemorySessionContext } from './memory-session.js'

/** A command connection to a `MemoryServer`. */
export class MemoryCommands implements LogCommands {
  readonly #replica: MemoryReplica
  readonly #session: MemorySession
  readonly #departures: Departures
  #acknowledgementsToLose = 0

  /** Starts connecting. */
  constructor(context: MemorySessionContext, listener: ConnectionListener) {
    this.#replica = context.replica
    this.#session = new MemorySession(context, listener)
    this.#departures = new Departures(context.runtime)
  }

  get #server(): MemoryServer {
    return this.#replica.data
  }

  get up(): boolean {
    return this.#session.up
  }

  opened(): Promise<void> {
    return this.#session.opened()
  }

  reconnect(): void {
    this.#session.reconnect()
  }

  close(): Promise<void> {
    return this.#session.close()
  }

  /** Cuts the connection; it comes back by itself when it can. */
  cut(reason: string): void {
    this.#session.cut(reason)
  }

  append(appendId: string, frame: string, retention: Retention): Promise<Appended> {
    return this.#write('append', () => {
      const appended = this.#server.append(appendId, frame, retention)
      if (this.#acknowledgementsToLose > 0) {
        this.#acknowledgementsToLose--
        this.cut('an acknowledgement was lost')
      }
      return appended
    })
  }

  waitReplicas(count: number, timeoutMs: number): Promise<number> {
    const holdMs = this.#server.replicas < count ? timeoutMs : 0
    return this.#session.call(() => this.#server.replicas, holdMs)
  }

  replication(): Promise<Replication> {
    return this.#session.call(() => this.#replica.replication())
  }

  head(): Promise<string | undefined> {
    return this.#session.call(() => this.#server.head())
  }

  anchor(appendId: string, retention: Retention): Promise<Anchor | undefined> {
    return this.#session.call(() => {
      const anchor = this.#server.anchor()
      return anchor ?? (this.#session.writeRefusal ? undefined : this.#server.addMarker(appendId, retention))
    })
  }

  async trim(retention: Retention): Promise<void> {
    if (retention.maxAgeMs === undefined) return
    await this.#write('trim', () => this.#server.keep(retention))
  }

  inspect(position: Position): Promise<Inspection> {
    return this.#session.call(() => this.#server.inspect(position))
  }

  lookup(positions: readonly Position[]): Promise<readonly Presence[]> {
    return this.#session.call(() => this.#server.lookup(positions))
  }

  readPage(from: string, count: number, joined = false): Promise<Page> {
    return this.#session.call(() => {
      const page = this.#server.readPage(from, count)
      // A joined page leaves out the frame that the client has.
      const frames = page.entries.length - (joined && from !== '-' ? 1 : 0)
      if (frames > this.#session.pageLimit) this.cut('a page was larger than `limitPages()` permits')
      return page
    })
  }

  loadCursor(name: string): Promise<string | undefined> {
    return this.#session.call(() => this.#server.loadCursor(name))
  }

  saveCursor(name: string, position: string, overwrite: boolean): Promise<void> {
    return this.#write('saveCursor', () => {
      this.#server.saveCursor(name, position, overwrite)
    })
  }

  addDeadLetter(letter: Omit<DeadLetter, 'id'>, cap: number): Promise<string> {
    return this.#write('addDeadLetter', () => this.#server.addDeadLetter(letter, cap))
  }

  listDeadLetters(from: string, count: number): Promise<readonly DeadLetter[]> {
    return this.#session.call(() => this.#server.listDeadLetters(from, count))
  }

  removeDeadLetters(ids: readonly string[]): Promise<number> {
    return this.#write('removeDeadLetters', () => this.#server.removeDeadLetters(ids))
  }

  announce(member: Member, id: string, record: string, ttlMs: number): Promise<void> {
    return this.#session.call(() => {
      this.#checkWritable('announce')
      this.#server.announce(member, id, record, ttlMs)
    })
  }

  withdraw(member: Member, id: string): Promise<void> {
    return this.#write('withdraw', () => {
      this.#server.withdraw(member, id)
    })
  }

  listAnnounced(member: Member): Promise<readonly Announced[]> {
    return this.#session.call(() => this.#server.listAnnounced(member))
  }

  /** The next `count` appends are executed, but the connection goes down before their reply arrives. */
  loseAcknowledgements(count: number): void {
    this.#acknowledgementsToLose += count
  }

  async #write<T>(name: string, operation: () => T): Promise<T> {
    try {
      return await this.#session.call(() => {
        this.#checkWritable(name)
        return operation()
      })
    } catch (error) {
      // The one that can write may be elsewhere by now: look again, as over Redis.
      const isElsewhere = error instanceof RedisError && error.kind === 'readonly'
      if (isElsewhere && this.#session.up && this.#departures.depart()) this.reconnect()
      throw error
    }
  }

  #checkWritable(name: string): void {
    const refusal = this.#session.writeRefusal
    if (refusal)
      throw new RedisError(
        refusal,
        `the log in memory refused ${name}: \`refuseWrites()\` or \`serveReplica()\` is in force`,
      )
  }
}
