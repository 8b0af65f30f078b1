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
  /** Failures are reported here. A lost link is not: its owner has reported it. */
  readonly outage: Outage
}

/** The record that a member of this process keeps in its register. Nothing here rejects: a failure is tried again. */
export class OwnRecord {
  readonly id: string
  readonly #context: OwnRecordContext
  /** When it was last sent, on the monotonic clock; undefined if it has to be sent at the next occasion. */
  #sentAt: number | undefined
  #sending: Promise<void> | undefined
  /** Whether the log may hold it. */
  #written = false

  constructor(context: OwnRecordContext) {
    this.id = context.runtime.uuid()
    this.#context = context
  }

  /** Settles when the record under way has been written, or could not be; undefined if none is under way. */
  get sending(): Promise<void> | undefined {
    return this.#sending
  }

  /** Whether it was not written for a while. */
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

  /** Removes it, after the record under way. What can't be removed expires by itself. */
  async withdraw(): Promise<void> {
    await this.#sending
    // If nothing could be written, there is nothing to remove, and the attempt could only be refused as well.
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
      // The reply may be all that was lost.
      this.#written = true
      this.doubt()
    }
  }
}
