import { isLinkLost } from '../../support/errors.js'
import type { Outage } from '../../support/outage.js'
import type { Runtime } from '../../support/runtime.js'
import type { Member } from './announced.js'

/** The part of a log's `Registry` that writes records. */
export interface RecordWriter {
  announce(member: Member, id: string, record: string, ttlMs: number): Promise<void>
  withdraw(member: Member, id: string): Promise<void>
}

export interface OwnRecordContext {
  readonly member: Member
  readonly writer: RecordWriter
  readonly runtime: Runtime
  /** How often it is written at least, in ms. */
  readonly intervalMs: number
  /** How long it is valid after it was written, in ms. */
  readonly ttlMs: number
  /** The record as of now. */
  readonly encode: () => string
  /** Called with failures, except for a lost link, which its owner has reported. */
  readonly outage: Outage
}

/** The record that a member of this process keeps in its register. Nothing here rejects: a failure is tried again. */
export class OwnRecord {
  readonly id: string
  readonly #context: OwnRecordContext
  /** When it was last sent, on the monotonic clock; undefined if it is due. */
  #sentAt: number | undefined
  #sending: Promise<void> | undefined
  /** Whether the log may hold it. */
  #written = false

  constructor(context: OwnRecordContext) {
    this.id = context.runtime.uuid()
    this.#context = context
  }

  /** Settles when the current write has succeeded or failed; undefined if no write is under way. */
  get sending(): Promise<void> | undefined {
    return this.#sending
  }

  /** Whether its last write is too long ago. */
  get due(): boolean {
    const { runtime, intervalMs } = this.#context
    return this.#sentAt === undefined || runtime.monotonic() - this.#sentAt >= intervalMs
  }

  /** The log may have lost it: it is due. */
  doubt(): void {
    this.#sentAt = undefined
  }

  /** Writes it as it is now. Must not be called while one is under way. */
  send(): Promise<void> {
    this.#sentAt = this.#context.runtime.monotonic()
    this.#sending = this.#write().finally(() => {
      this.#sending = undefined
    })
    return this.#sending
  }

  /** Removes the record, after a write under way has ended. If it can't be removed, it expires by itself. */
  async withdraw(): Promise<void> {
    await this.#sending
    // If nothing could be written, there is nothing to remove, and an attempt would be refused as well.
    if (!this.#written) return
    const { writer, member } = this.#context
    await writer.withdraw(member, this.id).catch(() => undefined)
  }

  async #write(): Promise<void> {
    const { writer, member, ttlMs, encode, outage } = this.#context
    try {
      await writer.announce(member, this.id, encode(), ttlMs)
      this.#written = true
      outage.ended()
    } catch (error) {
      if (!isLinkLost(error)) {
        outage.failed(error)
        return
      }
      // Perhaps only the reply was lost.
      this.#written = true
      this.doubt()
    }
  }
}
