import { hostname } from 'node:os'
import { OwnRecord, type RecordWriter } from '../log/model/own-record.js'
import { encodePublisherRecord, type PublisherRecord, publisherTtlMs } from '../log/model/publisher-record.js'
import { announceIntervalMs } from '../log/model/record.js'
import { Outage } from '../support/outage.js'
import { version } from '../support/version.js'
import type { ResolvedPublisherOptions } from './options.js'

export interface RegistrationContext {
  readonly writer: RecordWriter
  readonly options: ResolvedPublisherOptions
  readonly service: string
  readonly queued: () => number
  readonly onError: (error: Error) => void
}

/** The state of a publisher's repairs. */
export interface Checked {
  /** The replication id under which all acknowledged frames were found or appended again; undefined before that. */
  readonly id: string | undefined
  /** Whether it appends again what a failover lost. If not, subscribers do not wait for it. */
  readonly repairs: boolean
}

/**
 * Keeps the record of a publisher in the log. Subscribers rely on it after a failover: it must be there before the
 * first append, and its replication id must not be newer than what the publisher has checked. Nothing here rejects:
 * a failure is reported once, and tried again.
 */
export class Registration {
  readonly #context: RegistrationContext
  readonly #record: OwnRecord
  readonly #startedAt: number
  #checked: Checked = { id: undefined, repairs: true }
  /** The contents of the newest record. */
  #announced = this.#checked
  #closed = false

  constructor(context: RegistrationContext) {
    const { writer, options, onError } = context
    const { runtime, heartbeatMs } = options
    this.#context = context
    this.#startedAt = runtime.now()
    this.#record = new OwnRecord({
      member: 'publisher',
      writer,
      runtime,
      intervalMs: announceIntervalMs(heartbeatMs),
      ttlMs: publisherTtlMs(heartbeatMs),
      encode: () => encodePublisherRecord(this.#describe()),
      outage: new Outage(onError),
    })
  }

  /** The link went down: the server that comes next may not have the record. */
  linkDown(): void {
    this.#record.doubt()
  }

  /** Writes the record if it has changed or is due; resolves when that is done. */
  async keep(checked: Checked): Promise<void> {
    this.#checked = checked
    while (this.#record.sending) await this.#record.sending
    const { id, repairs } = this.#checked
    const hasChanged = this.#announced.id !== id || this.#announced.repairs !== repairs
    if (this.#closed || !(this.#record.due || hasChanged)) return
    this.#announced = { id, repairs }
    await this.#record.send()
  }

  /** Removes the record for good. */
  async withdraw(): Promise<void> {
    this.#closed = true
    await this.#record.withdraw()
  }

  #describe(): PublisherRecord {
    const { options, service, queued } = this.#context
    const { retention, packing, sharded, heartbeatMs } = options
    const { id, repairs } = this.#announced
    return {
      service,
      host: hostname(),
      pid: process.pid,
      version,
      retention,
      packing,
      sharded,
      queued: queued(),
      startedAt: this.#startedAt,
      heartbeatMs,
      repairs,
      replicationId: id,
    }
  }
}
