import {
  type AnnouncedRetention,
  announceIntervalMs,
  encodeRecord,
  isCount,
  isFlag,
  isShortText,
  parseRecord,
  pickFields,
  pickRetention,
  withCap,
} from './record.js'

/** The record of a publisher. Times are in ms; `startedAt` is since the epoch. */
export interface PublisherRecord {
  readonly service: string
  readonly host: string
  readonly pid: number
  /** Of this package. */
  readonly version: string
  /** How much it keeps in the log. */
  readonly retention: AnnouncedRetention
  /** Whether it packs messages into one frame. */
  readonly packing: boolean
  readonly sharded: boolean
  /** How many messages wait to be sent. */
  readonly queued: number
  /** By the clock of its host. */
  readonly startedAt: number
  readonly heartbeatMs: number
  /** Whether it appends again what a failover lost. False without `repair`, and without the right to read the id. */
  readonly repairs: boolean
  /**
   * The replication id under which it last checked that all it had appended survived: each acknowledged entry was
   * found, or was appended again and acknowledged. Undefined if it could never check: without `repair`, or without the
   * right to read the id.
   */
  readonly replicationId?: string | undefined
}

/**
 * How long the record of a publisher is valid, in ms. Subscribers wait for publishers after a failover, so one that died
 * with the primary must soon be forgotten.
 */
export function publisherTtlMs(heartbeatMs: number): number {
  return 12 * announceIntervalMs(heartbeatMs)
}

export function encodePublisherRecord(record: PublisherRecord): string {
  return encodeRecord(withCap(record))
}

/** Reads the record of a publisher; undefined for any other text. Never throws. */
export function decodePublisherRecord(text: string): PublisherRecord | undefined {
  const record = parseRecord(text)
  if (record === undefined) return undefined
  const texts = pickFields(record, ['service', 'host', 'version'], isShortText)
  const counts = pickFields(record, ['pid', 'queued', 'startedAt', 'heartbeatMs'], isCount)
  const flags = pickFields(record, ['packing', 'sharded', 'repairs'], isFlag)
  const { replicationId } = record
  const retention = pickRetention(record)
  if (!retention || !texts || !counts || !flags || !(replicationId === undefined || isShortText(replicationId)))
    return undefined
  return { ...texts, ...counts, ...flags, retention, replicationId }
}
