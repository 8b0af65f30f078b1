import { describe, expect, it } from 'vitest'
import { type Announcement, decodeAnnouncement, encodeAnnouncement } from '../../../src/subscriber/announcement.js'
import { entriesOnly } from '../../support/retention.js'

const announcement: Announcement = {
  name: 'feed',
  service: 'feed-service',
  host: 'web-3',
  pid: 4711,
  version: '0.1.0',
  state: 'live',
  position: '5-1@a',
  behind: 3,
  lagMs: 12,
  retrying: 1,
  resyncs: 1,
  replayed: 2,
  deadLetters: 4,
  retention: entriesOnly(100_000),
  startedAt: 1_795_000_000_000,
  heartbeatMs: 1_000,
  subscriber: 'id',
}

describe('an announcement', () => {
  it('comes back as it was', () => {
    expect(decodeAnnouncement(encodeAnnouncement(announcement))).toEqual(announcement)
    expect(JSON.parse(encodeAnnouncement(announcement))).toMatchObject({ cap: announcement.retention.maxEntries })
    const unplaced = { ...announcement, position: undefined, subscriber: undefined }
    expect(decodeAnnouncement(encodeAnnouncement(unplaced))).toEqual(unplaced)
  })

  it('comes back without what it does not know, such as the stamp of the log', () => {
    const stamped = JSON.stringify({ seenAt: 1, ttlMs: 2, ...announcement, colour: 'red' })
    expect(decodeAnnouncement(stamped)).toEqual(announcement)
  })

  it('of a version that does not say how many messages are tried again comes back with none', () => {
    const earlier = { ...announcement, retrying: undefined }
    expect(decodeAnnouncement(JSON.stringify(earlier))).toEqual({ ...announcement, retrying: 0 })
  })

  it('is read as an older version wrote it, with `cap`', () => {
    const { retention: _, ...rest } = announcement
    const retention = { maxEntries: 7, maxBytes: undefined, maxAgeMs: undefined }
    expect(decodeAnnouncement(JSON.stringify({ ...rest, cap: 7 }))).toEqual({ ...announcement, retention })
  })

  it('cuts texts that are too long', () => {
    const text = encodeAnnouncement({ ...announcement, host: 'h'.repeat(100_000) })
    expect(decodeAnnouncement(text)?.host).toBe('h'.repeat(255))
  })

  it.each([
    ['an empty text', ''],
    ['no JSON', '{"name":'],
    ['no object', '[1]'],
    ['null', 'null'],
    ['an empty object', '{}'],
    ['a missing field', JSON.stringify({ ...announcement, host: undefined })],
    ['a number in place of a text', JSON.stringify({ ...announcement, name: 7 })],
    ['a text in place of a number', JSON.stringify({ ...announcement, behind: '3' })],
    ['a number of messages that is none', JSON.stringify({ ...announcement, retrying: 'few' })],
    ['a negative number', JSON.stringify({ ...announcement, lagMs: -1 })],
    ['a number that is none', JSON.stringify({ ...announcement, pid: Infinity })],
    ['a time that no date can hold', JSON.stringify({ ...announcement, startedAt: 1e300 })],
    ['neither a retention nor a cap', JSON.stringify({ ...announcement, retention: undefined })],
    ['a cap that is no number', JSON.stringify({ ...announcement, retention: undefined, cap: 'all' })],
    ['a position that is no text', JSON.stringify({ ...announcement, position: null })],
    ['a subscriber that is no text', JSON.stringify({ ...announcement, subscriber: 7 })],
    ['a text of any length', JSON.stringify({ ...announcement, service: 'x'.repeat(256) })],
  ])('is not found in %s', (_, text) => {
    expect(decodeAnnouncement(text)).toBeUndefined()
  })
})
