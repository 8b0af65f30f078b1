import { RedisError } from '../../support/errors.js'
import type { DeadLetter, LogCommands } from '../log.js'
import type { Announced } from '../model/announced.js'
import type { Anchor, Appended, Inspection, Page, Presence } from '../model/entry.js'
import type { Position } from '../model/position.js'
import { MemoryConnection } from './memory-connection.js'

/** A command connection to a `MemoryServer`. */
export class MemoryCommands extends MemoryConnection implements LogCommands {
  #acknowledgementsToLose = 0

  append(appendId: string, frame: string, cap: number): Promise<Appended> {
    return this.#write('append', () => {
      const appended = this.server.append(appendId, frame, cap)
      if (this.#acknowledgementsToLose > 0) {
        this.#acknowledgementsToLose--
        this.cut('an acknowledgement was lost')
      }
      return appended
    })
  }

  waitReplicas(count: number, timeoutMs: number): Promise<number> {
    const holdMs = this.server.replicas < count ? timeoutMs : 0
    return this.call(() => this.server.replicas, holdMs)
  }

  replicationId(): Promise<string | undefined> {
    return this.call(() => this.server.replicationId)
  }

  head(): Promise<string | undefined> {
    return this.call(() => this.server.head())
  }

  anchor(appendId: string, cap: number): Promise<Anchor | undefined> {
    return this.call(() => {
      const anchor = this.server.anchor()
      return anchor ?? (this.writeRefusal ? undefined : this.server.addMarker(appendId, cap))
    })
  }

  inspect(position: Position): Promise<Inspection> {
    return this.call(() => this.server.inspect(position))
  }

  lookup(positions: readonly Position[]): Promise<readonly Presence[]> {
    return this.call(() => this.server.lookup(positions))
  }

  readPage(from: string, count: number): Promise<Page> {
    return this.call(() => this.server.readPage(from, count))
  }

  loadCursor(name: string): Promise<string | undefined> {
    return this.call(() => this.server.loadCursor(name))
  }

  saveCursor(name: string, position: string, overwrite: boolean): Promise<void> {
    return this.#write('saveCursor', () => {
      this.server.saveCursor(name, position, overwrite)
    })
  }

  addDeadLetter(letter: Omit<DeadLetter, 'id'>, cap: number): Promise<string> {
    return this.#write('addDeadLetter', () => this.server.addDeadLetter(letter, cap))
  }

  listDeadLetters(from: string, count: number): Promise<readonly DeadLetter[]> {
    return this.call(() => this.server.listDeadLetters(from, count))
  }

  removeDeadLetters(ids: readonly string[]): Promise<number> {
    return this.#write('removeDeadLetters', () => this.server.removeDeadLetters(ids))
  }

  announce(id: string, record: string, ttlMs: number): Promise<void> {
    return this.call(() => {
      this.#checkWritable('announce')
      this.server.announce(id, record, ttlMs)
    })
  }

  withdraw(id: string): Promise<void> {
    return this.#write('withdraw', () => {
      this.server.withdraw(id)
    })
  }

  listSubscribers(): Promise<readonly Announced[]> {
    return this.call(() => this.server.listSubscribers())
  }

  /** The next `count` appends are executed, but the connection goes down before their reply arrives. */
  loseAcknowledgements(count: number): void {
    this.#acknowledgementsToLose += count
  }

  protected override attach(): void {}
  protected override detach(): void {}

  async #write<T>(name: string, operation: () => T): Promise<T> {
    try {
      return await this.call(() => {
        this.#checkWritable(name)
        return operation()
      })
    } catch (error) {
      // The one that can write may stand elsewhere by now: look again, as over Redis.
      if (error instanceof RedisError && error.kind === 'readonly') this.reconnect()
      throw error
    }
  }

  #checkWritable(name: string): void {
    const refusal = this.writeRefusal
    if (refusal) throw new RedisError(refusal, `${name} was refused: the log in memory was told to refuse writes`)
  }
}
