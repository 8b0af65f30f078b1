import { describe, expect, it } from 'vitest'
import {
  decodePublisherRecord,
  encodePublisherRecord,
  type PublisherRecord,
  publisherTtlMs,
} from '../../../../src/log/model/publisher-record.js'
import { entriesOnly } from '../../../support/retention.js'

const record: PublisherRecord = {
  service: 'user-service',
  host: 'web-3',
  pid: 4711,
  version: '0.1.0',
  retention: entriesOnly(100_000),
  packing: true,
  sharded: false,
  queued: 3,
  startedAt: 1_795_000_000_000,
  heartbeatMs: 1_000,
  repairs: true,
  replicationId: 'a1b2',
}

describe('the record of a publisher', () => {
  it('comes back as it was', () => {
    expect(decodePublisherRecord(encodePublisherRecord(record))).toEqual(record)
    // Versions that know no `retention` read no record without `cap`, and wait after a failover until it expires.
    expect(JSON.parse(encodePublisherRecord(record))).toMatchObject({ cap: record.retention.maxEntries })
    const unchecked = { ...record, replicationId: undefined }
    expect(decodePublisherRecord(encodePublisherRecord(unchecked))).toEqual(unchecked)
  })

  it('comes back without fields that it does not know', () => {
    const stamped = JSON.stringify({ seenAt: 1, ttlMs: 2, ...record, colour: 'red' })
    expect(decodePublisherRecord(stamped)).toEqual(record)
  })

  it('is read as an older version wrote it, with `cap`', () => {
    const { retention: _, ...rest } = record
    const retention = { maxEntries: 7, maxBytes: undefined, maxAgeMs: undefined }
    expect(decodePublisherRecord(JSON.stringify({ ...rest, cap: 7 }))).toEqual({ ...record, retention })
  })

  it.each([
    ['an empty text', ''],
    ['a text that is not JSON', '{"service":'],
    ['an array', '[1]'],
    ['a missing field', JSON.stringify({ ...record, host: undefined })],
    ['a number in place of a flag', JSON.stringify({ ...record, repairs: 1 })],
    ['a negative number', JSON.stringify({ ...record, queued: -1 })],
    ['an id that is not a text', JSON.stringify({ ...record, replicationId: 7 })],
    ['a text of any length', JSON.stringify({ ...record, replicationId: 'x'.repeat(256) })],
  ])('is not found in %s', (_, text) => {
    expect(decodePublisherRecord(text)).toBeUndefined()
  })

  it('is valid for twelve times the interval at which it is written', () => {
    expect(publisherTtlMs(1_000)).toBe(60_000)
    expect(publisherTtlMs(20_000)).toBe(240_000)
  })
})
